"""What can be asked of a source."""

from dataclasses import dataclass
from datetime import datetime

from tenure_context_sync.events import Field, Heartbeat
from tenure_context_sync.names import Format, PrincipalId, SourceName
from tenure_context_sync.shape.blast import BlastRadius
from tenure_context_sync.source.state import TopicUse


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterSource:
    """`others` are the other sources' uses of the topics that this one names, read before the decision."""

    source: SourceName
    topic: str
    format: Format
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    others: tuple[TopicUse, ...] = ()
    heartbeat: Heartbeat | None = None
    transaction_topic: str | None = None
    time_field: str | None = None
    position_field: str | None = None
    subject_field: str | None = None
    every_seconds: int | None = None
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AddSourceSchema:
    """`refused` is why Avro can't read by it, found before the decision; None where it can."""

    source: SourceName
    schema_id: int
    schema: str
    refused: str | None
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclareSilent:
    """The timer's observation: nothing proved for `limit_seconds` that the source lives."""

    source: SourceName
    last_heartbeat_at: datetime | None
    limit_seconds: int
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclareRecovered:
    source: SourceName
    heartbeat_at: datetime
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteSchema:
    """The timer's observation: rows look otherwise from this place on. `hit` is whom that hits, read before."""

    source: SourceName
    fields: tuple[Field, ...]
    announced: bool
    hit: BlastRadius
    position: int
    partition: int
    offset: int
    now: datetime


SourceCommand = RegisterSource | AddSourceSchema | DeclareSilent | DeclareRecovered | NoteSchema
