"""What does the store hold now, and what does a revision's view make of it?"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg
import msgspec
from tenure_eventlog.beside import beside
from tenure_eventlog.queries import queries
from tenure_keyring import Keyring

from tenure_context_sync.change.change import write_key
from tenure_context_sync.erasure.opening import opened
from tenure_context_sync.events import Aggregate
from tenure_context_sync.names import SourceName
from tenure_context_sync.store.index import Index, Wanted, by_value, indexes
from tenure_context_sync.view.compiled import CompiledView, Joined, join_key
from tenure_context_sync.view.reading import Found, Reading, Sum, summed
from tenure_context_sync.view.scope import NOTHING, Scope
from tenure_context_sync.view.windows import MOST_ROWS, Dated, begins

REFRESH_SECONDS = 1.0
SQL = queries("tenure_context_sync", "sql/reads.sql")
_fields = msgspec.json.Decoder(dict[str, object]).decode
Key = Mapping[str, object]


class IndexMissing(Exception):
    """An aggregate's index is not there: a revision is read before its backfill."""


class Store:
    """Reads of the context store, with the indexes as last looked at."""

    def __init__(self, pool: asyncpg.Pool, ring: Keyring | None = None) -> None:
        self._pool, self._ring = pool, ring
        self._indexes: dict[Wanted, Index] = {}
        self.trouble: str | None = None

    @asynccontextmanager
    async def refreshing(self) -> AsyncIterator[None]:
        """Looks at the indexes each second, for as long as this lasts."""
        await self.refresh()
        async with beside(self._refresh_on(), "indexes"):
            yield

    async def _refresh_on(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await self.refresh()
                self.trouble = None
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
                self.trouble = f"the database can't be reached: {away}"

    async def refresh(self) -> None:
        """Looks at the indexes again."""
        async with self._pool.acquire() as connection:
            self._indexes = {index.wanted: index for index in await indexes(connection)}

    async def read(
        self, view: CompiledView, keys: Sequence[Key], now: datetime, *, may_open: bool = False
    ) -> list[Reading]:
        """One for each key, in their order; what is sealed is opened where it `may`. Raises IndexMissing."""
        ring = self._ring if may_open else None
        rows = await self._rows(view, [write_key(dict(key)) for key in keys], ring)
        if not view.joins and not view.windows:
            return [Reading(row) for row in rows]
        scopes = [Scope(row.fields if row and row.fields else NOTHING, {}) for row in rows]
        joined: list[dict[str, Found | None]] = [{} for _ in keys]
        for one in view.joins:
            for found, scope, into in zip(await self._join(view, one, scopes, ring), scopes, joined, strict=True):
                into[one.join.name] = found
                scope.joined[one.join.name] = found and found.fields  # type: ignore[index]  # made here, above
        sums = await self._sums(view, keys, now)
        return [Reading(row, more, sums[number]) for number, (row, more) in enumerate(zip(rows, joined, strict=True))]

    async def _rows(self, view: CompiledView, names: Sequence[str], ring: Keyring | None) -> list[Found | None]:
        said = view.published
        found = await self._pool.fetch(SQL["read_rows"], said.source, names, said.context, said.revision)
        rows = {row[0]: _as_readable(row) for row in found}
        rows = await _opened(ring, view, said.source, rows)
        return [rows.get(name) for name in names]

    async def _join(
        self, view: CompiledView, one: Joined, scopes: Sequence[Scope], ring: Keyring | None
    ) -> list[Found | None]:
        names = [join_key(one, scope) for scope in scopes]
        wanted = {name for name in names if name is not None}
        if not wanted:
            return [None] * len(scopes)
        found = await self._pool.fetch(SQL["read_joined"], one.join.source, sorted(wanted))
        rows = {key: Found(source_at, _fields(fields)) for key, source_at, fields in found}
        rows = await _opened(ring, view, one.join.source, rows)
        return [rows.get(name) if name is not None else None for name in names]

    async def _sums(self, view: CompiledView, keys: Sequence[Key], now: datetime) -> list[dict[str, Sum]]:
        sums: list[dict[str, Sum]] = [{} for _ in keys]
        for aggregate, entity_key in view.windows:
            values = [by_value([key[name] for name in entity_key]) for key in keys]
            found = await self._window(aggregate, sorted(set(values)), now)
            for value, into in zip(values, sums, strict=True):
                into[aggregate.name] = found[value]
        return sums

    async def _window(self, aggregate: Aggregate, values: Sequence[str], now: datetime) -> Mapping[str, Sum]:
        wanted = Wanted(aggregate.source, aggregate.by, aggregate.time_field)
        index = self._indexes.get(wanted)
        if index is None or not index.complete:
            # It may have been filled since the last look.
            await self.refresh()
            index = self._indexes.get(wanted)
        if index is None or not index.complete:
            raise IndexMissing(aggregate.name)
        window = (aggregate.source, begins(aggregate, now), now, MOST_ROWS + 1)
        rows: defaultdict[str, list[tuple[Dated, datetime]]] = defaultdict(list)
        for value, key, at, source_at, fields in await self._pool.fetch(
            SQL["read_window"], index.number, values, *window
        ):
            rows[value].append((Dated(at, key, _fields(fields)), source_at))
        return {value: summed(aggregate, rows[value]) for value in values}


async def _opened(
    ring: Keyring | None, view: CompiledView, source: SourceName, rows: dict[str, Found]
) -> dict[str, Found]:
    personal = view.personal.get(source)
    return await opened(ring, source, personal, rows) if personal else rows


def _as_readable(row: asyncpg.Record) -> Found:
    _, deleted, source_at, fields, held_deleted, held_at, held_fields = row
    if held_at is not None:
        return Found(held_at, None if held_deleted else _fields(held_fields), held=True)
    return Found(source_at, None if deleted else _fields(fields))
