"""A journal over a log in memory, whose clock only the test moves."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from tenure_eventlog import Batch, LogUnavailable, Message, Offsets, OutcomeUnknown, Partition
from tenure_eventlog.memory import MemoryLog
from tenure_journal import Auth, Order, Receipt, Replica, Writer

from tests.simulation.lockroom import DECIDER, KIND, fold_of

START = datetime(2026, 3, 1, tzinfo=UTC)
ROOM = f"{KIND}/one"


@dataclass
class Journal:
    """One process: a replica and a writer over a log that others may share."""

    log: MemoryLog
    replica: Replica
    writer: Writer

    async def do(self, command: Any, number: int, stream: str = ROOM, **more: Any) -> Receipt:
        return await self.writer.execute(order(command, number, stream, **more))


@dataclass
class Bench:
    """What the journals of a test share."""

    now: datetime = START
    log: MemoryLog = field(init=False)
    opened: list[Journal] = field(default_factory=list)
    ids: count = field(default_factory=count)

    def __post_init__(self) -> None:
        self.log = MemoryLog(lambda: int(self.now.timestamp() * 1_000))

    async def open(self, *known: type, log: Any = None, skew_seconds: float = 0) -> Journal:
        """A process that knows these event types, or all, over this log, or the shared one, with its clock off."""
        fold = fold_of(*known)
        replica = Replica(log or self.log, [fold])
        writer = Writer(
            log or self.log,
            replica,
            fold,
            {KIND: DECIDER},
            wall=lambda: self.now + timedelta(seconds=skew_seconds),
            new_id=lambda: f"event-{next(self.ids)}",
        )
        journal = Journal(self.log, replica, writer)
        self.opened.append(journal)
        await replica.start()
        return journal

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Proxy:
    """What one process sees of a log: `target` can be exchanged, and each method be given a fault for one call."""

    def __init__(self, target: MemoryLog) -> None:
        self.target = target
        self.appends: list[Fault] = []
        self.reads: list[Exception] = []
        self._cut = asyncio.Event()

    async def append(self, messages: Sequence[Message]) -> list[int]:
        fault = self.appends.pop(0) if self.appends else None
        return await (fault(self.target, messages) if fault else self.target.append(messages))

    async def read(self, start: Offsets, *, max_records: int = 2_000) -> AsyncGenerator[Batch, None]:
        cut = asyncio.ensure_future(self._cut.wait())
        async with aclosing(self.target.read(start, max_records=max_records)) as batches:
            while True:
                coming = asyncio.ensure_future(anext(batches))
                try:
                    await asyncio.wait({cut, coming}, return_when=asyncio.FIRST_COMPLETED)
                    if cut.done():
                        raise LogUnavailable("the connection was cut")
                finally:
                    if not coming.done():
                        coming.cancel()
                        await asyncio.gather(coming, return_exceptions=True)
                yield coming.result()

    def cut(self) -> None:
        """Ends the reads that are under way; new ones work."""
        cut, self._cut = self._cut, asyncio.Event()
        cut.set()

    async def start_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        return await self.target.start_offsets(topics)

    async def end_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        if self.reads:
            raise self.reads.pop(0)
        return await self.target.end_offsets(topics)


Fault = Callable[[MemoryLog, Sequence[Message]], Awaitable[list[int]]]


async def lands_unacknowledged(log: MemoryLog, messages: Sequence[Message]) -> list[int]:
    await log.append(messages)
    raise OutcomeUnknown("no acknowledgement")


async def is_lost(log: MemoryLog, messages: Sequence[Message]) -> list[int]:
    raise OutcomeUnknown("no acknowledgement")


async def lands_twice(log: MemoryLog, messages: Sequence[Message]) -> list[int]:
    await log.append(messages)
    return await log.append(messages)


async def is_refused(log: MemoryLog, messages: Sequence[Message]) -> list[int]:
    raise LogUnavailable("not reachable")


def order(command: Any, number: int, stream: str = ROOM, **more: Any) -> Order:
    return Order(
        stream=stream,
        command=command,
        command_id=UUID(int=number),
        command_digest=more.pop("command_digest", repr(command)),
        auth=Auth("user:ada", "user"),
        occurred_at=more.pop("occurred_at", START),
        **more,
    )
