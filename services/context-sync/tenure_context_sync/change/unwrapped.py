"""What does a row say that Debezium's ExtractNewRecordState has taken out of its envelope?

Of the envelope only that is left which the transform was told to add: `add.fields=op,source.ts_ms,lsn` (or what else
is the place), with the prefix `__`. It must rewrite deletes, since a bare tombstone has neither time nor place.
Source: Debezium 3.6 reference, "New Record State Extraction".
"""

from typing import Literal

import msgspec

from tenure_context_sync.change.change import (
    BAD_JSON,
    Change,
    Unreadable,
    checked_row,
    finer_us,
    read_raw_fields,
    write_sorted,
)
from tenure_context_sync.change.debezium import (
    Count,
    Micros,
    Millis,
    Operation,
    Source,
    commit_time,
    place_of,
    read_key,
    transaction_name,
)

PREFIX, SOURCE_PREFIX = "__", "source_"


class _Added(Source):
    """`source_ts_ms` is the commit's, a bare `ts_ms` the connector's; all else is the source's with or without its
    name before it, but for the operation and the transaction."""

    source_ts_ms: Millis | None = None
    source_ts_us: Micros | None = None
    op: Operation | None = None
    deleted: Literal["true", "false"] | bool = False
    id: str | None = None
    total_order: Count | None = None


def read_unwrapped(key: bytes | None, value: bytes | None) -> Change:
    """Raises Unreadable."""
    if value is None:
        raise Unreadable("delete-without-position")
    fields = _read_fields(value)
    added = _read_added(fields)
    seen_us = finer_us(added.ts_us, added.ts_ms)
    added.ts_us, added.ts_ms = added.source_ts_us, added.source_ts_ms
    streamed, position = place_of(added)
    change = Change("nothing", "", streamed and added.op != "r", position, commit_time(added))
    change = change._replace(
        connector_us=seen_us, transaction=added.id and transaction_name(added.id), order=added.total_order
    )
    if added.op in ("t", "m"):
        return change._replace(kind="truncate") if added.op == "t" else change
    if added.op == "d" or added.deleted in (True, "true"):
        return change._replace(kind="delete", key=read_key(key))
    row = {name: text for name, text in fields.items() if not name.startswith(PREFIX)}
    return change._replace(kind="row", key=read_key(key), fields=checked_row(write_sorted(row)))


def _read_fields(value: bytes) -> dict[str, msgspec.Raw]:
    try:
        fields = read_raw_fields(value)
        return read_raw_fields(fields["payload"]) if fields.keys() == {"schema", "payload"} else fields
    except BAD_JSON:
        raise Unreadable("row-not-an-object") from None


def _read_added(fields: dict[str, msgspec.Raw]) -> _Added:
    told = {name.removeprefix(PREFIX): text for name, text in fields.items() if name.startswith(PREFIX)}
    short = {name.removeprefix(SOURCE_PREFIX): text for name, text in told.items() if "_ts_" not in name}
    try:
        return _added(write_sorted({**told, **short}))
    except BAD_JSON:
        raise Unreadable("metadata-not-as-added") from None


_added = msgspec.json.Decoder(_Added, strict=False).decode
