"""A service as small as can be, on which every rule of the journal shows: who holds a room's lock, and its notes."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, assert_never

from tenure_codec.binding import Encoded
from tenure_decider import Decider, Rejected
from tenure_eventlog.topics import TopicSpec
from tenure_journal import Kind, TopicFold

SERVICE = "registry"
KIND = "registry/room"
SPEC = TopicSpec(name="tenure.registry.events", partitions=2)


@dataclass(frozen=True)
class Acquire:
    by: str


@dataclass(frozen=True)
class Release:
    by: str


@dataclass(frozen=True)
class Note:
    text: str


@dataclass(frozen=True)
class Seize:
    by: str


@dataclass(frozen=True)
class Break:
    text: str


@dataclass(frozen=True)
class Acquired:
    by: str


@dataclass(frozen=True)
class Released:
    by: str


@dataclass(frozen=True)
class Noted:
    text: str


@dataclass(frozen=True)
class Seized:
    """The event type that an old build does not know."""

    by: str


@dataclass(frozen=True)
class Broken:
    """The event that no build can fold."""

    text: str


Command = Acquire | Release | Note | Seize | Break
Event = Acquired | Released | Noted | Seized | Broken
EVENTS = (Acquired, Released, Noted, Seized, Broken)


@dataclass(frozen=True)
class Room:
    holder: str | None = None
    notes: tuple[str, ...] = ()
    seizures: int = 0


@dataclass(eq=False)
class Held(Rejected):
    """The room is held by {holder}."""

    holder: str


@dataclass(eq=False)
class NotHeld(Rejected):
    """The room is not held by {by}."""

    by: str


def decide(room: Room, command: Command) -> Event | None:
    match command:
        case Acquire(by) if room.holder == by:
            return None
        case Acquire(by) if room.holder is None:
            return Acquired(by)
        case Acquire():
            raise Held(str(room.holder))
        case Release(by) if room.holder == by:
            return Released(by)
        case Release(by):
            raise NotHeld(by)
        case Note(text):
            return Noted(text)
        case Seize(by):
            return Seized(by)
        case Break(text):
            return Broken(text)
    assert_never(command)


def evolve(room: Room, event: Event) -> Room:
    match event:
        case Acquired(by):
            return replace(room, holder=by)
        case Seized(by):
            return replace(room, holder=by, seizures=room.seizures + 1)
        case Released():
            return replace(room, holder=None)
        case Noted(text):
            return replace(room, notes=(*room.notes, text))
        case Broken(text):
            raise ValueError(text)
    assert_never(event)


DECIDER: Decider[Room, Command, Event] = Decider(Room(), decide, evolve)


class JsonCodec:
    """The shape of `EventCodec` without Avro; an old build knows fewer events."""

    def __init__(self, *known: type) -> None:
        self._known = {kind.__name__: kind for kind in known or EVENTS}

    def encode(self, event: Event) -> Encoded:
        name = type(event).__name__
        return Encoded(f"urn:{name}", f"dev.tenure.registry.{name.lower()}.v1", json.dumps(asdict(event)).encode())

    def decode(self, dataschema: str, value: bytes) -> Any:
        return self._known[dataschema.removeprefix("urn:")](**json.loads(value))


def fold_of(*known: type) -> TopicFold:
    """How a build that knows these events, or all, folds the topic."""
    return TopicFold(SPEC, SERVICE, JsonCodec(*known), (Kind.of_decider(KIND, DECIDER),))  # type: ignore[arg-type]
