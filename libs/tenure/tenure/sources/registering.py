"""How does context-sync learn of the tables that an engine captures?"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tenure_eventlog import EventLog
from tenure_eventlog.topics import DAY_MS, TopicSpec

from tenure.client import AsyncClient
from tenure.sources.capture import Capture, CaptureRefused
from tenure.sources.database import Table

RETENTION_DAYS = 7


def topics_of(capture: Capture, partitions: int) -> list[TopicSpec]:
    """The change topics; those of heartbeats and transactions need no more than one partition."""
    sizes = dict.fromkeys(map(capture.topic, capture.tables), partitions)
    return [
        TopicSpec(name=topic, partitions=sizes.get(topic, 1), retention_ms=RETENTION_DAYS * DAY_MS)
        for topic in capture.topics
    ]


async def demand_empty(event_log: EventLog, capture: Capture) -> None:
    """Raises CaptureRefused where an earlier capture's changes are there: a new snapshot would not beat them."""
    ends = await event_log.end_offsets(capture.topics)
    if full := sorted({partition.topic for partition, end in ends.items() if end}):
        raise CaptureRefused(f"{full[0]} holds changes of an earlier capture: choose another --name")


async def register(client: AsyncClient, capture: Capture, tables: Sequence[Table]) -> None:
    """Each table is a source of its topic's name. It may be done again. Raises ProblemError."""
    for body in sources_of(capture, tables):
        await client.post("/context/v1/sources", body)


def sources_of(capture: Capture, tables: Sequence[Table]) -> Iterator[dict[str, Any]]:
    for table in tables:
        if table.name != capture.heartbeat_table:
            topic = capture.topic(table.name)
            yield {
                "source": topic,
                "topic": topic,
                "format": "debezium",
                "key": table.key,
                "fields": [
                    {
                        "name": name,
                        "type": type_name(kind),
                        "nullable": nullable,
                        "personal": name in capture.marked(table.name),
                    }
                    for name, kind, nullable in table.columns
                ],
                "heartbeat": {
                    "topic": capture.topic(capture.heartbeat_table),
                    "every_seconds": capture.heartbeat_seconds,
                },
                "transaction_topic": capture.transaction_topic,
                "subject_field": capture.subject(table.name),
            }


def type_name(kind: str) -> str:
    """As names are written here: Postgres's `_text` is `text.array`."""
    plain = re.sub(r"[^a-z0-9._-]", "-", kind.removeprefix("_").lower()).lstrip("._-") or "unknown"
    return f"{plain}.array" if kind.startswith("_") else plain
