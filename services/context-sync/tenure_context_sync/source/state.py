"""What is known of a source while deciding?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NamedTuple, assert_never

from rpds import HashTrieMap

from tenure_context_sync.events import (
    Field,
    SourceEvent,
    SourceRecovered,
    SourceRegistered,
    SourceSchemaAdded,
    SourceSchemaChanged,
    SourceSilent,
)
from tenure_context_sync.names import SourceName
from tenure_context_sync.origin import Origin

Role = Literal["rows", "heartbeats", "transactions"]


class TopicUse(NamedTuple):
    """What a source reads on a topic."""

    topic: str
    role: Role
    source: SourceName


@dataclass(frozen=True, slots=True)
class Source:
    """As it was registered. `schemas` are Avro's, as JSON text by number; `silent_since` while it shows no life.

    `origin` is its SourceRegistered, on the log.
    """

    registered: SourceRegistered
    schemas: HashTrieMap[int, str] = field(default_factory=HashTrieMap)
    silent_since: datetime | None = None
    origin: Origin | None = None

    @property
    def source(self) -> SourceName:
        return self.registered.source

    @property
    def topic(self) -> str:
        return self.registered.topic

    @property
    def key(self) -> tuple[str, ...]:
        return self.registered.key

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.registered.fields

    @property
    def every_seconds(self) -> int | None:
        """How often it shows that it lives: by a heartbeat, or by a load; None where neither was declared."""
        heartbeat = self.registered.heartbeat
        return heartbeat.every_seconds if heartbeat else self.registered.every_seconds


def evolve(source: Source | None, event: SourceEvent) -> Source:
    if isinstance(event, SourceRegistered):
        return Source(event)
    if source is None:
        raise LookupError(f"{event.source} was not registered yet")
    match event:
        case SourceSchemaAdded():
            return replace(source, schemas=source.schemas.insert(event.schema_id, event.schema))
        case SourceSilent():
            return replace(source, silent_since=event.silent_at)
        case SourceRecovered():
            return replace(source, silent_since=None)
        case SourceSchemaChanged():
            return source
        case _ as never:
            assert_never(never)


def uses_of(registered: SourceRegistered) -> Iterator[TopicUse]:
    """The topics that a source reads."""
    yield TopicUse(registered.topic, "rows", registered.source)
    if registered.heartbeat:
        yield TopicUse(registered.heartbeat.topic, "heartbeats", registered.source)
    if registered.transaction_topic:
        yield TopicUse(registered.transaction_topic, "transactions", registered.source)
