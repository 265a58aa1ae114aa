"""Records as they come from a log, and layouts to read them by."""

from tenure_context_sync.change.change import Change
from tenure_context_sync.change.layout import Layout
from tenure_context_sync.change.read import read_change
from tenure_eventlog import Record

TOPIC = "crm.public.customers"
APPENDED_MS = 1_362_096_000_000  # 2013-03-01T00:00:00Z
DEBEZIUM = Layout(format="debezium", key=("id",), heartbeat_topic="crm.public.heartbeat")
UNWRAPPED = Layout(format="debezium_unwrapped", key=("id",))
JSON = Layout(format="json", key=("id",))
TIMED = Layout(format="json", key=("id",), time_field="at", position_field="version")


def record(key: bytes | None, value: bytes | None, *, topic: str = TOPIC, offset: int = 7) -> Record:
    return Record(topic, 0, offset, APPENDED_MS, key, value, ())


def read(layout: Layout, key: bytes | None, value: bytes | None, *, topic: str = TOPIC) -> Change:
    """The change that there must be."""
    change = read_change(layout, record(key, value, topic=topic))
    assert change is not None
    return change
