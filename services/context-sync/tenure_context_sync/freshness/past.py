"""How fresh was what a model read, at a moment that is past? What the events say, and no more.

Ages are not on the log, only when a limit was passed and with which age: so a past age is known between two bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_journal import Replica
from tenure_journal.stream import Meta
from tenure_service import Moment

from tenure_context_sync.binding.state import Bindings, Bound, limits_of
from tenure_context_sync.events import BindingEvent, ContextBound, SlaBreached, SlaRestored
from tenure_context_sync.freshness.slas import KIND

Told = tuple[Meta, BindingEvent | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFreshness:
    """One version's context for one class of entities, None for all. `event_id` said so, `since` when.

    A bound of None is not known: the age was over the limit, but nothing had ever come.
    """

    model: str
    model_version: str
    context: str
    revision: int
    entity_class: str | None
    breached: bool
    since: datetime
    event_id: str
    limit_seconds: int
    age_at_least_seconds: float | None
    age_at_most_seconds: float | None
    source: str
    source_silent_since: datetime | None


async def freshness_then(
    replica: Replica, model: str, moment: Moment, at: datetime | None = None
) -> list[PastFreshness]:
    """By version, context and class. `at` is the moment that ages are told of, by default the newest event's then."""
    name = f"{KIND}/{model}"
    stream = replica.stream(name)
    known = moment.known(stream) if stream else 0
    if not known:
        return []
    bindings: Bindings = await moment.state(name)
    told = await replica.events(name, 1, known, lambda meta: _happened(meta, moment))
    when = at or max((meta.time for meta, _ in told), default=datetime.min)
    found = []
    for _, bound in sorted(bindings.items(), key=lambda item: item[0]):
        source = await moment.state(f"context/source/{bound.source}")
        silent_since = source.silent_since if source else None
        found += [_then(model, bound, one, told, when, silent_since) for one in limits_of(bound.sla)]
    return found


def _happened(meta: Meta, moment: Moment) -> bool:
    return moment.effective_at is None or meta.time <= moment.effective_at


def _then(
    model: str, bound: Bound, entity_class: str | None, told: Sequence[Told], at: datetime, silent: datetime | None
) -> PastFreshness:
    breached, limit = entity_class in bound.breached, limits_of(bound.sla)[entity_class]
    meta, event = last_of(bound, entity_class, told, breached)
    least, most = bounds_of(event, limit, (at - meta.time).total_seconds())
    return PastFreshness(
        model=model,
        model_version=bound.model_version,
        context=bound.context,
        revision=bound.revision,
        entity_class=entity_class,
        breached=breached,
        since=meta.time,
        event_id=meta.event_id,
        limit_seconds=limit,
        age_at_least_seconds=least,
        age_at_most_seconds=most,
        source=bound.source,
        source_silent_since=silent,
    )


def bounds_of(event: BindingEvent, limit: int, since_seconds: float) -> tuple[float | None, float | None]:
    """An age grows by a second a second at most, and while no breach is told it is within the limit."""
    match event:
        case SlaBreached():
            most = None if event.age_seconds is None else event.age_seconds + since_seconds
            return (None if most is None else float(event.limit_seconds)), most
        case SlaRestored():
            return 0.0, min(float(limit), event.age_seconds + since_seconds)
        case _:
            return 0.0, float(limit)


def last_of(bound: Bound, entity_class: str | None, told: Sequence[Told], breached: bool) -> tuple[Meta, BindingEvent]:
    """The event that began what was so."""
    said = [(meta, event) for meta, event in _about(bound, told) if _began(event, entity_class, breached)]
    return said[-1]


def _about(bound: Bound, told: Sequence[Told]) -> Iterator[tuple[Meta, BindingEvent]]:
    for meta, event in told:
        if event and event.context == bound.context and event.model_version in ("", bound.model_version):
            yield meta, event


def _began(event: BindingEvent, entity_class: str | None, breached: bool) -> bool:
    if breached:
        return isinstance(event, SlaBreached) and event.entity_class == entity_class
    return isinstance(event, ContextBound) or (isinstance(event, SlaRestored) and event.entity_class == entity_class)
