"""How do windows get onto the log? At least once, the newest revision last."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg
import structlog
from tenure_eventlog import EventLog, LogUnavailable, Message, OutcomeUnknown
from tenure_eventlog.queries import queries
from tenure_eventlog.topics import WINDOWS

from tenure_monitor.metrics import EDGES_MS
from tenure_monitor.telemetry import Counts, Window, write

SQL = queries("tenure_monitor")
LOOK_SECONDS = 0.5
FORGET_EVERY = 7_200  # looks: about once an hour
TROUBLE = (LogUnavailable, OutcomeUnknown, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger()


class WindowPublisher:
    """Appends every window revision that is not on the log yet. A crash in between appends one twice: last wins."""

    def __init__(self, event_log: EventLog, pool: asyncpg.Pool) -> None:
        self._log, self._pool = event_log, pool
        self._looking = asyncio.Lock()
        self.trouble: str | None = None

    @asynccontextmanager
    async def publishing(self) -> AsyncIterator[None]:
        """Looks twice a second, for as long as this lasts."""
        task = asyncio.create_task(self._publish_on(), name="windows")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def settle(self, now: datetime) -> bool:
        """Publishes what is due; True where nothing was."""
        quiet = True
        while await self._look():
            quiet = False
        return quiet

    async def windows(self, model: str, release: str | None, metric: str | None, limit: int) -> Sequence[Window]:
        """The windows as they are now, oldest first."""
        return [window_of(row) for row in await self._pool.fetch(SQL["windows"], model, release, metric, limit)]

    async def _publish_on(self) -> None:
        looks = 0
        while True:
            try:
                await self._look()
                looks += 1
                if looks % FORGET_EVERY == 0:
                    await self._pool.execute(SQL["forget"])
                self.trouble = None
            except TROUBLE as trouble:
                self.trouble = f"windows are not published: {trouble}"
                log.warning("windows_not_published", reason=str(trouble))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> int:
        async with self._looking:
            rows = await self._pool.fetch(SQL["unpublished"])
            if rows:
                await self._log.append([Message(WINDOWS.name, window_key(row), write(window_of(row))) for row in rows])
                names = ("model", "release", "metric", "against", "window_start", "revision")
                await self._pool.execute(SQL["mark_published"], *([row[name] for row in rows] for name in names))
            return len(rows)


def window_of(row: asyncpg.Record) -> Window:
    counts = row["histogram"]
    histogram = Counts(edges=EDGES_MS, at_or_below=tuple(counts)) if counts else None
    return Window(**{**row, "histogram": histogram})


def window_key(row: asyncpg.Record) -> bytes:
    against = (row["against"],) if row["against"] else ()
    return "|".join((row["model"], row["release"], row["metric"], *against, row["window_start"].isoformat())).encode()
