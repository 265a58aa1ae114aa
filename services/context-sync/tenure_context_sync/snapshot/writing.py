"""How does a training table get into the artifact store, and how is it checked later?

| step | durable after it | a crash here leaves |
|---|---|---|
| 1 the table is built in a directory that only this user reads | nothing | nothing: sealed values only |
| 2 it is pushed, sealed again as a whole, under its digest | the artifact | an artifact that nothing names |
| 3 the store's rows are pushed likewise | the artifact | an artifact that nothing names |
| 4 whom it holds data of is noted | that an erasure finds it | a note of a snapshot that is not pinned |
| 5 `SnapshotPinned` is on the log | the snapshot | - |
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
from tenure_artifacts import ArtifactStore, LocalKeyRing, parse_digest
from tenure_eventlog import EventLog
from tenure_eventlog.queries import queries

from tenure_context_sync.erasure.door import Door
from tenure_context_sync.events import PinnedRows, Table
from tenure_context_sync.snapshot.building import Built, Plan, build
from tenure_context_sync.snapshot.parquet import read_spine
from tenure_context_sync.snapshot.rows import write_rows
from tenure_context_sync.snapshot.table import Wanted

SQL = queries("tenure_context_sync", "sql/erasure.sql")


class Tables:
    """Writes training tables, one at a time: each may take much memory. `door` is the one of the store."""

    def __init__(self, event_log: EventLog, pool: asyncpg.Pool, door: Door, store: str, keys: Path) -> None:
        self._log, self._pool, self._door = event_log, pool, door
        self._store, self._keys = store, keys
        self._alone = asyncio.Lock()

    async def write(self, snapshot: str, plan: Plan, spine_digest: str | None) -> tuple[Table, Built]:
        """Steps 1, 2 and 4. Raises what `build` does, and ArtifactError."""
        async with self._alone:
            with private_file("table.parquet") as path:
                built = await build(self._log, plan, self._door, path)
                pushed = await asyncio.to_thread(self._artifacts().push, path)
        await self._pool.execute(SQL["meet_snapshot"], sorted(built.subjects), snapshot)
        table = Table(
            artifact=pushed.digest,
            locator=self._store,
            rows=built.digest.rows,
            rows_digest=built.digest.hex(),
            spine_digest=spine_digest,
            personal=plan.columns.holds_personal,
        )
        return table, built

    async def pin_rows(self, sources: Sequence[str], topics: Sequence[str]) -> PinnedRows:
        """Step 3. Raises ArtifactError."""
        with private_file("rows.json.gz") as path:
            written = await write_rows(self._pool, sources, topics, path)
            pushed = await asyncio.to_thread(self._artifacts().push, path)
        return PinnedRows(artifact=pushed.digest, locator=self._store, changes=written.changes, places=written.places)

    @asynccontextmanager
    async def pulled(self, digest: str) -> AsyncIterator[Path]:
        """A file of the artifact, for as long as this lasts. Raises ArtifactError."""
        with private_file("pulled") as path:
            await asyncio.to_thread(self._artifacts().pull, parse_digest(digest), path)
            yield path

    async def rebuilt(self, plan: Plan) -> Built:
        """What the table would be if it were built now; nothing is written. Raises as `build`."""
        async with self._alone:
            return await build(self._log, plan, self._door, None)

    async def spine(self, digest: str, key: Sequence[str], time_column: str) -> list[Wanted]:
        """Raises SpineRefused, ArtifactError."""

        def read() -> list[Wanted]:
            with private_file("spine.parquet") as path:
                self._artifacts().pull(parse_digest(digest), path)
                return read_spine(path, key, time_column)

        return await asyncio.to_thread(read)

    def _artifacts(self) -> ArtifactStore:
        return ArtifactStore.open(self._store, LocalKeyRing.open_or_make(self._keys))


@contextmanager
def private_file(name: str) -> Iterator[Path]:
    """A path in a directory of mode 0700 that goes with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="tenure-snapshot-") as directory:
        yield Path(directory) / name
