"""What does a Debezium record say?

Source: Debezium 3.6 reference, "Change event values" of the Postgres connector; the captured records in the tests.
"""

import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, NamedTuple

import msgspec

PLACEHOLDER = b"__debezium_unavailable_value"
KEY_LIMIT_BYTES = 2_000  # with the source's name, what fits a page of Postgres's index
_BASE64 = b64encode(PLACEHOLDER)
_UNAVAILABLE = frozenset((b'"%b"' % PLACEHOLDER, b'["%b"]' % PLACEHOLDER, b'"%b"' % _BASE64))
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_9999_MS = 253_402_300_799_000

_Place = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Millis = Annotated[int, msgspec.Meta(ge=0, le=_YEAR_9999_MS)]
_Micros = Annotated[int, msgspec.Meta(ge=0, le=_YEAR_9999_MS * 1_000)]
_Snapshot = Literal[
    "first", "true", "last", "first_in_data_collection", "last_in_data_collection", "incremental", "false"
]
Operation = Literal["c", "u", "r", "d", "t", "m"]


class _Source(msgspec.Struct):
    ts_ms: _Millis
    lsn: _Place | None = None
    snapshot: _Snapshot | bool | None = None
    ts_us: _Micros | None = None


class _Envelope(msgspec.Struct):
    """A change has `op` and `source`; a transaction's marker has `status`; a heartbeat has `ts_ms` alone."""

    op: Operation | None = None
    source: _Source | None = None
    after: msgspec.Raw = msgspec.Raw(b"null")
    status: Literal["BEGIN", "END"] | None = None
    ts_ms: int | None = None


class _Record(_Envelope):
    """With its schema beside it, the envelope is the payload."""

    payload: _Envelope | None = None


_record = msgspec.json.Decoder(_Record).decode
_object = msgspec.json.Decoder(dict[str, object]).decode
_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_write = msgspec.json.Encoder(order="sorted").encode
_BAD_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Change(NamedTuple):
    """What happened to one row, or (truncate) to all.

    `position` is the LSN, 0 where an incremental snapshot gives none. `fields` is the row as JSON text; a `partial`
    one leaves out what the connector did not send.
    """

    kind: Literal["row", "delete", "truncate", "nothing"]
    key: str
    streamed: bool
    position: int
    source_at: datetime
    fields: str = "{}"
    partial: bool = False

    @property
    def rank(self) -> tuple[bool, int]:
        """The higher one wins; among equals the later read one."""
        return self.streamed, self.position


class Unreadable(Exception):
    """The record is no change that can be applied; the message is a short fixed word."""


def read_change(key: bytes | None, value: bytes | None) -> Change | None:
    """None for what says nothing of rows: a tombstone, a heartbeat, a transaction's marker. Raises Unreadable."""
    if value is None:
        return None
    envelope = _read_envelope(value)
    operation, source = envelope.op, envelope.source
    if operation is None or source is None:
        if operation is None and source is None and (envelope.status or envelope.ts_ms is not None):
            return None
        raise Unreadable("not-an-envelope")
    micros = source.ts_us if source.ts_us is not None else source.ts_ms * 1_000
    streamed, position = source.snapshot in ("false", None, False), source.lsn or 0
    at = _EPOCH + timedelta(microseconds=micros)
    match operation:
        case "t":
            return Change("truncate", "", streamed, position, at)
        case "m":
            return Change("nothing", "", streamed, position, at)
        case "d":
            return Change("delete", _read_key(key), streamed, position, at)
        case _:
            return Change("row", _read_key(key), streamed, position, at, *_read_row(bytes(envelope.after)))


def write_key(key: dict[str, object]) -> str:
    """The one way in which a key is written, so that equal keys are equal text."""
    return _write(key).decode()


def merged(known: Change, change: Change) -> Change:
    """The later change of a row, with what it left out taken from the one before it."""
    if not change.partial or known.kind != "row":
        return change
    both = _raw_fields(known.fields) | _raw_fields(change.fields)
    return change._replace(fields=_write(both).decode(), partial=known.partial)


def _read_envelope(value: bytes) -> _Envelope:
    try:
        record = _record(value)
    except _BAD_JSON:
        raise Unreadable("not-an-envelope") from None
    return record if record.payload is None else record.payload


def _read_key(key: bytes | None) -> str:
    if key is None:
        raise Unreadable("no-key")
    try:
        found = _object(key)
    except _BAD_JSON:
        raise Unreadable("key-not-an-object") from None
    payload = found.get("payload")
    name = write_key(payload if "schema" in found and isinstance(payload, dict) else found)
    if len(name.encode()) > KEY_LIMIT_BYTES:
        raise Unreadable("key-too-long")
    return name


def _read_row(after: bytes) -> tuple[str, bool]:
    try:
        # The whole row is looked at here, since one that Postgres refuses would hold up all the others.
        _object(after)
    except _BAD_JSON:
        raise Unreadable("row-not-an-object") from None
    if b"\\u0000" in after and _NUL.search(after):
        raise Unreadable("row-holds-a-null-character")
    if PLACEHOLDER in after or _BASE64 in after:
        sent = {name: text for name, text in _raw_fields(after).items() if bytes(text) not in _UNAVAILABLE}
        return _write(sent).decode(), True
    return after.decode(), False
