"""What is known of a model's bindings while deciding."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias, assert_never

from rpds import HashTrieMap

from tenure_context_sync.binding.budget import BadMinutes, allowed_minutes, window_minutes
from tenure_context_sync.events import (
    BindingEvent,
    BudgetExhausted,
    BudgetRecovered,
    ContextBound,
    ContextUnbound,
    Sla,
    SlaBreached,
    SlaRestored,
)
from tenure_context_sync.names import ContextName, ModelVersion, SourceName
from tenure_context_sync.origin import Origin


@dataclass(frozen=True, slots=True)
class Bound:
    """A context of one version. `breached` says since when, by entity class, None for all entities.

    `origin` is its ContextBound, on the log.
    """

    model_version: ModelVersion
    context: ContextName
    revision: int
    source: SourceName
    sla: Sla
    bound_at: datetime
    breached: HashTrieMap[str | None, datetime] = field(default_factory=HashTrieMap)
    bad: BadMinutes = field(default_factory=BadMinutes)
    exhausted: bool = False
    origin: Origin | None = None

    def bad_until(self, now: datetime) -> BadMinutes:
        """What was broken till now, and what is broken still."""
        since = min(self.breached.values(), default=None)
        return self.bad if since is None else self.bad.with_break(since, now)

    def budget_moves(self, now: datetime) -> bool:
        """Whether more minutes are bad than the objective allows, where that is not on the record yet; or no longer."""
        objective = self.sla.objective
        return objective is not None and (self.bad_count(now) > allowed_minutes(objective)) != self.exhausted

    def bad_count(self, now: datetime) -> int:
        """Of the objective's window."""
        objective = self.sla.objective
        return self.bad_until(now).count(now, window_minutes(objective)) if objective else 0


Bindings: TypeAlias = "HashTrieMap[tuple[ModelVersion, ContextName], Bound]"


def limits_of(sla: Sla) -> dict[str | None, int]:
    """Of all entities, and of each class that has its own; in seconds."""
    return {None: sla.max_age_seconds} | {f"{one.field}={one.value}": one.max_age_seconds for one in sla.classes}


def evolve(bindings: Bindings, event: BindingEvent) -> Bindings:
    match event:
        case ContextBound():
            place = event.model_version, event.context
            return bindings.insert(place, bound(bindings.get(place), event))
        case ContextUnbound():
            return bindings.discard((event.model_version, event.context))
        case SlaBreached() | SlaRestored():
            for place in places(bindings, event):
                bindings = bindings.insert(place, after(bindings[place], event))
            return bindings
        case BudgetExhausted() | BudgetRecovered():
            place = event.model_version, event.context
            exhausted = isinstance(event, BudgetExhausted)
            return bindings.insert(place, replace(bindings[place], exhausted=exhausted))
        case _ as never:
            assert_never(never)


def bound(known: Bound | None, event: ContextBound) -> Bound:
    """Bound anew, it goes on as it was: a looser limit hides no breach before it is restored.

    Without an objective there is no budget that could be exhausted.
    """
    fresh = Bound(event.model_version, event.context, event.revision, event.source, event.sla, event.bound_at)
    if known is None:
        return fresh
    exhausted = known.exhausted and event.sla.objective is not None
    return replace(fresh, breached=known.breached, bad=known.bad, exhausted=exhausted)


def places(bindings: Bindings, event: SlaBreached | SlaRestored) -> list[tuple[ModelVersion, ContextName]]:
    """The binding that is meant; of an older event that names no version, all of the context's."""
    wanted = event.model_version
    return [place for place in bindings if place[1] == event.context and wanted in ("", place[0])]


def after(bound: Bound, event: SlaBreached | SlaRestored) -> Bound:
    """Whatever is broken at once is broken from the first breach to the last restoration."""
    if isinstance(event, SlaBreached):
        return replace(bound, breached=bound.breached.insert(event.entity_class, event.breached_at))
    left = bound.breached.discard(event.entity_class)
    if left == bound.breached:
        return bound
    return replace(bound, breached=left, bad=bound.bad_until(event.restored_at))
