"""What does a Debezium record say?

Source: Debezium 3.6 reference, "Change event values" of the Postgres connector; the captured records in the tests.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

UNAVAILABLE = b"__debezium_unavailable_value"
PLACEHOLDER = UNAVAILABLE.decode()
PARTIAL = "__partial"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Source(msgspec.Struct):
    ts_ms: int
    lsn: int | None = None
    snapshot: str | bool | None = None
    ts_us: int | None = None


class _Envelope(msgspec.Struct):
    op: str
    source: _Source
    after: msgspec.Raw = msgspec.Raw(b"null")


class _Wrapped(msgspec.Struct):
    payload: _Envelope


_envelope = msgspec.json.Decoder(_Envelope).decode
_wrapped = msgspec.json.Decoder(_Wrapped).decode
_key = msgspec.json.Decoder(dict[str, object]).decode
_fields = msgspec.json.Decoder(dict[str, object]).decode
_write = msgspec.json.Encoder(order="sorted").encode


class Change(NamedTuple):
    """One row's change. `position` is the LSN, 0 where an incremental snapshot gives none; `fields` is JSON text."""

    kind: Literal["row", "delete", "truncate", "nothing"]
    key: str
    streamed: bool
    position: int
    source_at: datetime
    fields: str


class Unreadable(Exception):
    """The record is no change that can be applied; the message is a short fixed word."""


def read_change(key: bytes | None, value: bytes | None) -> Change | None:
    """None for a tombstone, which repeats the delete before it. Raises Unreadable."""
    if value is None:
        return None
    try:
        envelope = _unwrapped(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("not-an-envelope") from None
    source = envelope.source
    streamed = source.snapshot in (None, False, "false")
    at = _EPOCH + timedelta(microseconds=source.ts_us if source.ts_us is not None else source.ts_ms * 1_000)
    place = (streamed, source.lsn or 0, at)
    if envelope.op == "t":
        return Change("truncate", "", *place, "{}")
    if envelope.op == "m":
        return Change("nothing", "", *place, "{}")
    name = write_key(_read_key(key))
    if envelope.op == "d":
        return Change("delete", name, *place, "{}")
    if envelope.op not in ("c", "u", "r"):
        raise Unreadable("unknown-operation")
    return Change("row", name, *place, _row(bytes(envelope.after)))


def write_key(key: dict[str, object]) -> str:
    """The one way in which a key is written, so that equal keys are equal text."""
    return _write(key).decode()


def _unwrapped(value: bytes) -> _Envelope:
    if value[:64].lstrip().startswith((b'{"schema"', b'{ "schema"')):
        return _wrapped(value).payload
    return _envelope(value)


def _read_key(key: bytes | None) -> dict[str, object]:
    if key is None:
        raise Unreadable("no-key")
    try:
        found = _key(key)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("key-not-an-object") from None
    payload = found.get("payload")
    return payload if "schema" in found and isinstance(payload, dict) else found


def _row(after: bytes) -> str:
    try:
        if UNAVAILABLE in after:
            # An unchanged large value was not sent: the row keeps the one it has.
            kept = {name: value for name, value in _fields(after).items() if value != PLACEHOLDER}
            return _write({**kept, PARTIAL: True}).decode()
        if not after.startswith(b"{"):
            raise Unreadable("row-not-an-object")
        return after.decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("row-not-an-object") from None
