"""What does the store have of some rows, apart from their newest state: layers, and what revisions hold?"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

import asyncpg
from tenure_eventlog.queries import queries

from tenure_context_sync.change.change import Change
from tenure_context_sync.store import layers
from tenure_context_sync.store.settled import Held, Kept, Reader

SQL = queries("tenure_context_sync", "sql/rows.sql")
Place = tuple[str, str]


async def unsettled(connection: asyncpg.Connection, places: Collection[Place]) -> set[Place]:
    """Those that are made of layers, or of which a revision holds an older state."""
    return {(row["source"], row["key"]) for row in await connection.fetch(SQL["unsettled"], *_columns(places))}


async def existing(connection: asyncpg.Connection, places: Collection[Place]) -> set[Place]:
    """Those that are there and not deleted."""
    return {(row["source"], row["key"]) for row in await connection.fetch(SQL["existing"], *_columns(places))}


async def load(connection: asyncpg.Connection, places: Collection[Place]) -> Mapping[Place, Kept]:
    """All of them, locked; of a row that never came nothing."""
    found: dict[Place, Kept] = {place: Kept((), {}) for place in places}
    held: defaultdict[Place, dict[Reader, Sequence[Change]]] = defaultdict(dict)
    rows = await connection.fetch(SQL["kept_rows"], *_columns(places))
    for row in await connection.fetch(SQL["kept_held"], *_columns(places)):
        held[row["source"], row["key"]][row["context"], row["revision"]] = layers_of(row)
    for row in rows:
        place = (row["source"], row["key"])
        found[place] = Kept(layers_of(row), {})
    return {place: kept._replace(held=held.get(place, {})) for place, kept in found.items()}


async def truncated(
    connection: asyncpg.Connection, places: Collection[Place]
) -> Mapping[str, Callable[[Change], bool]]:
    """By source: is a change one of those that a truncate took?"""
    sources = sorted({source for source, _ in places})
    found = {row["source"]: row for row in await connection.fetch(SQL["truncates"], sources)}
    return {source: _taken_by(found.get(source)) for source in sources}


async def hold(
    connection: asyncpg.Connection, places: Sequence[Place], held: Mapping[Place, Mapping[Reader, Held]]
) -> None:
    """What revisions hold of these rows from now on: this and nothing else."""
    await connection.execute(SQL["release"], *_columns(places))
    rows = [
        (*place, *reader, *_state(one.state), layers.written(one.layers))
        for place, readers in sorted(held.items())
        for reader, one in sorted(readers.items())
    ]
    if rows:
        await connection.execute(SQL["hold"], *(list(column) for column in zip(*rows, strict=True)))


def _taken_by(truncate: asyncpg.Record | None) -> Callable[[Change], bool]:
    if truncate is None:
        return lambda change: False
    position, at = truncate["position"], truncate["source_at"]
    return lambda change: change.position <= position if change.position else change.source_at <= at


def _columns(places: Collection[Place]) -> tuple[list[str], list[str]]:
    return [source for source, _ in places], [key for _, key in places]


def _state(one: Change) -> tuple[object, ...]:
    return one.streamed, one.position, one.source_at, one.kind == "delete", one.fields


def layers_of(row: asyncpg.Record) -> Sequence[Change]:
    """Those that were written, or the row itself."""
    if row["layers"] is not None:
        return layers.read(row["key"], row["layers"])
    place = (row["key"], row["streamed"], row["position"], row["source_at"])
    return [Change("delete" if row["deleted"] else "row", *place, row["fields"])]
