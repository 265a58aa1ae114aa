"""What do people do about the records that a processor can't read? They look, replay and discard, each once."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Generic, NamedTuple
from uuid import UUID

import asyncpg
from tenure_eventlog.beside import beside
from tenure_eventlog.port import Partition, Record

from tenure_ingest.processor import Effects, Processor
from tenure_ingest.quarantine import (
    BEGINNING,
    Done,
    Place,
    Which,
    as_they_came,
    discard,
    quarantine_counts,
    record_of,
    replay,
)
from tenure_ingest.queries import QUERIES
from tenure_ingest.readers import Passed, passed_by
from tenure_ingest.session import Session
from tenure_ingest.stops import DatabaseAway

LOOK_SECONDS = 1.0
_NOT_THERE_YET = (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError)  # before the host's first start


class CommandReused(Exception):
    """The same command id came with another command."""


class Order(NamedTuple):
    """Who wants something done. The same `command_id` again, with the same `digest`, changes nothing."""

    command_id: UUID
    digest: str
    principal: str


class QuarantineDesk(Generic[Effects]):
    """Over a connection of its own, so that nobody waits for a batch. What it raises: DatabaseAway, CommandReused."""

    def __init__(self, dsn: str, processor: Processor[Effects]) -> None:
        self._session, self.processor = Session(dsn), processor
        self._away: str | None = None
        self.counts: Mapping[tuple[Partition, str], int] = {}
        self.passed: Sequence[Passed] = ()

    def trouble(self) -> str | None:
        """Whether the database answers."""
        return self._session.trouble() or self._away

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Counts each second, for as long as this lasts."""
        try:
            async with beside(self._look_on(), f"quarantine of {self.processor.name}"):
                yield
        finally:
            await self._session.close()

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
                self._away = None
            except DatabaseAway as away:
                self._away = str(away)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Counts what is held, and what was passed by."""
        async with self._session.connected() as connection:
            try:
                self.counts = await quarantine_counts(connection, self.processor.name)
                self.passed = await passed_by(connection, self.processor.name)
            except _NOT_THERE_YET:
                self.counts, self.passed = {}, ()

    async def page(
        self, which: Which, discarded: bool | None = None, after: Place = BEGINNING, limit: int = 100
    ) -> Sequence[asyncpg.Record]:
        """What is held, or was discarded, without the bodies; in the order of `Place`."""
        async with self._session.connected() as connection:
            name = self.processor.name
            rows: list[asyncpg.Record] = await connection.fetch(
                QUERIES["quarantine_page"], name, *which, discarded, *after, limit
            )
        return rows

    async def record(self, topic: str, partition: int, offset: int) -> Record | None:
        """A held record, whole, as it came; None too where it can't be opened any more."""
        async with self._session.connected() as connection:
            row = await connection.fetchrow(QUERIES["quarantine_body"], self.processor.name, topic, partition, offset)
        if row is None:
            return None
        [opened] = await as_they_came(self.processor, [record_of(row)])
        return opened

    async def replay(self, order: Order, which: Which, after: Place = BEGINNING) -> Done:
        """As `quarantine.replay`, once for each command id."""
        return await self._once(order, lambda connection: replay(connection, self.processor, which, after))

    async def discard(self, order: Order, which: Which, why: str, after: Place = BEGINNING) -> Done:
        """As `quarantine.discard`, once for each command id."""
        by = (order.principal, why)
        return await self._once(order, lambda connection: discard(connection, self.processor.name, which, by, after))

    async def _once(self, order: Order, work: Callable[[asyncpg.Connection], Awaitable[Done]]) -> Done:
        """Durable on return, the work and its answer together; a crash before leaves nothing of either."""
        async with self._session.connected() as connection, connection.transaction():
            await connection.execute(QUERIES["command_lock"], str(order.command_id))
            known = await connection.fetchrow(QUERIES["command_answered"], order.command_id)
            if known:
                return _repeated(order, known)
            done = await work(connection)
            await connection.execute(QUERIES["answer_command"], *order[:2], order.principal, json.dumps(done))
            return done


def _repeated(order: Order, known: asyncpg.Record) -> Done:
    if known["digest"] != order.digest:
        raise CommandReused(f"{order.command_id} was another command")
    records, again, last = json.loads(known["answer"])
    return Done(records, again, Place(*last) if last else None)
