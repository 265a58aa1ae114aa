"""How does an accepted event look to those outside?

CloudEvents 1.0 in JSON. Nothing that is sealed is opened, and a report's bytes are left out: who reads those is noted
on `tenure.access`, and their digest is beside them.
"""

import io
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import fastavro
import msgspec
from msgspec import UNSET, UnsetType
from tenure_codec.catalogue import published
from tenure_codec.envelope import Attributes, Link, read_attributes, write_instant
from tenure_codec.errors import SchemaUnknown
from tenure_eventlog import Partition, Record

MOST_DATA_BYTES = 2 * 1_048_576
CONTENT_TYPE = "application/cloudevents+json"

Omitted = Literal["unreadable", "too-large"]


class PublicEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One accepted event. Readers drop what has a `sequence` that they had of its subject: it came twice.

    `dataomitted` says why there is no `data`: this build does not know the schema, or it is too large.
    """

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    dataschema: str
    sequence: str
    recordedtime: str
    correlationid: str
    causationid: str | UnsetType = UNSET
    hops: int
    authid: str
    authtype: str
    dataomitted: Omitted | UnsetType = UNSET
    data: msgspec.Raw | UnsetType = UNSET


class Unpresentable(Exception):
    """The record lacks what a CloudEvent must have."""


class Notice:
    """An accepted event on its way out. `body` is made once, however many it goes to."""

    def __init__(self, record: Record, link: Link) -> None:
        """Raises Unpresentable."""
        self.record, self.link = record, link
        self.partition, self.offset = Partition(record.topic, record.partition), record.offset
        try:
            self.attributes = read_attributes(record.headers)
        except (KeyError, ValueError) as why:
            raise Unpresentable(f"{type(why).__name__}: {why}") from why

    @property
    def size(self) -> int:
        """Of the value, in bytes."""
        return len(self.record.value or b"")

    @property
    def stream(self) -> str:
        return self.attributes.subject

    @property
    def type(self) -> str:
        return self.attributes.type

    @property
    def id(self) -> str:
        return self.attributes.id

    @cached_property
    def fields(self) -> Mapping[str, Any] | None:
        """The event's fields as plain data; None where this build can't read them."""
        return fields_of(self.attributes.dataschema, self.record.value or b"")

    @cached_property
    def body(self) -> bytes:
        return msgspec.json.encode(presented(self.attributes, self.fields))


def presented(a: Attributes, fields: Mapping[str, Any] | None) -> PublicEvent:
    """As outsiders get it."""
    data = None if fields is None else msgspec.json.encode(fields)
    omitted: Omitted | UnsetType = UNSET
    if data is None or len(data) > MOST_DATA_BYTES:
        omitted = "unreadable" if data is None else "too-large"
    return PublicEvent(
        specversion="1.0",
        id=a.id,
        source=a.source,
        type=a.type,
        subject=a.subject,
        time=write_instant(a.time),
        datacontenttype="application/json",
        dataschema=a.dataschema,
        sequence=f"{a.sequence:019d}",
        recordedtime=write_instant(a.recorded_time),
        correlationid=a.correlation_id,
        causationid=a.causation_id or UNSET,
        hops=a.hops,
        authid=a.auth_id,
        authtype=a.auth_type,
        dataomitted=omitted,
        data=msgspec.Raw(data) if data is not None and omitted is UNSET else UNSET,
    )


def fields_of(urn: str, value: bytes) -> Mapping[str, Any] | None:
    """Whatever the bytes are: what can't be read is None, since no reader may be held up by it."""
    buffer = io.BytesIO(value)
    try:
        schema = published().of_urn(urn)
        fields: Any = fastavro.schemaless_reader(buffer, schema.parsed, None)
    except SchemaUnknown:
        return None
    except Exception:  # noqa: BLE001 - the bytes are anybody's, and fastavro raises whatever its C code meets
        return None
    if buffer.tell() != len(value):
        return None
    return {name: _without_bytes(found) for name, found in fields.items()}


def _without_bytes(part: Any) -> Any:
    match part:
        case bytes():
            return None
        case dict():
            return {name: _without_bytes(found) for name, found in part.items()}
        case list():
            return [_without_bytes(found) for found in part]
        case _:
            return part
