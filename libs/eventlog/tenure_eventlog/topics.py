"""Which topics are there, and what must hold of each? Who may write them is in `rights.py`."""

from dataclasses import dataclass
from typing import Literal

DAY_MS = 86_400_000
FOR_EVER = -1
MIB = 1_048_576


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicSpec:
    """A topic's declared settings."""

    name: str
    partitions: int
    cleanup: Literal["delete", "compact"] = "delete"
    retention_ms: int = FOR_EVER
    retention_bytes: int = FOR_EVER
    max_message_bytes: int = 2 * MIB


def lifecycle(service: str) -> TopicSpec:
    """Never compacted, kept for ever, its partition count fixed for ever."""
    return TopicSpec(name=f"tenure.{service}.events", partitions=LIFECYCLE_PARTITIONS)


LIFECYCLE_PARTITIONS = 4

REGISTRY_EVENTS = lifecycle("registry")
CONTEXT_EVENTS = lifecycle("context")
ROLLOUT_EVENTS = lifecycle("rollout")
MONITOR_EVENTS = lifecycle("monitor")
ROUTES = TopicSpec(name="tenure.routes", partitions=1, cleanup="compact")
PREDICTIONS = TopicSpec(name="tenure.telemetry.predictions", partitions=4, retention_ms=7 * DAY_MS)
OUTCOMES = TopicSpec(name="tenure.telemetry.outcomes", partitions=4, retention_ms=7 * DAY_MS)
WINDOWS = TopicSpec(name="tenure.monitor.windows", partitions=4, retention_ms=90 * DAY_MS)
INBOX = TopicSpec(name="tenure.inbox", partitions=4, retention_ms=7 * DAY_MS, max_message_bytes=MIB)
# Kept longer than what they are of: where the registry goes on in the inbox follows from them.
INBOX_OUTCOMES = TopicSpec(name="tenure.outcomes", partitions=1, retention_ms=30 * DAY_MS)
# For those outside who don't check chains: made out of the lifecycle topics, and kept as long as these.
PUBLIC_EVENTS = TopicSpec(name="tenure.public.events", partitions=LIFECYCLE_PARTITIONS)
PUBLIC_CDEVENTS = TopicSpec(name="tenure.public.cdevents", partitions=LIFECYCLE_PARTITIONS)
ACCESS = TopicSpec(name="tenure.access", partitions=1, retention_ms=365 * DAY_MS)
QUARANTINE = TopicSpec(name="tenure.quarantine", partitions=1, retention_ms=30 * DAY_MS)
PROBE = TopicSpec(name="tenure.probe", partitions=1, retention_ms=DAY_MS)

LIFECYCLE = (REGISTRY_EVENTS, CONTEXT_EVENTS, ROLLOUT_EVENTS, MONITOR_EVENTS)
ALL_TOPICS = (
    *LIFECYCLE,
    ROUTES,
    PREDICTIONS,
    OUTCOMES,
    WINDOWS,
    INBOX,
    INBOX_OUTCOMES,
    PUBLIC_EVENTS,
    PUBLIC_CDEVENTS,
    ACCESS,
    QUARANTINE,
    PROBE,
)
