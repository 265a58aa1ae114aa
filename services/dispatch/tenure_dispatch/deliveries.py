"""Which of the readers are this process's now, and are they being served?

A look every half second renews its leases, takes over those that nobody holds any more, and starts and ends the tasks
that read for them. A subscriber that is slow holds up nobody but itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import asyncpg
import structlog
from tenure_eventlog import LogUnavailable, OffsetOutOfRange, OutcomeUnknown
from tenure_eventlog.beside import beside
from tenure_eventlog.queries import queries

from tenure_dispatch.cursors import Lease, LeaseLost
from tenure_dispatch.names import Reader
from tenure_dispatch.subscription.secrets import SealUnavailable

SQL = queries("tenure_dispatch")
LOOK_SECONDS = 0.5
BACK_OFF_SECONDS = 2.0
TROUBLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)

log = structlog.get_logger()
Serve = Callable[[Lease], Awaitable[None]]


class Deliveries:
    """`serve` reads for the holder of a lease until that is lost; `topics` are readers that are always wanted."""

    def __init__(
        self, pool: asyncpg.Pool, holder: str, lease_seconds: float, topics: Sequence[Reader], serve: Serve
    ) -> None:
        self._pool, self._holder, self._lease_seconds = pool, holder, lease_seconds
        self._topics, self._serve = list(topics), serve
        self._leases: dict[Reader, Lease] = {}
        self._tasks: dict[Reader, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._away: str | None = None
        self.troubles: dict[Reader, str] = {}

    @property
    def trouble(self) -> str | None:
        """What keeps everybody waiting; a subscriber's own trouble is told with the subscription."""
        public = [f"{topic}: {why}" for topic in self._topics if (why := self.troubles.get(topic))]
        return "; ".join(filter(None, [self._away, *public])) or None

    @property
    def held(self) -> Sequence[Reader]:
        """The readers that this process serves."""
        return sorted(self._leases)

    async def renew(self, reader: Reader) -> None:
        """A command has changed it: what this process did for it is over on return, and begins anew at once.

        Another process that has it notices at its next look.
        """
        await self._end([reader])
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Looks for as long as this lasts; then lets go of all, so that another replica need not wait."""
        try:
            async with beside(self._look_on(), "deliveries"):
                yield
        finally:
            await self.let_go()

    async def let_go(self) -> None:
        """Ends what runs. Others take over at once, or, where the database is away, when the leases end."""
        await self._end(list(self._tasks))
        try:
            await self._pool.execute(SQL["release"], self._holder)
        except TROUBLE as trouble:
            log.warning("leases_not_released", reason=str(trouble))

    async def look(self) -> None:
        """Renews, claims, starts and ends."""
        asked_at = time.monotonic()
        rows = await self._pool.fetch(SQL["claim"], self._holder, self._lease_seconds, self._topics)
        now_held = {Reader(row["reader"]): row["epoch"] for row in rows}
        lost = [reader for reader, lease in self._leases.items() if now_held.get(reader) != lease.epoch]
        await self._end(lost)
        for reader, epoch in now_held.items():
            lease = self._leases.setdefault(reader, Lease(reader, epoch, self._holder, 0))
            lease.good_until = asked_at + self._lease_seconds
            task = self._tasks.get(reader)
            if task is None or task.done():
                self._tasks[reader] = asyncio.create_task(self._serve_on(lease), name=reader)

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
                self._away = None
            except TROUBLE as trouble:
                self._away = f"the database can't be asked: {trouble}"
                log.warning("deliveries_not_looked_at", reason=str(trouble))
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def _serve_on(self, lease: Lease) -> None:
        """Whatever goes wrong with one reader is told, and tried again, beside all the others."""
        while True:
            try:
                await self._serve(lease)
                return
            except LeaseLost:
                return
            except (LogUnavailable, OffsetOutOfRange, OutcomeUnknown, SealUnavailable, *TROUBLE) as away:
                self.troubles[lease.reader] = f"{type(away).__name__}: {away}"
            except Exception as bug:  # it must not end the others' deliveries, and is told of
                self.troubles[lease.reader] = f"{type(bug).__name__}: {bug}"
                log.error("reader_failed", reader=lease.reader, exc_info=bug)
            await asyncio.sleep(BACK_OFF_SECONDS)
            self.troubles.pop(lease.reader, None)

    async def _end(self, readers: Sequence[Reader]) -> None:
        ending = [task for reader in readers if (task := self._tasks.pop(reader, None))]
        for reader in readers:  # before anything is awaited: whoever looks meanwhile starts it anew
            self._leases.pop(reader, None)
            self.troubles.pop(reader, None)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
