"""What can happen to a row, in one form for every format that tells of it?"""

import re
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import msgspec
from tenure_eventlog import Record

KEY_LIMIT_BYTES = 2_000  # with the source's name, what fits a page of Postgres's index
YEAR_9999_MS = 253_402_300_799_000
BAD_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Kind = Literal["row", "delete", "truncate", "heartbeat", "begin", "end", "nothing"]

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
read_object = msgspec.json.Decoder(dict[str, object]).decode
read_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
write_sorted = msgspec.json.Encoder(order="sorted").encode


class Change(NamedTuple):
    """What happened to one row, or (truncate) to all; or how the source, or one of its transactions, is getting on.

    `position` is the place in the source's own log, 0 where an incremental snapshot gives none. `fields` is the row as
    JSON text; a `partial` one leaves out what the connector did not send. `order` counts from 1 within the
    transaction, whose END says in `event_count` how many there were.
    """

    kind: Kind
    key: str
    streamed: bool
    position: int
    source_at: datetime
    fields: str = "{}"
    partial: bool = False
    connector_us: int | None = None
    transaction: str | None = None
    order: int | None = None
    event_count: int | None = None

    @property
    def connector_at(self) -> datetime | None:
        """When the connector saw it, by its own clock; made only where somebody asks, since most never do."""
        return None if self.connector_us is None else instant(self.connector_us)

    @property
    def rank(self) -> tuple[bool, int]:
        """The higher one wins; among equals the later read one."""
        return self.streamed, self.position


class Unreadable(Exception):
    """The record is no change that can be applied; the message is a short fixed word."""


def finer_us(micros: int | None, millis: int | None) -> int | None:
    """Microseconds since 1970, of whichever is told."""
    if micros is not None:
        return micros
    return None if millis is None else millis * 1_000


def instant(micros: int) -> datetime:
    """Of microseconds since 1970."""
    return EPOCH + timedelta(0, 0, micros)


def appended_at(record: Record) -> datetime:
    """By the log's clock."""
    return instant(record.append_time_ms * 1_000)


def write_key(key: dict[str, object]) -> str:
    """The one way in which a key is written, so that equal keys are equal text."""
    return write_sorted(key).decode()


def limited_key(key: dict[str, object]) -> str:
    """Raises Unreadable where no index takes it."""
    name = write_sorted(key)
    if len(name) > KEY_LIMIT_BYTES:
        raise Unreadable("key-too-long")
    return name.decode()


def checked_row(row: bytes) -> str:
    """The row's text, to the letter. Raises Unreadable for one that Postgres refuses: it would hold up all others."""
    try:
        read_object(row)
    except BAD_JSON:
        raise Unreadable("row-not-an-object") from None
    text = row.decode()  # which is searched in less than half the time that bytes take
    if "\\u0000" in text and _NUL.search(text):
        raise Unreadable("row-holds-a-null-character")
    return text


def merged(known: Change, change: Change) -> Change:
    """The later change of a row, with what it left out taken from the one before it."""
    if not change.partial or known.kind != "row":
        return change
    both = read_raw_fields(known.fields) | read_raw_fields(change.fields)
    return change._replace(fields=write_sorted(both).decode(), partial=known.partial)
