"""What has happened to sources, contexts, bindings and snapshots."""

from dataclasses import dataclass
from datetime import datetime

from tenure_context_sync.names import (
    ContextName,
    Format,
    Lane,
    ModelName,
    ModelVersion,
    OnBreach,
    PrincipalId,
    SnapshotName,
    SourceName,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field that a source declares; `personal` marks personal data."""

    name: str
    type: str
    personal: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRegistered:
    source: SourceName
    topic: str
    format: Format
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    registered_by: PrincipalId
    registered_at: datetime


SourceEvent = SourceRegistered


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextPublished:
    """One immutable revision of a context: which fields of which source, by which key."""

    context: ContextName
    revision: int
    source: SourceName
    entity_key: tuple[str, ...]
    fields: tuple[str, ...]
    published_by: PrincipalId
    published_at: datetime


ContextEvent = ContextPublished


@dataclass(frozen=True, kw_only=True, slots=True)
class Sla:
    """How old a context may be for a model, and what a breach does."""

    lane: Lane
    max_age_seconds: int
    on_breach: OnBreach


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextBound:
    model: ModelName
    model_version: ModelVersion
    context: ContextName
    revision: int
    source: SourceName
    sla: Sla
    bound_by: PrincipalId
    bound_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SlaBreached:
    model: ModelName
    context: ContextName
    age_seconds: float | None
    limit_seconds: int
    newest_source_at: datetime | None
    breached_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SlaRestored:
    model: ModelName
    context: ContextName
    age_seconds: float
    limit_seconds: int
    newest_source_at: datetime
    restored_at: datetime


BindingEvent = ContextBound | SlaBreached | SlaRestored


@dataclass(frozen=True, kw_only=True, slots=True)
class PartitionRange:
    """Offsets `start..end` of one partition, the end excluded."""

    topic: str
    partition: int
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotPinned:
    snapshot: SnapshotName
    context: ContextName
    revision: int
    offsets: tuple[PartitionRange, ...]
    records: int
    digest: str
    pinned_by: PrincipalId
    pinned_at: datetime


SnapshotEvent = SnapshotPinned

AnyContextEvent = SourceEvent | ContextEvent | BindingEvent | SnapshotEvent
