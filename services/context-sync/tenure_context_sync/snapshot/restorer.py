"""How does a store that is made anew get the rows whose changes retention has dropped? From a pinned snapshot.

Level-triggered, by any number of replicas at once: a source whose rows have not begun yet, and whose topic has lost its
beginning, gets those of the newest snapshot that has any of it. They go through the same door and the same upsert as
changes do, in small transactions that no batch is written beside. A crash begins again, which is harmless, since the
upsert moves nothing back. A store that has seen its topics' beginnings needs nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import asyncpg
import structlog
from tenure_artifacts import ArtifactError
from tenure_eventlog import EventLog, LogUnavailable, Partition, TopicMissing
from tenure_eventlog.beside import beside
from tenure_eventlog.queries import queries
from tenure_journal import Replica

from tenure_context_sync.change.change import Change
from tenure_context_sync.events import PinnedRows, SnapshotPinned
from tenure_context_sync.snapshot.rows import read_rows
from tenure_context_sync.snapshot.writing import Tables
from tenure_context_sync.source.feeds import sources_in
from tenure_context_sync.source.state import Source
from tenure_context_sync.store.index import ALONE
from tenure_context_sync.store.processor import ChangeProcessor

SNAPSHOT = "context/snapshot"
LOOK_SECONDS = 1.0
TROUBLE = (ArtifactError, LogUnavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
SQL = queries("tenure_context_sync", "sql/pinned.sql")

log = structlog.get_logger()


class Restorer:
    """Puts rows back where they are missing; until then the service is not ready."""

    def __init__(
        self, event_log: EventLog, pool: asyncpg.Pool, replica: Replica, processor: ChangeProcessor, tables: Tables
    ) -> None:
        self._log, self._pool, self._replica = event_log, pool, replica
        self._processor, self._tables = processor, tables
        self._begun: set[str] = set()
        self._looking = asyncio.Lock()
        self.trouble: str | None = None

    def restoring(self) -> AbstractAsyncContextManager[None]:
        """Looks each second, for as long as this lasts."""
        return beside(self._restore_on(), "restore")

    async def _restore_on(self) -> None:
        while True:
            try:
                await self.settle(datetime.min)
            except TROUBLE as trouble:
                self.trouble = f"rows of a pinned snapshot can't be put back: {trouble}"
                log.warning("rows_not_restored", reason=str(trouble))
            await asyncio.sleep(LOOK_SECONDS)

    async def settle(self, now: datetime) -> bool:
        """Puts back what is missing now; True where nothing was."""
        async with self._looking:
            unknown = [one for one in sources_in(self._replica) if one.source not in self._begun]
            if unknown:
                self._begun |= {row["source"] for row in await self._pool.fetch(SQL["begun"])}
            found = [await self._begin(one) for one in unknown if one.source not in self._begun]
            self.trouble = None
            return not any(found)

    async def demand_whole(self, sources: Sequence[str]) -> None:
        """Before they are pinned: a snapshot that lacks rows would be the one that they are put back from. Raises what
        keeps them from being whole; on return it is this store where they began, whatever snapshot comes."""
        await self.settle(datetime.min)
        for source in sources:
            await self._pool.execute(SQL["begin_source"], source, "")
        self._begun.update(sources)

    async def _begin(self, source: Source) -> bool:
        """True where rows were put back. Where no snapshot has any, one may still come to be known."""
        try:
            starts = await self._log.start_offsets([source.topic])
        except TopicMissing:
            return False
        pinned = self._newest(source.topic) if any(starts.values()) else None
        if pinned and pinned.rows:
            self.trouble = f"rows of {source.source} are being put back from snapshot {pinned.snapshot}"
            await self._restore(source, pinned.rows)
            warn_of_gaps(pinned, pinned.rows, starts)
        if pinned or not any(starts.values()):
            await self._pool.execute(SQL["begin_source"], source.source, pinned.snapshot if pinned else "")
            self._begun.add(source.source)
        return pinned is not None

    def _newest(self, topic: str) -> SnapshotPinned | None:
        streams = self._replica.streams(SNAPSHOT).values()
        pinned: list[SnapshotPinned] = [one.state for one in streams if one.state and not one.parked]
        having = [one for one in pinned if one.rows and any(place.topic == topic for place in one.rows.places)]
        return max(having, key=lambda one: one.as_of, default=None)

    async def _restore(self, source: Source, rows: PinnedRows) -> None:
        async with self._tables.pulled(rows.artifact) as path:
            for changes in read_rows(path, source.source):
                await self._write(source.source, changes)

    async def _write(self, source: str, changes: list[Change]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            # Else a batch may write the same row at once, which otherwise only the owner of its partition does.
            await connection.execute(ALONE)
            await self._processor.rows_of(source, changes).write(connection)


def warn_of_gaps(pinned: SnapshotPinned, rows: PinnedRows, starts: Mapping[Partition, int]) -> None:
    """What came after the snapshot and was dropped is lost, and somebody should know."""
    for one in rows.places:
        start = starts.get(Partition(one.topic, one.partition), 0)
        if one.end < start:
            log.warning("changes_lost", snapshot=pinned.snapshot, topic=one.topic, after=one.end, before=start)
