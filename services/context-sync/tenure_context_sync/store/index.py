"""Which rows have these values, and which time? Kept in the transaction of the rows themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec
from tenure_eventlog.queries import queries

from tenure_context_sync.change.change import KEY_LIMIT_BYTES, Change
from tenure_context_sync.store.layers import fields_of
from tenure_context_sync.view.instants import instant
from tenure_context_sync.view.scope import Fields, Unfit

SQL = queries("tenure_context_sync", "sql/index.sql")
LOCK, ALONE = SQL["share_indexes"], SQL["own_indexes"]


class Wanted(NamedTuple):
    """Rows of a source, by the values of some fields, and by the time in another."""

    source: str
    by: tuple[str, ...]
    time_field: str


class Index(NamedTuple):
    """One that is kept; `complete` once it has the rows that were there before it, of which it looked at `rows`."""

    number: int
    wanted: Wanted
    complete: bool
    rows: int


class Entry(NamedTuple):
    """Where a row is found; an `at` of None: in no window."""

    by_value: str
    at: datetime | None


async def indexes(connection: asyncpg.Connection) -> list[Index]:
    """All of them."""
    rows = await connection.fetch(SQL["indexes"])
    return [
        Index(
            row["id"], Wanted(row["source"], tuple(row["by_fields"]), row["time_field"]), row["complete"], row["rows"]
        )
        for row in rows
    ]


def by_value(values: Sequence[object]) -> str:
    """The one way in which the values that rows are found by are written."""
    return msgspec.json.encode(values).decode()


def entry_of(wanted: Wanted, row: Fields) -> Entry:
    """A row that lacks one of the fields, or whose time can't be read, is in no window."""
    value = by_value([row.get(name) for name in wanted.by])
    if len(value.encode()) > KEY_LIMIT_BYTES:
        return Entry("", None)
    try:
        return Entry(value, instant(row.get(wanted.time_field)))
    except Unfit:
        return Entry(value, None)


async def write_index(connection: asyncpg.Connection, newest: Sequence[tuple[tuple[str, str], Change]]) -> None:
    """Entries of rows that were just written, as far as those are the newest."""
    kept = await indexes(connection)
    rows = [
        (index.number, source, key, *_entry(index.wanted, change), change.streamed, change.position, change.source_at)
        for (source, key), change in newest
        for index in kept
        if index.wanted.source == source
    ]
    if rows:
        await connection.execute(SQL["index_rows"], *(list(column) for column in zip(*rows, strict=True)))


def _entry(wanted: Wanted, change: Change) -> Entry:
    return Entry("", None) if change.kind == "delete" else entry_of(wanted, fields_of(change))
