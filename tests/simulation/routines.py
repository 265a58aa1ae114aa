"""What the processes do by themselves: a reaction and a timer, whose effects can be counted."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from tenure_journal import Needed, Replica, Stream, Timer

from tests.simulation.broker import EPOCH_MS
from tests.simulation.lockroom import KIND, Note

CLOCK_ROOM = f"{KIND}/0"
CHIMES_AT_SECONDS = (15, 45)


class Witness:
    """Every seizure of a room is put down in its notes, once."""

    name = "witness"

    def affected(self, changed: str) -> Iterable[str]:
        return [changed]

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        for number in range(1, stream.state.seizures + 1):
            if testimony(number) not in stream.state.notes:
                command = Note(testimony(number))
                yield Needed(stream=stream.name, command=command, because=testimony(number), cause=stream.head)


def testimony(number: int) -> str:
    return f"seizure {number}"


def chimes_due(view: Replica, now: datetime) -> Iterable[Needed]:
    """The clock room notes that it is time, once each time."""
    passed = now.timestamp() - EPOCH_MS / 1_000
    for at in CHIMES_AT_SECONDS:
        if passed >= at and chime(at) not in view.state(CLOCK_ROOM).notes:
            yield Needed(stream=CLOCK_ROOM, command=Note(chime(at)), because=chime(at))


def chime(at: int) -> str:
    return f"chime {at}"


TIMER = Timer("chimes", chimes_due)


class SimulatedClock:
    """The process's own clock; timers look every twenty seconds."""

    def __init__(self, wall: Callable[[], datetime]) -> None:
        self._wall = wall

    def now(self) -> datetime:
        return self._wall().astimezone(UTC)

    async def tick(self, seen: datetime) -> None:
        await asyncio.sleep(20)
