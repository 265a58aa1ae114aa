"""What does a record of the inbox say? A CloudEvent: JSON or Avro, structured, or in headers."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

import fastavro
import orjson
from tenure_eventlog import Record

from tenure_registry.inbox.errors import NotTaken

MOST_BYTES = 1_048_576
MOST_TEXT = 1_000
BINARY, STRUCTURED_JSON, STRUCTURED_AVRO = (
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents+avro",
)
MANDATORY = ("id", "source", "type", "subject", "time")


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """What somebody asks for; `data` is JSON, `time` is when they said so, `correlation_id` theirs if they gave one."""

    source: str
    id: str
    type: str
    subject: str
    time: datetime
    data: bytes
    correlation_id: str | None = None


def read_record(record: Record) -> Incoming:
    """The CloudEvent that a record is. Raises NotTaken.

    Source: CloudEvents 1.0.2, Kafka protocol binding, section 3.
    """
    value = record.value or b""
    if len(value) > MOST_BYTES:
        raise NotTaken(f"a record here has at most {MOST_BYTES} bytes")
    headers = headers_of(record)
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if (read := READERS.get(media)) is None:
        raise NotTaken(f"content-type is {', '.join(READERS)}; this is {media[:100]!r}")
    attributes, data = read(headers, value)
    return incoming(attributes, data)


def headers_of(record: Record) -> Mapping[str, str]:
    """By name. Raises NotTaken for one that is repeated, null or no UTF-8: a signature could mean either."""
    found: dict[str, str] = {}
    for name, value in record.headers:
        if name in found or value is None:
            raise NotTaken(f"the header {name[:100]!r} is repeated or null")
        try:
            found[name] = value.decode()
        except UnicodeDecodeError:
            raise NotTaken(f"the header {name[:100]!r} is not UTF-8") from None
    return found


def incoming(attributes: Mapping[str, object], data: bytes) -> Incoming:
    """Raises NotTaken where an attribute that is needed is missing or odd."""
    if attributes.get("specversion") != "1.0":
        raise NotTaken("specversion is 1.0")
    text = {name: _text(name, attributes.get(name)) for name in MANDATORY}
    correlation = attributes.get("correlationid")
    return Incoming(
        source=text["source"],
        id=text["id"],
        type=text["type"],
        subject=text["subject"],
        time=_instant(text["time"]),
        data=data,
        correlation_id=None if correlation is None else _text("correlationid", correlation),
    )


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MOST_TEXT or not value.isprintable():
        raise NotTaken(f"{name} is missing, or is not 1 to {MOST_TEXT} printable characters")
    return value


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise NotTaken("time is not an RFC 3339 instant with a time zone")
    return at


def _from_headers(headers: Mapping[str, str], value: bytes) -> tuple[Mapping[str, object], bytes]:
    return {name.removeprefix("ce_"): text for name, text in headers.items() if name.startswith("ce_")}, value


def _from_json(headers: Mapping[str, str], value: bytes) -> tuple[Mapping[str, object], bytes]:
    """Source: CloudEvents 1.0.2, JSON event format."""
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise NotTaken("the value is not JSON") from None
    if not isinstance(event, dict) or "data_base64" in event:
        raise NotTaken("the value is one CloudEvent with its `data` as JSON")
    return event, orjson.dumps(event.get("data"))


def _from_avro(headers: Mapping[str, str], value: bytes) -> tuple[Mapping[str, object], bytes]:
    """Source: CloudEvents 1.0.2, Avro event format. `data` is JSON, as bytes or a string."""
    buffer = io.BytesIO(value)
    try:
        event: Any = fastavro.schemaless_reader(buffer, AVRO, None)
    except Exception as why:  # noqa: BLE001 - fastavro raises whatever the bytes provoke
        raise NotTaken(f"the value is not a CloudEvent in Avro: {type(why).__name__}") from None
    data = event["data"]
    if buffer.read(1) or not isinstance(data, bytes | str):
        raise NotTaken("the value is one CloudEvent in Avro with its `data` as bytes or a string")
    return event["attribute"], data if isinstance(data, bytes) else data.encode()


READERS: Mapping[str, Callable[[Mapping[str, str], bytes], tuple[Mapping[str, object], bytes]]] = {
    BINARY: _from_headers,
    STRUCTURED_JSON: _from_json,
    STRUCTURED_AVRO: _from_avro,
}
AVRO = fastavro.parse_schema(json.loads(resources.files(__package__).joinpath("cloudevent.avsc").read_text()))
