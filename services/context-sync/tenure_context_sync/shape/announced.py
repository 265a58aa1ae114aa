"""What does a connector say that its rows look like? Where it sends its schema with each record.

Source: Kafka Connect, "JsonConverter" with `schemas.enable`; Debezium 3.6 reference, "Change event values".
"""

from typing import Annotated

import msgspec

from tenure_context_sync.events import Field

MOST_FIELDS = 2_000
_MARK = b'"payload":'


class _Struct(msgspec.Struct):
    """A schema as Kafka Connect writes it; `name` is the logical type's, as that of a date."""

    type: str
    optional: bool = False
    name: str | None = None
    field: str | None = None
    fields: Annotated[list["_Struct"], msgspec.Meta(max_length=MOST_FIELDS)] = []


class _Announced(msgspec.Struct):
    schema: _Struct


_read = msgspec.json.Decoder(_Announced).decode


def announcement(value: bytes) -> bytes | None:
    """The part of a record that repeats the schema, to know it again without reading it; None where there is none."""
    if not value.startswith(b'{"schema":{'):
        return None
    end = value.rfind(_MARK)
    return value[:end] if end > 0 else None


def announced_fields(value: bytes, personal: frozenset[str]) -> tuple[Field, ...] | None:
    """The row's fields by its `after` schema, or of an unwrapped record its own; None where it can't be read."""
    try:
        said = _read(value).schema
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    row = next((one for one in said.fields if one.field == "after"), said)
    return tuple(
        Field(name=one.field, type=_type(one), personal=one.field in personal, nullable=one.optional)
        for one in row.fields
        if one.field and not one.field.startswith("__")
    )


def _type(said: _Struct) -> str:
    """A logical type's own name, but Connect's for plain columns."""
    return said.name or said.type
