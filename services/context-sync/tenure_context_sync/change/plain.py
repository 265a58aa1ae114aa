"""What does a plain row under its key say?

Nothing but its own fields tells when and where it was committed: a time is ISO 8601 or milliseconds since 1970, a
position a natural number. Where the source declares none, the log's append time and the offset stand in: they never
confuse the order of one key's rows, but take a row that is told again for a new one.
"""

from datetime import UTC, datetime

import msgspec
from tenure_eventlog import Record

from tenure_context_sync.change.change import (
    BAD_JSON,
    EPOCH,
    YEAR_9999_MS,
    Change,
    Unreadable,
    appended_at,
    checked_row,
    instant,
    limited_key,
    read_object,
    read_raw_fields,
)
from tenure_context_sync.change.layout import Layout
from tenure_context_sync.change.places import MOST

Fields = dict[str, object]
_read_any = msgspec.json.Decoder().decode


def read_plain(layout: Layout, record: Record) -> Change:
    """A record without a value deletes the row of its key. Raises Unreadable."""
    told = None if record.key is None else json_key(layout, record.key)
    if record.value is None:
        return plain_delete(layout, record, told)
    row = _payload(record.value)
    return plain_row(layout, record, told, checked_row(row), read_object(row))


def plain_row(layout: Layout, record: Record, told: Fields | None, text: str, row: Fields) -> Change:
    """`told` is the record's own key, which goes before the row's columns; `text` is the row as JSON."""
    key = told if told is not None and told.keys() == set(layout.key) else _columns(layout, row)
    return Change("row", limited_key(key), True, _position(layout, record, row), _time(layout, record, row), text)


def plain_delete(layout: Layout, record: Record, told: Fields | None) -> Change:
    """Raises Unreadable where rows have places of their own: then nobody knows which ones it comes after."""
    if layout.position_field is not None:
        raise Unreadable("delete-without-position")
    if told is None or told.keys() != set(layout.key):
        raise Unreadable("no-key")
    return Change("delete", limited_key(told), True, record.offset, appended_at(record))


def json_key(layout: Layout, key: bytes) -> Fields:
    """An object as it is; a bare value, or text that is no JSON, is the only key column's. Raises Unreadable."""
    try:
        found = _read_any(key)
    except BAD_JSON:
        found = _text(key)
    if isinstance(found, dict):
        payload = found.get("payload")
        return payload if found.keys() == {"schema", "payload"} and isinstance(payload, dict) else found
    return bare_key(layout, found)


def bare_key(layout: Layout, value: object) -> Fields:
    """Raises Unreadable where the key has more than one column."""
    if len(layout.key) != 1 or not isinstance(value, str | int | float | bool):
        raise Unreadable("key-not-an-object")
    return {layout.key[0]: value}


def _text(key: bytes) -> str:
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise Unreadable("key-not-an-object") from None


def _payload(value: bytes) -> bytes:
    """The row, out of the schema that Kafka Connect's converter may put around it."""
    if not value.startswith(b'{"schema":'):
        return value
    try:
        fields = read_raw_fields(value)
    except BAD_JSON:
        raise Unreadable("row-not-an-object") from None
    return bytes(fields["payload"]) if fields.keys() == {"schema", "payload"} else value


def _columns(layout: Layout, row: Fields) -> Fields:
    if any(row.get(name) is None for name in layout.key):
        raise Unreadable("no-key")
    return {name: row[name] for name in layout.key}


def _position(layout: Layout, record: Record, row: Fields) -> int:
    if layout.position_field is None:
        return record.offset
    told = row.get(layout.position_field)
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) <= 19:
        told = int(told)
    if type(told) is not int or told < 0:
        raise Unreadable("no-position")
    if told > MOST:
        raise Unreadable("position-out-of-range")
    return told


def _time(layout: Layout, record: Record, row: Fields) -> datetime:
    if layout.time_field is None:
        return appended_at(record)
    at = _instant(row.get(layout.time_field))
    if at is None or at < EPOCH:
        raise Unreadable("no-commit-time")
    return at


def _instant(told: object) -> datetime | None:
    """A text without a time zone is UTC."""
    if type(told) is int and 0 <= told <= YEAR_9999_MS:
        return instant(told * 1_000)
    try:
        at = datetime.fromisoformat(told) if isinstance(told, str) else None
        return at and (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
