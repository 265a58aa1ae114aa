"""How do effects and offsets get into Postgres together?"""

from collections.abc import Collection, Mapping, Sequence
from typing import Generic, NamedTuple

import asyncpg
from tenure_eventlog.port import Offsets, Partition, Record

from tenure_ingest.migrate import migrate
from tenure_ingest.processor import Effects, Processor
from tenure_ingest.queries import QUERIES
from tenure_ingest.session import Session
from tenure_ingest.stops import Conflict


class Span(NamedTuple):
    """What a batch covers of one partition: from where the sink stands to where it will stand."""

    old: int
    new: int


Spans = Mapping[Partition, Span]


class Sink(Generic[Effects]):
    """One processor's connection: one batch at a time, each in one transaction."""

    def __init__(self, dsn: str, processor: Processor[Effects]) -> None:
        self._session, self._processor = Session(dsn), processor

    async def prepare(self) -> None:
        """Makes the tables that are missing."""
        async with self._session.connected() as connection:
            await migrate(connection, "tenure_ingest")
            if self._processor.migrations:
                await migrate(connection, self._processor.migrations)

    async def begin(self, starts: Offsets) -> None:
        """Lets partitions that were never read begin at `starts`; the others stay where they are."""
        async with self._session.connected() as connection:
            topics, numbers = _columns(starts)
            await connection.execute(QUERIES["begin"], self._processor.name, topics, numbers, list(starts.values()))

    async def positions(self, topics: Collection[str]) -> dict[Partition, int]:
        """The next offset of every partition of these topics that was ever begun."""
        async with self._session.connected() as connection:
            rows = await connection.fetch(QUERIES["positions"], self._processor.name, list(topics))
        return {Partition(row["topic"], row["partition"]): row["next_offset"] for row in rows}

    async def held(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """How many records of these partitions are in quarantine; those that have none are left out."""
        async with self._session.connected() as connection:
            topics, numbers = _columns(partitions)
            rows = await connection.fetch(QUERIES["held"], self._processor.name, topics, numbers)
        return {Partition(row["topic"], row["partition"]): row["records"] for row in rows}

    async def apply(self, spans: Spans, records: Sequence[Record]) -> None:
        """Processes the records and writes what they come to, as `write` does."""
        await self.write(spans, self.process(records))

    def process(self, records: Sequence[Record]) -> Effects | None:
        """What the records come to; None of none."""
        return self._processor.process(records) if records else None

    async def write(self, spans: Spans, effects: Effects | None) -> None:
        """Commits effects and offsets. Durable on return, all or nothing.

        Cancelled, or raising, at any await: the transaction is undone, or (its commit unanswered) it is not and the
        caller finds the offsets moved when he reads them again. Either way nothing is written twice.

        Raises: Conflict, DatabaseAway, PartitionStopped.
        """
        async with self._session.connected() as connection, connection.transaction():
            await self._advance(connection, spans)
            if effects is not None:
                await self._processor.apply(connection, effects)

    async def _advance(self, connection: asyncpg.Connection, spans: Spans) -> None:
        topics, numbers = _columns(spans)
        old, new = zip(*spans.values(), strict=True)
        moved = await connection.fetch(QUERIES["advance"], self._processor.name, topics, numbers, old, new)
        if len(moved) != len(spans):
            lost = set(spans) - {Partition(row["topic"], row["partition"]) for row in moved}
            raise Conflict(f"{self._processor.name}: another worker moved {sorted(lost)}")

    def trouble(self) -> str | None:
        """For whom it waits, while it waits unduly long."""
        return self._session.trouble()

    async def close(self) -> None:
        """Ends the connection after the batch in flight; idempotent."""
        await self._session.close()


def _columns(partitions: Collection[Partition]) -> tuple[list[str], list[int]]:
    return [one.topic for one in partitions], [one.number for one in partitions]
