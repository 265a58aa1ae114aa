"""What is the newest state of every source's rows, and how far has each source come?"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import asyncpg
import msgspec
from tenure_eventlog import Record
from tenure_eventlog.queries import queries
from tenure_ingest import Quarantined, quarantine

from tenure_context_sync.debezium import Change, Unreadable, merged, read_change, write_key

REFRESH_SECONDS = 1.0
SQL = queries("tenure_context_sync")
_fields = msgspec.json.Decoder(dict[str, object]).decode
Place = tuple[str, str]


@dataclass(slots=True)
class Effects:
    """What a batch of changes comes to: one state a row, truncates, watermarks, what could not be read."""

    rows: dict[Place, Change] = field(default_factory=dict)
    truncates: list[tuple[str, Change]] = field(default_factory=list)
    watermarks: dict[str, datetime] = field(default_factory=dict)
    unreadable: list[Quarantined] = field(default_factory=list)


class ChangeProcessor:
    """Folds the sources' change topics into the context store; `sources` says which topic is which source's."""

    name = "context-sync.changes"
    migrations: str | None = "tenure_context_sync"

    def __init__(self, sources: Callable[[], Mapping[str, str]]) -> None:
        self._sources = sources

    def topics(self) -> Collection[str]:
        return self._sources().keys()

    def process(self, records: Sequence[Record]) -> Effects:
        effects, sources = Effects(), self._sources()
        for record in records:
            try:
                change = read_change(record.key, record.value)
            except Unreadable as reason:
                effects.unreadable.append(Quarantined(str(reason), record))
                continue
            if change is not None:
                _take(effects, sources[record.topic], change)
        return effects

    async def apply(self, connection: asyncpg.Connection, effects: Effects) -> None:
        for source, change in effects.truncates:
            await connection.execute(SQL["mark_truncate"], source, change.position)
            await connection.execute(SQL["truncate_source"], source, change.position, change.source_at)
        # In one order for all workers, so that two of them never wait for each other.
        for partial, ordered in groupby(sorted(effects.rows.items(), key=_partial_then_place), key=_partial):
            query = SQL["upsert_partial_rows" if partial else "upsert_rows"]
            await connection.execute(query, *_columns(list(ordered)))
        if effects.watermarks:
            names, instants = zip(*sorted(effects.watermarks.items()), strict=True)
            await connection.execute(SQL["raise_watermarks"], list(names), list(instants))
        await quarantine(connection, self.name, effects.unreadable)


def _take(effects: Effects, source: str, change: Change) -> None:
    newest = effects.watermarks.get(source)
    if newest is None or change.source_at > newest:
        effects.watermarks[source] = change.source_at
    if change.kind == "truncate":
        effects.truncates.append((source, change))
        outlived = [place for place, row in effects.rows.items() if place[0] == source and row.rank < change.rank]
        for place in outlived:
            del effects.rows[place]
    elif change.kind != "nothing":
        place = (source, change.key)
        known = effects.rows.get(place)
        if known is None:
            effects.rows[place] = change
        elif change.rank >= known.rank:
            effects.rows[place] = merged(known, change)


def _partial(item: tuple[Place, Change]) -> bool:
    return item[1].partial


def _partial_then_place(item: tuple[Place, Change]) -> tuple[bool, Place]:
    return item[1].partial, item[0]


def _columns(rows: Sequence[tuple[Place, Change]]) -> tuple[list[object], ...]:
    return (
        [source for (source, _), _ in rows],
        [key for (_, key), _ in rows],
        [change.streamed for _, change in rows],
        [change.position for _, change in rows],
        [change.source_at for _, change in rows],
        [change.kind == "delete" for _, change in rows],
        [change.fields for _, change in rows],
    )


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
