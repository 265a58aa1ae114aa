"""Who calls, as far as telemetry was read?"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import asyncpg
import structlog
from tenure_eventlog import EventLog, LogUnavailable, Partition
from tenure_eventlog.beside import beside
from tenure_eventlog.queries import queries
from tenure_eventlog.topics import PREDICTIONS
from tenure_ingest.stops import DatabaseAway
from tenure_service import Part

from tenure_monitor.callers.decider import A_DAY, Place
from tenure_monitor.callers.due import Heard, Traffic
from tenure_monitor.names import CallerName, ModelName, ModelVersion

SQL = queries("tenure_monitor")
LOOK_SECONDS = 1.0
FORGET_EVERY = 3_600  # looks: about once an hour
MOST_ROWS = 50_000
TROUBLE = (LogUnavailable, DatabaseAway, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger()


class Hearing:
    """Looks at who called in the last two days. `telemetry` is the part that counts the calls."""

    def __init__(self, event_log: EventLog, pool: asyncpg.Pool, telemetry: Part) -> None:
        self._log, self._pool, self._telemetry = event_log, pool, telemetry
        self._asked: tuple[datetime, Mapping[Partition, int]] | None = None
        self.traffic = Traffic()
        self.trouble: str | None = None

    def listening(self, now: Callable[[], datetime]) -> AbstractAsyncContextManager[None]:
        """Looks each second, for as long as this lasts."""
        return beside(self._look_on(now), "callers")

    async def settle(self, now: datetime) -> bool:
        """Looks again; nothing falls due here, the timer does the rest."""
        await self.look(now)
        return True

    async def look(self, now: datetime) -> None:
        """What was appended by an earlier look and is counted now, is complete."""
        if self._asked is None:
            self._asked = (now, await self._log.end_offsets([PREDICTIONS.name]))
        at, ends = self._asked
        await self._telemetry.settle(now)
        read, complete_at = self._telemetry.positions(), self.traffic.complete_at
        if all(read.get(partition, 0) >= end for partition, end in ends.items()):
            complete_at, self._asked = at, None
        rows = await self._pool.fetch(SQL["callers"], now - 2 * A_DAY, MOST_ROWS)
        full = len(rows) == MOST_ROWS
        if full:  # no reason to answer nothing else: those that are seen are still told of
            log.warning("too_many_callers", most=MOST_ROWS, consequence="none is called quiet")
        self.trouble = None
        self.traffic = Traffic(heard_of(rows), None if full else complete_at)

    async def _look_on(self, now: Callable[[], datetime]) -> None:
        looks = 0
        while True:
            try:
                await self.look(now())
                looks += 1
                if looks % FORGET_EVERY == 0:
                    await self._pool.execute(SQL["forget_callers"])
            except TROUBLE as trouble:
                self.trouble = f"consumers are not looked at: {trouble}"
                log.warning("callers_not_looked_at", reason=str(trouble))
            await asyncio.sleep(LOOK_SECONDS)


def heard_of(rows: Sequence[asyncpg.Record]) -> Mapping[ModelName, Mapping[Place, Heard]]:
    found = defaultdict[ModelName, dict[Place, Heard]](dict)
    for row in rows:
        place = Place(ModelVersion(row["model_version"]), CallerName(row["consumer"]))
        found[ModelName(row["model"])][place] = Heard(row["last_at"], row["calls"])
    return found
