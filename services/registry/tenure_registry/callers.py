"""What does monitor's topic say of who calls which version?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from rpds import HashTrieMap
from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import MONITOR_EVENTS
from tenure_journal import Kind, Meta, TopicFold, View

from tenure_registry.governance import based_on
from tenure_registry.model.ending_events import Calls
from tenure_registry.names import ConsumerName
from tenure_registry.parts import BasedOn

CALLERS = "monitor/callers"
MOST_KEPT = 5_000  # of a model; past that the one that is quiet longest is forgotten


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerSeen:
    model_version: str
    consumer: str
    seen_at: datetime
    counted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerQuiet:
    model_version: str
    consumer: str
    last_seen_at: datetime
    counted: int


CallerEvent = ConsumerSeen | ConsumerQuiet


class Place(NamedTuple):
    model_version: str
    consumer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Its newest call as it was told of, and how many there were since it was told of before.

    `since` is None where it was told of for the first time; `counted` covers all of its calls.
    """

    seen_at: datetime
    since: datetime | None
    calls: int
    counted: int
    quiet: bool
    sequence: int


Callers: TypeAlias = "HashTrieMap[Place, Caller]"


def fold_callers(callers: Callers, event: CallerEvent, meta: Meta) -> Callers:
    place, quiet = Place(event.model_version, event.consumer), isinstance(event, ConsumerQuiet)
    seen_at = event.last_seen_at if isinstance(event, ConsumerQuiet) else event.seen_at
    before = callers.get(place)
    counted = before.counted if before and before.counted <= event.counted else 0  # less: counted anew
    known = Caller(
        seen_at=seen_at,
        since=before.seen_at if before else None,
        calls=event.counted - counted,
        counted=event.counted,
        quiet=quiet,
        sequence=meta.sequence,
    )
    room = callers if before or len(callers) < MOST_KEPT else without_the_oldest(callers)
    return room.insert(place, known)


def without_the_oldest(callers: Callers) -> Callers:
    """Of the quiet ones; where none is, of all."""
    oldest = min(callers.items(), key=lambda item: (not item[1].quiet, item[1].seen_at))
    return callers.discard(oldest[0])


def callers_fold() -> TopicFold:
    codec = EventCodec("monitor", CallerEvent, foreign=True)
    return TopicFold(MONITOR_EVENTS, "monitor", codec, (Kind(CALLERS, HashTrieMap(), fold_callers),))


def callers_stream(model: str) -> str:
    return f"{CALLERS}/{model}"


def callers_of(view: View, model: str, model_version: str | None = None) -> dict[Place, Caller]:
    """All that are known, of one version or of each; by version and name."""
    callers: Callers = view.state(callers_stream(model))
    return {place: one for place, one in sorted(callers.items()) if model_version in (None, place.model_version)}


def named(consumer: str) -> bool:
    """Whether it can be told anything: monitor counts the unnamed, and those past its limit, under no one's name."""
    return not consumer.startswith("(")


def calls_to(view: View, model: str, model_version: str) -> tuple[tuple[Calls, ...], tuple[BasedOn, ...]]:
    """Who is not quiet, and the head of the stream that says so."""
    found = callers_of(view, model, model_version)
    stream = view.stream(callers_stream(model))
    calls = tuple(
        Calls(consumer=ConsumerName(place.consumer), seen_at=one.seen_at, calls=one.calls)
        for place, one in found.items()
        if not one.quiet
    )
    return calls, (based_on(stream),) if stream else ()
