"""What does an Avro row say that comes in Confluent's frame: a zero byte, the schema's number in 4 bytes, the body?

Source: Confluent Schema Registry, "Wire format".
"""

import io
import json
import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import fastavro
from tenure_codec.catalogue import check
from tenure_codec.errors import SchemaRefused
from tenure_eventlog import Record

from tenure_context_sync.change.change import Change, Unreadable, checked_row, write_sorted
from tenure_context_sync.change.debezium import read_envelope
from tenure_context_sync.change.layout import Layout
from tenure_context_sync.change.plain import Fields, bare_key, json_key, plain_delete, plain_row

MAX_BODY_BYTES = 1_048_576
MAX_SCHEMA_CHARACTERS = 200_000
MAGIC, HEAD_BYTES = 0, 5


class RowSchema(NamedTuple):
    """`parsed` is for fastavro; an `envelope` is Debezium's, whose converter wrote Avro."""

    parsed: object
    envelope: bool


def read_schema(text: str) -> RowSchema:
    """Raises SchemaRefused with the reason, also for what is safe to own but not to take from strangers."""
    if len(text) > MAX_SCHEMA_CHARACTERS:
        raise SchemaRefused(f"{len(text)} characters, the limit is {MAX_SCHEMA_CHARACTERS}")
    try:
        raw = json.loads(text)
        parsed = fastavro.parse_schema(raw, named_schemas={})
        check(raw)
    except SchemaRefused:
        raise
    except Exception as why:
        raise SchemaRefused(f"not an Avro schema: {type(why).__name__}: {why}") from why
    return RowSchema(parsed, isinstance(raw, dict) and raw.get("name") == "Envelope")


def read_framed(layout: Layout, record: Record) -> Change | None:
    """None for the tombstone after an envelope's delete. Raises Unreadable."""
    enveloped = any(schema.envelope for schema in layout.schemas.values())
    if record.value is None:
        return None if enveloped else plain_delete(layout, record, _key(layout, record.key))
    schema, row = _decode(layout.schemas, record.value)
    told = _key(layout, record.key)
    text = write_sorted(row)
    if schema.envelope:
        return read_envelope(None if told is None else write_sorted(told), text)
    if not isinstance(row, dict):
        raise Unreadable("row-not-an-object")
    return plain_row(layout, record, told, checked_row(text), row)


def _key(layout: Layout, key: bytes | None) -> Fields | None:
    """Framed like the value, or text."""
    if key is None:
        return None
    if key[:1] != bytes((MAGIC,)):
        return json_key(layout, key)
    _, found = _decode(layout.schemas, key)
    return found if isinstance(found, dict) else bare_key(layout, found)


def _decode(schemas: Mapping[int, RowSchema], framed: bytes) -> tuple[RowSchema, object]:
    """What JSON can hold of it."""
    if len(framed) < HEAD_BYTES or framed[0] != MAGIC:
        raise Unreadable("not-framed")
    if len(framed) > MAX_BODY_BYTES:
        raise Unreadable("too-large")
    schema = schemas.get(int.from_bytes(framed[1:HEAD_BYTES]))
    if schema is None:
        raise Unreadable("unknown-schema")
    buffer = io.BytesIO(framed[HEAD_BYTES:])
    try:
        found = _plain(fastavro.schemaless_reader(buffer, schema.parsed, None))
    except Exception as why:  # fastavro raises whatever its C code meets
        raise Unreadable("not-of-its-schema") from why
    if buffer.read(1):
        raise Unreadable("bytes-after-the-row")
    return schema, found


def _plain(value: object) -> object:
    """As Debezium's JSON has it where that has a form; a float that is no number is a text."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    write = _WRITERS.get(type(value))
    return write(value) if write else value


def _float(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


_WRITERS: Mapping[type, Callable[..., object]] = {
    float: _float,
    bytes: lambda value: b64encode(value).decode(),
    Decimal: lambda value: format(value, "f"),
    UUID: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
}
