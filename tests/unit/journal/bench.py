"""A journal over a log in memory, whose clock only the test moves."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

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

    async def open(self, *known: type, log: Any = None) -> Journal:
        fold = fold_of(*known)
        replica = Replica(log or self.log, [fold])
        writer = Writer(
            log or self.log,
            replica,
            fold,
            {KIND: DECIDER},
            wall=lambda: self.now,
            new_id=lambda: f"event-{next(self.ids)}",
        )
        journal = Journal(self.log, replica, writer)
        self.opened.append(journal)
        await replica.start()
        return journal

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def order(command: Any, number: int, stream: str = ROOM, **more: Any) -> Order:
    return Order(
        stream=stream,
        command=command,
        command_id=UUID(int=number),
        command_digest=more.pop("command_digest", repr(command)),
        auth=Auth("user:ada", "user"),
        occurred_at=START,
        **more,
    )
