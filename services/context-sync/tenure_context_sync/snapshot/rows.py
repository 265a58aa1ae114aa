"""How are a store's rows kept outside of it, so that they outlive both the store and the changes that made them?

A file has them as changes, line by line: those that rows, and what revisions go on with, are made of, each with its
rank and its time; what is personal is sealed in it, as it is in the store. Read back they go through the store's own
upsert, which is the same in any order; so changes may have come before.
"""

import gzip
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import asyncpg
import msgspec
from tenure_eventlog.queries import queries

from tenure_context_sync.change.change import Change, Kind
from tenure_context_sync.events import PartitionRange
from tenure_context_sync.store.kept import layers_of
from tenure_context_sync.store.processor import ChangeProcessor

SQL = queries("tenure_context_sync", "sql/pinned.sql")
AT_ONCE = 2_000


class Line(NamedTuple):
    source: str
    kind: Kind
    key: str
    streamed: bool
    position: int
    source_at: datetime
    fields: str
    partial: bool


class Written(NamedTuple):
    """How many changes, and what of the topics is in them."""

    changes: int
    places: tuple[PartitionRange, ...]


_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Line).decode


async def write_rows(pool: asyncpg.Pool, sources: Sequence[str], topics: Sequence[str], path: Path) -> Written:
    """All of one moment."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        places = await connection.fetch(SQL["places"], ChangeProcessor.name, list(topics))
        count = 0
        with gzip.open(path, "wb") as file:
            for query in ("held_to_pin", "rows_to_pin"):
                async for row in connection.cursor(SQL[query], list(sources), prefetch=AT_ONCE):
                    count += _put(file, row["source"], layers_of(row))
            # Last: it is a mark that what is older does not pass, and the rows have passed it once.
            for row in await connection.fetch(SQL["truncates_to_pin"], list(sources)):
                mark = Change("truncate", "", False, row["position"], row["source_at"])
                count += _put(file, row["source"], [mark])
    return Written(
        count, tuple(PartitionRange(topic=topic, partition=number, start=0, end=end) for topic, number, end in places)
    )


def read_rows(path: Path, source: str) -> Iterator[list[Change]]:
    """A source's changes, some at once; a truncate is alone, after all others."""
    some: list[Change] = []
    with gzip.open(path, "rb") as file:
        for text in file:
            line = _read(text)
            if line.source != source:
                continue
            change = Change(*line[1:])
            if some and (len(some) == AT_ONCE or change.kind == "truncate"):
                yield some
                some = []
            some.append(change)
    if some:
        yield some


def _put(file: gzip.GzipFile, source: str, changes: Sequence[Change]) -> int:
    for one in changes:
        place = (one.streamed, one.position, one.source_at)
        file.write(_write(Line(source, one.kind, one.key, *place, one.fields, one.partial)) + b"\n")
    return len(changes)
