"""How do effects and offsets get into Postgres together?"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Generic, NamedTuple

import asyncpg
from tenure_eventlog.port import Offsets, Partition, Record

from tenure_ingest.migrate import migrate
from tenure_ingest.processor import Effects, Processor
from tenure_ingest.queries import QUERIES
from tenure_ingest.stops import Conflict, DatabaseAway

# A worker that is paused inside its transaction must not keep the rows locked: the server ends it.
SESSION = {
    "application_name": "tenure-ingest",
    "idle_in_transaction_session_timeout": "4000",
    "lock_timeout": "8000",
    "statement_timeout": "15000",
}
CONNECT_SECONDS = 10.0
_NOT_NOW = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


class Span(NamedTuple):
    """What a batch covers of one partition: from where the sink stands to where it will stand."""

    old: int
    new: int


Spans = Mapping[Partition, Span]


class Sink(Generic[Effects]):
    """One processor's connection: one batch at a time, each in one transaction."""

    def __init__(self, dsn: str, processor: Processor[Effects]) -> None:
        self._dsn, self._processor = dsn, processor
        self._connection: asyncpg.Connection | None = None
        self._busy = asyncio.Lock()

    async def prepare(self) -> None:
        """Makes the tables that are missing."""
        async with self._connected() as connection:
            await migrate(connection, "tenure_ingest")
            if self._processor.migrations:
                await migrate(connection, self._processor.migrations)

    async def begin(self, starts: Offsets) -> None:
        """Lets partitions that were never read begin at `starts`; the others stay where they are."""
        async with self._connected() as connection:
            topics, numbers = _columns(starts)
            await connection.execute(QUERIES["begin"], self._processor.name, topics, numbers, list(starts.values()))

    async def positions(self, topics: Collection[str]) -> dict[Partition, int]:
        """The next offset of every partition of these topics that was ever begun."""
        async with self._connected() as connection:
            rows = await connection.fetch(QUERIES["positions"], self._processor.name, list(topics))
        return {Partition(row["topic"], row["partition"]): row["next_offset"] for row in rows}

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
        async with self._connected() as connection, connection.transaction():
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

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncpg.Connection]:
        async with self._busy:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connect()
            try:
                yield self._connection
            except asyncpg.InternalClientError as error:  # a paused process wakes to a session that the server ended
                self._connection.terminate()
                raise DatabaseAway(f"the session was ended: {error}") from error
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                if self._connection.is_closed():
                    raise DatabaseAway(f"the connection was lost: {error}") from error
                raise

    async def _connect(self) -> asyncpg.Connection:
        try:
            return await asyncpg.connect(self._dsn, server_settings=SESSION, timeout=CONNECT_SECONDS)
        except (OSError, *_NOT_NOW) as error:
            raise DatabaseAway(f"no connection: {error}") from error

    async def close(self) -> None:
        """Ends the connection after the batch in flight; idempotent."""
        async with self._busy:
            if self._connection and not self._connection.is_closed():
                await self._connection.close(timeout=CONNECT_SECONDS)


def _columns(partitions: Collection[Partition]) -> tuple[list[str], list[int]]:
    return [one.topic for one in partitions], [one.number for one in partitions]
