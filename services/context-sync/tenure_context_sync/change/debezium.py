"""What does a Debezium envelope say?

Source: Debezium 3.6 reference, "Change event values" and "Transaction metadata" of each connector; the captured
records in the tests.
"""

import re
from base64 import b64encode
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from tenure_context_sync.change.change import (
    BAD_JSON,
    YEAR_9999_MS,
    Change,
    Unreadable,
    checked_row,
    finer_us,
    instant,
    limited_key,
    read_object,
    read_raw_fields,
    write_sorted,
)
from tenure_context_sync.change.places import Place, position_of

PLACEHOLDER = "__debezium_unavailable_value"
_BASE64 = b64encode(PLACEHOLDER.encode()).decode()
_UNAVAILABLE = frozenset(text.encode() for text in (f'"{PLACEHOLDER}"', f'["{PLACEHOLDER}"]', f'"{_BASE64}"'))
_POSTGRES_TRANSACTION = re.compile(r"([0-9]+):([0-9]{1,18})", re.ASCII)

Millis = Annotated[int, msgspec.Meta(ge=0, le=YEAR_9999_MS)]
Micros = Annotated[int, msgspec.Meta(ge=0, le=YEAR_9999_MS * 1_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Snapshot = Literal[
    "first", "true", "last", "first_in_data_collection", "last_in_data_collection", "incremental", "false"
]
Operation = Literal["c", "u", "r", "d", "t", "m"]


class Source(Place, gc=False):
    """Where and when the database did it. Its time is the commit's; a snapshot's is that of the snapshot."""

    ts_ms: Millis | None = None
    ts_us: Micros | None = None
    snapshot: Snapshot | bool | None = None


class _Transaction(msgspec.Struct, gc=False):
    id: str
    total_order: Count | None = None


class _Envelope(msgspec.Struct, gc=False):
    """A change has `op` and `source`; a transaction's marker has `status`; a heartbeat has `ts_ms` alone."""

    op: Operation | None = None
    source: Source | None = None
    after: msgspec.Raw = msgspec.Raw(b"null")
    ts_ms: Millis | None = None
    ts_us: Micros | None = None
    transaction: _Transaction | None = None
    status: Literal["BEGIN", "END"] | None = None
    id: str | None = None
    event_count: Count | None = None


class _Record(_Envelope, gc=False):
    """With its schema beside it, the envelope is the payload."""

    payload: _Envelope | None = None


_record = msgspec.json.Decoder(_Record).decode


def read_envelope(key: bytes | None, value: bytes | None) -> Change | None:
    """None for a tombstone, which repeats a delete, and for the connector's own heartbeat, which proves nothing of the
    database. Raises Unreadable."""
    if value is None:
        return None
    envelope = _read(value)
    operation, source = envelope.op, envelope.source
    if operation is None or source is None:
        return _read_marker(envelope)
    streamed, position = place_of(source)
    at = commit_time(source) if source.ts_us is None else instant(source.ts_us)
    seen_us = finer_us(None, envelope.ts_ms) if envelope.ts_us is None else envelope.ts_us
    told = envelope.transaction
    transaction, order = (transaction_name(told.id), told.total_order) if told else (None, None)
    match operation:
        case "t":
            return Change("truncate", "", streamed, position, at, "{}", False, seen_us, transaction, order)
        case "m":
            return Change("nothing", "", streamed, position, at, "{}", False, seen_us, transaction, order)
        case "d":
            name = read_key(key)
            return Change("delete", name, streamed, position, at, "{}", False, seen_us, transaction, order)
        case _:
            name, (fields, partial) = read_key(key), _read_row(bytes(envelope.after))
            return Change("row", name, streamed, position, at, fields, partial, seen_us, transaction, order)


def place_of(source: Source) -> tuple[bool, int]:
    """Whether it was streamed, and where. Raises Unreadable for a streamed change that does not say where."""
    streamed = source.snapshot in ("false", None, False)
    position = source.lsn if source.lsn is not None else position_of(source)
    if position is None and streamed:
        raise Unreadable("no-position")
    return streamed, position or 0


def commit_time(source: Source) -> datetime:
    """Raises Unreadable."""
    micros = source.ts_us if source.ts_us is not None else finer_us(None, source.ts_ms)
    if micros is None:
        raise Unreadable("no-commit-time")
    return instant(micros)


def transaction_name(id_: str) -> str:
    """On Postgres the id differs between BEGIN, each event and END in all but the number before the colon."""
    postgres = _POSTGRES_TRANSACTION.fullmatch(id_)
    return postgres[1] if postgres else id_


def read_key(key: bytes | None) -> str:
    """Raises Unreadable."""
    if key is None:
        raise Unreadable("no-key")
    try:
        found = read_object(key)
    except BAD_JSON:
        raise Unreadable("key-not-an-object") from None
    payload = found.get("payload")
    return limited_key(payload if "schema" in found and isinstance(payload, dict) else found)


def _read(value: bytes) -> _Envelope:
    try:
        record = _record(value)
    except BAD_JSON:
        raise Unreadable("not-an-envelope") from None
    return record if record.payload is None else record.payload


def _read_marker(envelope: _Envelope) -> Change | None:
    """A transaction's BEGIN or END, or the connector's heartbeat."""
    micros = finer_us(envelope.ts_us, envelope.ts_ms)
    if envelope.op is not None or envelope.source is not None or micros is None:
        raise Unreadable("not-an-envelope")
    if envelope.status is None:
        return None
    if envelope.id is None:
        raise Unreadable("no-transaction")
    postgres = _POSTGRES_TRANSACTION.fullmatch(envelope.id)
    return Change(
        "begin" if envelope.status == "BEGIN" else "end",
        "",
        True,
        int(postgres[2]) if postgres else 0,
        instant(micros),
        transaction=transaction_name(envelope.id),
        event_count=envelope.event_count,
    )


def is_unavailable(text: bytes) -> bool:
    """Of a field's JSON text: that it was not sent."""
    return text in _UNAVAILABLE


def _read_row(after: bytes) -> tuple[str, bool]:
    """The row, and whether something of it was not sent."""
    row = checked_row(after)
    if PLACEHOLDER in row or _BASE64 in row:
        sent = {name: text for name, text in read_raw_fields(after).items() if not is_unavailable(bytes(text))}
        return write_sorted(sent).decode(), True
    return row, False
