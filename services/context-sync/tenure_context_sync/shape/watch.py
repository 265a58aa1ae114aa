"""Which schema does each source's newest row have? A part of the change processor, and what it wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

import asyncpg
import msgspec
from tenure_eventlog.queries import queries

from tenure_context_sync.events import Field
from tenure_context_sync.shape.announced import announced_fields, announcement
from tenure_context_sync.shape.observed import Shape, observed_fields, shape_of
from tenure_context_sync.store.parts import Seen

SQL = queries("tenure_context_sync", "sql/schemas.sql")
MOST_LOOKS = 1_000
LOOK_SECONDS = 1.0
_write = msgspec.json.Encoder(order="sorted").encode
_read = msgspec.json.Decoder(tuple[Field, ...]).decode
Look = bytes | Shape
Known = Callable[[str], tuple[Field, ...]]


class SchemaSeen(NamedTuple):
    """A schema, and the newest place in the source's own log, and on the topic, that shows it."""

    digest: str
    fields: tuple[Field, ...]
    announced: bool
    position: int
    partition: int
    offset: int


def schema_digest(fields: tuple[Field, ...]) -> str:
    """Of names, types and nullability, whatever their order."""
    said = sorted((one.name, one.type, one.nullable) for one in fields)
    return sha256(msgspec.json.encode(said)).hexdigest()


class Looks:
    """Schemas by what a row looks like, so that each look is worked out once; bounded."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._worked_out: dict[tuple[str, tuple[Field, ...], Look], tuple[str, tuple[Field, ...]]] = {}

    def schema(self, source: str, look: Look, value: bytes) -> tuple[str, tuple[Field, ...]]:
        known = self._known(source)
        found = self._worked_out.get((source, known, look))
        if found is None:
            if len(self._worked_out) >= MOST_LOOKS:
                self._worked_out.clear()
            fields = _fields(known, look, value)
            found = self._worked_out[source, known, look] = (schema_digest(fields), fields)
        return found


def _fields(known: tuple[Field, ...], look: Look, value: bytes) -> tuple[Field, ...]:
    if isinstance(look, tuple):
        return observed_fields(look, known)
    return announced_fields(value, frozenset(one.name for one in known if one.personal)) or known


@dataclass(slots=True)
class Shapes:
    """The schemas that a batch's rows have; a row of which the connector left parts out shows none."""

    looks: Looks
    newest: dict[tuple[str, str], SchemaSeen] = field(default_factory=dict)

    def take(self, seen: Seen) -> None:
        change, record = seen.change, seen.record
        if change.kind != "row" or change.partial or not change.streamed:
            return
        value = record.value or b""
        told = announcement(value)
        digest, fields = self.looks.schema(seen.source, told or shape_of(change.fields), value)
        before = self.newest.get((seen.source, digest))
        if before is None or change.position >= before.position:
            self.newest[seen.source, digest] = SchemaSeen(
                digest, fields, told is not None, change.position, record.partition, record.offset
            )

    async def write(self, connection: asyncpg.Connection) -> None:
        if self.newest:
            rows = [_row(source, seen) for (source, _), seen in sorted(self.newest.items())]
            await connection.execute(SQL["raise_schemas"], *(list(column) for column in zip(*rows, strict=True)))


class Schemas:
    """The newest schema of every source, as last looked at."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.newest: Mapping[str, SchemaSeen] = {}
        self.trouble: str | None = None

    async def refresh(self) -> None:
        rows = await self._pool.fetch(SQL["newest_schemas"])
        self.newest = {row["source"]: _seen(row) for row in rows}

    @asynccontextmanager
    async def refreshing(self) -> AsyncIterator[None]:
        """Looks each second, for as long as this lasts."""
        await self.refresh()
        task = asyncio.create_task(self._refresh_on(), name="schemas")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _refresh_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.refresh()
                self.trouble = None
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
                self.trouble = f"the database can't be reached: {away}"


def _row(source: str, seen: SchemaSeen) -> tuple[object, ...]:
    fields = _write(seen.fields).decode()
    return (source, seen.digest, fields, seen.announced, seen.position, seen.partition, seen.offset)


def _seen(row: asyncpg.Record) -> SchemaSeen:
    place = (row["position"], row["partition"], row["offset"])
    return SchemaSeen(row["digest"], _read(row["fields"]), row["announced"], *place)
