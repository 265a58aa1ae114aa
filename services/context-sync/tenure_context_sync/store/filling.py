"""How does an index get the rows that were there before it, and what goes when nobody reads?

While a part is filled no batch is written, so that no row changes between the look and the entry; each part is small.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

import asyncpg
from tenure_eventlog.queries import queries
from tenure_ingest import forget

from tenure_context_sync.change.change import Change
from tenure_context_sync.store.index import Index, Wanted, entry_of
from tenure_context_sync.store.layers import fields_of
from tenure_context_sync.store.settled import Reader, scope_of

SQL = queries("tenure_context_sync", "sql/index.sql")
AT_ONCE = 2_000


async def begin(connection: asyncpg.Connection, wanted: Wanted) -> None:
    """Durable on return; from then on every batch has its entries."""
    async with connection.transaction():
        await connection.execute(SQL["own_indexes"])
        await connection.execute(SQL["begin_index"], wanted.source, list(wanted.by), wanted.time_field)


async def fill(connection: asyncpg.Connection, index: Index) -> None:
    """Fills it to the end; of two that do, each fills what is left."""
    while await _fill_part(connection, index):
        pass


async def _fill_part(connection: asyncpg.Connection, index: Index) -> bool:
    """True where there may be more."""
    async with connection.transaction():
        await connection.execute(SQL["own_indexes"])
        rows = await connection.fetch(SQL["rows_to_index"], index.wanted.source, index.number, AT_ONCE)
        if rows:
            await connection.execute(SQL["index_rows"], *_columns(index, rows))
        last = rows[-1]["key"] if rows else None
        more = len(rows) == AT_ONCE
        await connection.execute(SQL["index_filled"], index.number, last, len(rows), not more)
        return more


def _columns(index: Index, rows: Collection[asyncpg.Record]) -> list[list[object]]:
    found = [
        (
            index.number,
            index.wanted.source,
            row["key"],
            *entry_of(index.wanted, fields_of(_change(row))),
            row["streamed"],
            row["position"],
            row["source_at"],
        )
        for row in rows
    ]
    return [list(column) for column in zip(*found, strict=True)]


def _change(row: asyncpg.Record) -> Change:
    return Change("row", row["key"], row["streamed"], row["position"], row["source_at"], row["fields"])


async def drop(connection: asyncpg.Connection, index: Index) -> None:
    async with connection.transaction():
        await connection.execute(SQL["own_indexes"])
        await connection.execute(SQL["drop_index"], index.number)


async def release(connection: asyncpg.Connection, processor: str, revision: Reader) -> None:
    """Forgets what was held for it: rows, and records that it could not read."""
    await connection.execute(SQL["release_revision"], *revision)
    await forget(connection, processor, scope_of(revision))


async def note_references(connection: asyncpg.Connection, revisions: Collection[Reader], now: datetime) -> None:
    ordered = sorted(revisions)
    contexts, numbers = [context for context, _ in ordered], [number for _, number in ordered]
    await connection.execute(SQL["note_references"], contexts, numbers, now)


async def last_references(connection: asyncpg.Connection) -> Mapping[Reader, datetime]:
    rows = await connection.fetch(SQL["references"])
    return {(row["context"], row["revision"]): row["last_at"] for row in rows}
