"""How does each source's newest row look? A part of the change processor, and what it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import asyncpg
import msgspec
from tenure_eventlog.queries import queries

from tenure_context_sync.events import Field
from tenure_context_sync.shape.announced import announced_fields, announcement
from tenure_context_sync.shape.observed import Shape, observed_fields, shape_of
from tenure_context_sync.store.parts import Seen

SQL = queries("tenure_context_sync", "sql/looks.sql")


class Announced(msgspec.Struct, frozen=True, tag="announced"):
    """The connector said so, with the record."""

    fields: tuple[Field, ...]


class Observed(msgspec.Struct, frozen=True, tag="observed"):
    """The row itself shows it."""

    shape: Shape


Look = Announced | Observed
_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Look).decode


class Place(NamedTuple):
    """The first record that looks so: its place in the source's own log, and on the topic."""

    position: int
    partition: int
    offset: int


class Looked(NamedTuple):
    look: Look
    place: Place


def look_of(seen: Seen) -> Look:
    """Of a change that has a row."""
    value = seen.record.value or b""
    told = announced_fields(value, frozenset()) if announcement(value) else None
    return Observed(shape_of(seen.change.fields)) if told is None else Announced(told)


def fields_by(look: Look, known: tuple[Field, ...], *, whole: bool) -> tuple[Field, ...]:
    """The source's fields as far as the look shows them. `whole`: its rows have all columns, or else one that is not
    there may only have been left out.

    A mark of personal data stays. Where a source has such marks, a field that nobody declared counts as marked too.
    """
    marks = {one.name: one.personal for one in known}
    unknown = any(marks.values())
    if isinstance(look, Announced):
        found = look.fields
    else:
        found = observed_fields(look.shape, known)
        names = {one.name for one in found}
        if not whole:
            found += tuple(replace(one, nullable=True) for one in known if one.name not in names)
    return tuple(replace(one, personal=marks.get(one.name, unknown)) for one in found)


@dataclass(slots=True)
class Looks:
    """The newest row of each source in the batch; a part of a row, or one of a snapshot, shows nothing new."""

    newest: dict[str, Seen] = field(default_factory=dict)

    def take(self, seen: Seen) -> None:
        change = seen.change
        if change.kind != "row" or change.partial or not change.streamed:
            return
        before = self.newest.get(seen.source)
        if before is None or change.position > before.change.position:
            self.newest[seen.source] = seen

    async def write(self, connection: asyncpg.Connection) -> None:
        if self.newest:
            rows = [_row(seen) for _, seen in sorted(self.newest.items())]
            await connection.execute(SQL["raise_looks"], *(list(column) for column in zip(*rows, strict=True)))


def _row(seen: Seen) -> tuple[object, ...]:
    place = (seen.change.position, seen.record.partition, seen.record.offset)
    return (seen.source, _write(look_of(seen)).decode(), *place)


async def looked(pool: asyncpg.Pool) -> Mapping[str, Looked]:
    """How each source looks now."""
    rows = await pool.fetch(SQL["looks"])
    return {r["source"]: Looked(_read(r["look"]), Place(r["position"], r["partition"], r["offset"])) for r in rows}
