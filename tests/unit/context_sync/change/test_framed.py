"""What do Avro rows in Confluent's frame say?"""

import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from tenure_codec.errors import SchemaRefused
from tenure_context_sync.change.change import Unreadable
from tenure_context_sync.change.framed import MAX_BODY_BYTES, MAX_SCHEMA_CHARACTERS, read_schema
from tenure_context_sync.change.layout import Layout
from tenure_context_sync.change.read import read_change

from tests.unit.context_sync.change.records import read, record

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
CUSTOMER = {
    "type": "record",
    "name": "Customer",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "name", "type": ["null", "string"]},
        {"name": "credit", "type": DECIMAL},
        {"name": "score", "type": "double"},
        {"name": "since", "type": {"type": "int", "logicalType": "date"}},
        {"name": "seen", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "avatar", "type": "bytes"},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
    ],
}
KEY = {"type": "record", "name": "Key", "fields": [{"name": "id", "type": "long"}]}
ENVELOPE = {
    "type": "record",
    "name": "Envelope",
    "namespace": "crm.public.customers",
    "fields": [
        {"name": "op", "type": "string"},
        {"name": "after", "type": ["null", {**KEY, "name": "Value"}]},
        {
            "name": "source",
            "type": {
                "type": "record",
                "name": "Source",
                "fields": [{"name": "ts_ms", "type": "long"}, {"name": "lsn", "type": ["null", "long"]}],
            },
        },
    ],
}
SCHEMAS = {1: CUSTOMER, 2: KEY, 3: "long"}
ROW: dict[str, Any] = {
    "id": 5,
    "name": None,
    "credit": Decimal("1500.00"),
    "score": float("nan"),
    "since": date(2026, 1, 2),
    "seen": datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    "avatar": b"\x00\xff",
    "tags": ["a"],
}


def layout(schemas: Mapping[int, object] = SCHEMAS) -> Layout:
    read_schemas = {number: read_schema(json.dumps(schema)) for number, schema in schemas.items()}
    return Layout(format="avro", key=("id",), schemas=read_schemas)


def framed(number: int, datum: object, schemas: Mapping[int, object] = SCHEMAS) -> bytes:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(schemas[number], named_schemas={}), datum)
    return b"\x00" + number.to_bytes(4) + body.getvalue()


def test_a_row_becomes_what_json_can_hold() -> None:
    change = read(layout(), framed(2, {"id": 5}), framed(1, ROW))
    assert (change.kind, change.key, change.position) == ("row", '{"id":5}', 7)
    assert json.loads(change.fields) == {
        "id": 5,
        "name": None,
        "credit": "1500.00",
        "score": "nan",
        "since": "2026-01-02",
        "seen": "2026-01-02T03:04:05.000006+00:00",
        "avatar": "AP8=",
        "tags": ["a"],
    }


@pytest.mark.parametrize("key", [framed(2, {"id": 5}), framed(3, 5), b'{"id":5}', b"5", None])
def test_its_key_is_framed_or_text_or_in_the_row(key: bytes | None) -> None:
    assert read(layout(), key, framed(1, ROW)).key == '{"id":5}'


def test_a_record_without_a_value_deletes_the_row_of_its_key() -> None:
    assert read(layout(), framed(2, {"id": 5}), None).kind == "delete"


def test_a_time_and_a_place_are_taken_from_the_fields_that_are_declared() -> None:
    declared = Layout(format="avro", key=("id",), time_field="seen", position_field="id", schemas=layout().schemas)
    change = read(declared, None, framed(1, ROW))
    assert (change.position, change.source_at) == (5, ROW["seen"])


def test_debeziums_envelope_is_read_as_one() -> None:
    schemas = {7: ENVELOPE, 8: KEY}
    envelope = {"op": "u", "after": {"id": 5}, "source": {"ts_ms": 1_000, "lsn": 77}}
    change = read(layout(schemas), framed(8, {"id": 5}, schemas), framed(7, envelope, schemas))
    assert (change.kind, change.key, change.rank, change.fields) == ("row", '{"id":5}', (True, 77), '{"id":5}')
    assert read_change(layout(schemas), record(framed(8, {"id": 5}, schemas), None)) is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "not-framed"),
        (b'{"id":5}', "not-framed"),
        (b"\x00\x00\x00\x00", "not-framed"),
        (b"\x00\x00\x00\x00\x63", "unknown-schema"),
        (framed(1, ROW)[:-1], "not-of-its-schema"),
        (framed(1, ROW) + b"\x00", "bytes-after-the-row"),
        (framed(1, ROW).ljust(MAX_BODY_BYTES + 1, b"\x00"), "too-large"),
        (framed(3, 5), "row-not-an-object"),
        (framed(1, {**ROW, "tags": ["\x00"]}), "row-holds-a-null-character"),
    ],
)
def test_is_unreadable(value: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(layout(), framed(2, {"id": 5}), value)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("{", "not an Avro schema"),
        ('{"type":"unheard"}', "not an Avro schema"),
        ("[" * 5_000 + "]" * 5_000, "not an Avro schema"),
        ('{"type":"array","items":"null"}', "takes any amount of memory"),
        ('{"type":"record","name":"A","fields":[{"name":"a","type":["null","A"]}]}', "recursive"),
        (" " * (MAX_SCHEMA_CHARACTERS + 1), "the limit is"),
    ],
)
def test_a_schema_that_endangers_the_reader_is_refused(schema: str, words: str) -> None:
    with pytest.raises(SchemaRefused, match=words):
        read_schema(schema)
