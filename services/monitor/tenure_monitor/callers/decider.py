"""Which consumers call which version of a model?

- A consumer that is seen is told of at first, and then once a day for each version that it calls.
- It is quiet once nothing of it was heard for a day; when it comes back, it is seen at first again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias, assert_never

from rpds import HashTrieMap
from tenure_decider import Decider

from tenure_monitor.events import CallerEvent, ConsumerQuiet, ConsumerSeen
from tenure_monitor.names import CallerName, ModelName, ModelVersion

A_DAY = timedelta(days=1)


class Place(NamedTuple):
    """Who calls which version of the stream's model."""

    model_version: ModelVersion
    consumer: CallerName


@dataclass(frozen=True, kw_only=True, slots=True)
class SeeConsumer:
    model: ModelName
    place: Place
    seen_at: datetime
    counted: int
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class MissConsumer:
    """`last_seen_at` by all telemetry that there was at `now`."""

    model: ModelName
    place: Place
    last_seen_at: datetime
    counted: int
    now: datetime


CallerCommand = SeeConsumer | MissConsumer
Callers: TypeAlias = "HashTrieMap[Place, ConsumerSeen]"
"""Those that are not quiet, as they were told of last."""


def decide(callers: Callers, command: CallerCommand) -> CallerEvent | None:
    match command:
        case SeeConsumer():
            return see(callers, command)
        case MissConsumer():
            return miss(callers, command)
        case _ as never:
            assert_never(never)


def evolve(callers: Callers, event: CallerEvent) -> Callers:
    place = Place(event.model_version, event.consumer)
    match event:
        case ConsumerSeen():
            return callers.insert(place, event)
        case ConsumerQuiet():
            return callers.discard(place)
        case _ as never:
            assert_never(never)


def see(callers: Callers, command: SeeConsumer) -> ConsumerSeen | None:
    known = callers.get(command.place)
    if is_past(command.seen_at, command.now) or (known and command.seen_at < known.seen_at + A_DAY):
        return None
    return ConsumerSeen(
        model=command.model,
        model_version=command.place.model_version,
        consumer=command.place.consumer,
        seen_at=command.seen_at,
        counted=command.counted,
        noticed_at=command.now,
    )


def miss(callers: Callers, command: MissConsumer) -> ConsumerQuiet | None:
    if command.place not in callers or not is_past(command.last_seen_at, command.now):
        return None
    return ConsumerQuiet(
        model=command.model,
        model_version=command.place.model_version,
        consumer=command.place.consumer,
        last_seen_at=command.last_seen_at,
        counted=command.counted,
        noticed_at=command.now,
    )


def is_past(seen_at: datetime, now: datetime) -> bool:
    """Whether who was seen last then is quiet by now."""
    return now - seen_at >= A_DAY


caller_decider: Decider[Callers, CallerCommand, CallerEvent] = Decider(HashTrieMap(), decide, evolve)
