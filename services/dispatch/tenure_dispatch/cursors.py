"""How far has a reader got, and who may say so?

A lease says which process reads for whom. Its `epoch` grows with each holder, and all that a holder writes is written
under it: one that was paused, and taken over from, changes nothing when it wakes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import asyncpg
from tenure_eventlog import Partition
from tenure_eventlog.queries import queries

from tenure_dispatch.names import Reader

SQL = queries("tenure_dispatch")


class LeaseLost(Exception):
    """Another process reads for this one now, or a command has moved it."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """`next_offset`: all before it is dealt with. The rest is about the event there, where that failed."""

    next_offset: int
    attempts: int = 0
    failing_since: datetime | None = None
    not_before: datetime | None = None
    failure: str | None = None

    def at(self, offset: int) -> "Cursor":
        """Past what failed, if it moves at all."""
        return self if offset == self.next_offset else Cursor(offset)

    def failed(self, failure: str, now: datetime, again: datetime) -> "Cursor":
        since = self.failing_since or now
        return replace(self, attempts=self.attempts + 1, failing_since=since, not_before=again, failure=failure)


Cursors = Mapping[Partition, Cursor]


@dataclass(slots=True)
class Lease:
    """The right to read for someone. `good_until`: by this process's monotonic clock, in seconds."""

    reader: Reader
    epoch: int
    holder: str
    good_until: float


@dataclass(frozen=True, slots=True)
class CursorStore:
    """Cursors in Postgres."""

    pool: asyncpg.Pool = field(repr=False)

    async def read(self, reader: Reader) -> dict[Partition, Cursor]:
        return cursors_of(await self.pool.fetch(SQL["cursors"], reader))

    async def save(self, lease: Lease, cursors: Cursors) -> None:
        """Durable on return. Raises LeaseLost, and then nothing was written."""
        async with self.pool.acquire() as connection, connection.transaction():
            await hold(connection, lease)
            await save(connection, lease.reader, cursors)


async def hold(connection: asyncpg.Connection, lease: Lease) -> None:
    """For the rest of the transaction nobody takes over. Raises LeaseLost."""
    if not await connection.fetchval(SQL["hold"], lease.reader, lease.epoch, lease.holder):
        raise LeaseLost(lease.reader)


async def save(connection: asyncpg.Connection, reader: Reader, cursors: Cursors) -> None:
    columns: Sequence[tuple[Any, ...]] = [
        (place.topic, place.number, c.next_offset, c.attempts, c.failing_since, c.not_before, c.failure)
        for place, c in sorted(cursors.items())
    ]
    if columns:
        await connection.execute(SQL["save_cursors"], reader, *map(list, zip(*columns, strict=True)))


async def place(connection: asyncpg.Connection, reader: Reader, positions: Mapping[Partition, int]) -> None:
    """Puts a reader's cursors there, whatever it did before."""
    rows = [(at.topic, at.number, offset) for at, offset in sorted(positions.items())]
    await connection.execute(SQL["set_cursors"], reader, *map(list, zip(*rows, strict=True)))


def cursors_of(rows: Sequence[asyncpg.Record]) -> dict[Partition, Cursor]:
    return {
        Partition(row["topic"], row["number"]): Cursor(
            row["next_offset"], row["attempts"], row["failing_since"], row["not_before"], row["failure"]
        )
        for row in rows
    }
