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
MOST_CHANGES = 1_000


class TopicUse(NamedTuple):
    """What a source reads on a topic."""

    topic: str
    role: Role
    source: SourceName


@dataclass(frozen=True, slots=True)
class Source:
    """As it was registered. `schemas` are Avro's, as JSON text by number; `silent_since` while it shows no life.

    `changes` are those of its rows' schema, oldest first, `origin` is its SourceRegistered, on the log.
    """

    registered: SourceRegistered
    changes: tuple[SourceSchemaChanged, ...] = ()
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
        """As its rows have them now."""
        return self.changes[-1].fields if self.changes else self.registered.fields

    def fields_at(self, instant: datetime) -> tuple[Field, ...]:
        """Those that a view may name which was published then: as they were, and those that came or went since."""
        found = {one.name: one for change in reversed(self.changes) for one in change.fields}
        found |= {one.name: one for one in self.registered.fields}
        for change in self.changes:
            if change.noticed_at <= instant:
                found |= {one.name: one for one in change.fields}
        return tuple(found.values())

    @property
    def has_whole_rows(self) -> bool:
        """Whether each row has all columns: a database's has, a document may leave some out."""
        return self.registered.format in ("debezium", "debezium_unwrapped")

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
            return replace(source, changes=(*source.changes, event))
        case _ as never:
            assert_never(never)


def uses_of(registered: SourceRegistered) -> Iterator[TopicUse]:
    """The topics that a source reads."""
    yield TopicUse(registered.topic, "rows", registered.source)
    if registered.heartbeat:
        yield TopicUse(registered.heartbeat.topic, "heartbeats", registered.source)
    if registered.transaction_topic:
        yield TopicUse(registered.transaction_topic, "transactions", registered.source)
