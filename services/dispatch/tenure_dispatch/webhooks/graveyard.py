"""What was given up, and how is it delivered after all?

A burial and the cursor that goes past it are one transaction. At the limit nothing more is buried: the subscription
pauses instead, so that no event is ever dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from tenure_eventlog import Partition
from tenure_eventlog.queries import queries

from tenure_dispatch.cursors import Cursor, Lease, hold, save
from tenure_dispatch.names import SubscriptionName
from tenure_dispatch.outward import Notice

SQL = queries("tenure_dispatch")
MOST_DEAD = 1_000


class GraveyardFull(Exception):
    """The subscription has as many dead letters as it may have."""

    def __str__(self) -> str:
        return f"there are {MOST_DEAD} dead letters: mend the receiver, deliver them again, then resume"


@dataclass(frozen=True, slots=True)
class Graveyard:
    pool: asyncpg.Pool

    async def bury(
        self, lease: Lease, subscription: SubscriptionName, notice: Notice, failed: Cursor, now: datetime
    ) -> Cursor:
        """The cursor past it; durable on return. Raises LeaseLost, GraveyardFull."""
        past = Cursor(notice.offset + 1)
        async with self.pool.acquire() as connection, connection.transaction():
            await hold(connection, lease)
            if await connection.fetchval(SQL["dead_count"], subscription) >= MOST_DEAD:
                raise GraveyardFull
            await connection.execute(SQL["bury"], subscription, *_about(notice, failed, now))
            await save(connection, lease.reader, {notice.partition: past})
        return past

    async def asked_again(self, subscription: SubscriptionName) -> Sequence[asyncpg.Record]:
        """What somebody wants to be delivered again, in the order of the log."""
        found: Sequence[asyncpg.Record] = await self.pool.fetch(SQL["asked_again"], subscription)
        return found

    async def delivered(self, row: asyncpg.Record) -> None:
        await self.pool.execute(SQL["raise_dead"], *_place(row))

    async def failed_again(self, row: asyncpg.Record, failure: str) -> None:
        await self.pool.execute(SQL["still_dead"], *_place(row), failure)

    async def page(
        self, subscription: SubscriptionName, after: tuple[Partition, int], most: int
    ) -> Sequence[asyncpg.Record]:
        """In the order of the log."""
        (topic, number), offset = after
        found: Sequence[asyncpg.Record] = await self.pool.fetch(
            SQL["dead_letters"], subscription, topic, number, offset, most
        )
        return found


def _place(row: asyncpg.Record) -> tuple[str, str, int, int]:
    return (row["subscription"], row["topic"], row["number"], row["log_offset"])


def _about(notice: Notice, failed: Cursor, now: datetime) -> tuple[object, ...]:
    event = (notice.id, notice.type, notice.stream, notice.link.sequence)
    return (*notice.partition, notice.offset, *event, failed.attempts, failed.failing_since or now, now, failed.failure)
