"""How fresh is what a model reads, now?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_journal import Replica

from tenure_context_sync.binding.budget import allowed_minutes
from tenure_context_sync.binding.state import Bindings, Bound, limits_of
from tenure_context_sync.freshness.slas import KIND, sources_read
from tenure_context_sync.freshness.verdict import State, Verdict


@dataclass(frozen=True, slots=True)
class ClassFreshness:
    """Entities with a limit of their own; `entity_class` is `field=value`."""

    entity_class: str
    limit_seconds: int
    fresh: bool
    breached_since: datetime | None


@dataclass(frozen=True, slots=True)
class BudgetView:
    bad_minutes: int
    allowed_minutes: float
    window_seconds: int
    exhausted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """One version's context. It is as old as the oldest of its sources, whose state and error these are.

    An age of None means that nothing ever came. `newest_source_at`: all commits before it are in the store.
    """

    model: str
    model_version: str
    context: str
    revision: int
    lane: str
    age_seconds: float | None
    limit_seconds: int
    fresh: bool
    breached: bool
    breached_since: datetime | None
    newest_source_at: datetime | None
    source: str
    state: State
    skew_seconds: float
    error_seconds: float | None
    classes: tuple[ClassFreshness, ...]
    budget: BudgetView | None


def freshness_now(replica: Replica, model: str, verdicts: Sequence[Verdict], now: datetime) -> list[Freshness]:
    """By version, then context."""
    bindings: Bindings = replica.state(f"{KIND}/{model}")
    by_source = {verdict.source: verdict for verdict in verdicts}
    return [_freshness(replica, model, bound, by_source, now) for _, bound in sorted(bindings.items(), key=_place)]


def _place(item: tuple[tuple[str, str], Bound]) -> tuple[str, str]:
    return item[0]


def _freshness(replica: Replica, model: str, bound: Bound, verdicts: dict[str, Verdict], now: datetime) -> Freshness:
    sources = sources_read(replica, bound.context, bound.revision, bound.source)
    worst = max((verdicts[source] for source in sources), key=_years)
    age, limit = worst.age_seconds, bound.sla.max_age_seconds
    return Freshness(
        model=model,
        model_version=bound.model_version,
        context=bound.context,
        revision=bound.revision,
        lane=bound.sla.lane,
        age_seconds=age,
        limit_seconds=limit,
        fresh=_is_fresh(age, limit),
        breached=None in bound.breached,
        breached_since=bound.breached.get(None),
        newest_source_at=worst.complete_until,
        source=worst.source,
        state=worst.state,
        skew_seconds=worst.skew_seconds,
        error_seconds=worst.error_seconds,
        classes=_classes(bound, age),
        budget=budget_view(bound, now),
    )


def _years(verdict: Verdict) -> float:
    return float("inf") if verdict.age_seconds is None else verdict.age_seconds


def _is_fresh(age: float | None, limit: int) -> bool:
    return age is not None and age <= limit


def _classes(bound: Bound, age: float | None) -> tuple[ClassFreshness, ...]:
    return tuple(
        ClassFreshness(name, limit, _is_fresh(age, limit), bound.breached.get(name))
        for name, limit in limits_of(bound.sla).items()
        if name is not None
    )


def budget_view(bound: Bound, now: datetime) -> BudgetView | None:
    objective = bound.sla.objective
    if objective is None:
        return None
    return BudgetView(bound.bad_count(now), allowed_minutes(objective), objective.window_seconds, bound.exhausted)
