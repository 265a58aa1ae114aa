"""Which of the formats reads a record?"""

from typing import assert_never

from tenure_eventlog import Record

from tenure_context_sync.change.change import Change
from tenure_context_sync.change.debezium import read_envelope
from tenure_context_sync.change.framed import read_framed
from tenure_context_sync.change.layout import Layout
from tenure_context_sync.change.plain import read_plain
from tenure_context_sync.change.unwrapped import read_unwrapped


def read_change(layout: Layout, record: Record) -> Change | None:
    """None for what says nothing: a tombstone after its delete, the connector's own heartbeat. Raises Unreadable."""
    match layout.format:
        case "debezium":
            change = read_envelope(record.key, record.value)
        case "debezium_unwrapped":
            change = read_unwrapped(record.key, record.value)
        case "json":
            change = read_plain(layout, record)
        case "avro":
            change = read_framed(layout, record)
        case _:
            assert_never(layout.format)
    if record.topic != layout.heartbeat_topic or change is None:
        return change
    # A snapshot's row proves nothing: it may be read before those of the other tables, at the same instant.
    return change._replace(kind="heartbeat" if change.kind == "row" and change.streamed else "nothing")
