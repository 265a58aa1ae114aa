"""What does the store hold now?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec
from tenure_eventlog.queries import queries

from tenure_context_sync.change.change import write_key

REFRESH_SECONDS = 1.0
SQL = queries("tenure_context_sync")
_fields = msgspec.json.Decoder(dict[str, object]).decode


class Row(NamedTuple):
    """One row as the store has it."""

    source_at: datetime
    fields: dict[str, object]


class Store:
    """Reads of the context store, and the watermarks as last looked at."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.watermarks: dict[str, datetime] = {}
        self.trouble: str | None = None

    @asynccontextmanager
    async def refreshing(self) -> AsyncIterator[None]:
        """Looks at the watermarks each second, for as long as this lasts."""
        await self.refresh()
        task = asyncio.create_task(self._refresh_on(), name="watermarks")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _refresh_on(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await self.refresh()
                self.trouble = None
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
                self.trouble = f"the database can't be reached: {away}"

    async def refresh(self) -> None:
        """Looks at the watermarks again."""
        self.watermarks = {row["source"]: row["newest_source_at"] for row in await self._pool.fetch(SQL["watermarks"])}

    async def read(self, source: str, keys: Sequence[dict[str, object]]) -> list[Row | None]:
        """The rows of the keys, in their order; None where there is none."""
        names = [write_key(key) for key in keys]
        found = await self._pool.fetch(SQL["read_rows"], source, names)
        rows = {row["key"]: Row(row["source_at"], _fields(row["fields"])) for row in found}
        return [rows.get(name) for name in names]
