"""How do others hear of records that could not be read? On `tenure.quarantine`, at least once."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import asyncpg
import structlog
from tenure_eventlog import EventLog, LogUnavailable, Message, OutcomeUnknown
from tenure_eventlog.beside import beside
from tenure_eventlog.queries import queries
from tenure_service.quarantine import QuarantineNotice, quarantine_message

SQL = queries("tenure_context_sync")
LOOK_SECONDS = 1.0
AT_ONCE = 500
TROUBLE = (LogUnavailable, OutcomeUnknown, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger()


class QuarantineAnnouncer:
    """Tells where each quarantined record is and why; the record itself stays in the database, whole.

    Durable in this order: quarantined, told, marked as told. A crash before the last tells it twice, which the same
    key shows. Of several replicas one tells at a time.
    """

    def __init__(self, event_log: EventLog, pool: asyncpg.Pool, processor: str) -> None:
        self._log, self._pool, self._processor = event_log, pool, processor
        self._looking = asyncio.Lock()
        self.trouble: str | None = None

    def announcing(self) -> AbstractAsyncContextManager[None]:
        """Looks each second, for as long as this lasts."""
        return beside(self._announce_on(), "quarantine")

    async def settle(self, now: datetime) -> bool:
        """Tells what is untold; True where nothing was."""
        quiet = True
        while await self._look():
            quiet = False
        return quiet

    async def _announce_on(self) -> None:
        while True:
            try:
                await self._look()
                self.trouble = None
            except TROUBLE as trouble:
                self.trouble = f"quarantined records are not announced: {trouble}"
                log.warning("quarantine_not_announced", reason=str(trouble))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> int:
        async with self._looking, self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(SQL["announcer_lock"]):
                return 0
            rows = await connection.fetch(SQL["unannounced"], self._processor, AT_ONCE)
            if rows:
                await self._log.append([self._message(row) for row in rows])
                names = ("topic", "partition", "offset", "scope", "reason")
                await connection.execute(SQL["announced"], *([row[name] for row in rows] for name in names))
            return len(rows)

    def _message(self, row: asyncpg.Record) -> Message:
        return quarantine_message(QuarantineNotice(processor=self._processor, **row))
