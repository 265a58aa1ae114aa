"""What has happened to sources, contexts, bindings, snapshots and subjects."""

from dataclasses import dataclass
from datetime import datetime

from tenure_context_sync.names import (
    ContextName,
    DropReason,
    FieldChangeKind,
    Format,
    Function,
    Lane,
    ModelName,
    ModelVersion,
    OnBreach,
    PrincipalId,
    Rule,
    SchemaChangeClass,
    SnapshotName,
    SourceName,
    SubjectId,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field that a source has; `personal` marks personal data."""

    name: str
    type: str
    personal: bool
    nullable: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat:
    """A row that the source writes to its own heartbeat table, and which comes back on this topic."""

    topic: str
    every_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRegistered:
    """`subject_field` names whose data a row is; `every_seconds` is how often a batch source is loaded."""

    source: SourceName
    topic: str
    format: Format
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    heartbeat: Heartbeat | None
    transaction_topic: str | None
    time_field: str | None
    position_field: str | None
    subject_field: str | None
    every_seconds: int | None
    registered_by: PrincipalId
    registered_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceSchemaAdded:
    """What a framed Avro record of this source names by number; `schema` is its JSON text."""

    source: SourceName
    schema_id: int
    schema: str
    added_by: PrincipalId
    added_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """`before` and `after` are types, or, of a rename, names; `probable` where it is only guessed."""

    kind: FieldChangeKind
    field: str
    before: str | None
    after: str | None
    probable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextHit:
    """A context revision that reads what changed, and whether it can go on."""

    context: ContextName
    revision: int
    fields: tuple[str, ...]
    readable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SlaHit:
    """A binding whose context is hit."""

    model: ModelName
    model_version: ModelVersion
    context: ContextName
    revision: int
    max_age_seconds: int
    on_breach: OnBreach


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseHit:
    """A release in a deployment's current or previous route that serves by a context that is hit."""

    deployment: str
    release: str
    serving: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceSchemaChanged:
    """The source's rows look otherwise from this record on: how, and whom it hits."""

    source: SourceName
    schema_digest: str
    previous_digest: str
    change_class: SchemaChangeClass
    announced: bool
    changes: tuple[FieldChange, ...]
    fields: tuple[Field, ...]
    contexts: tuple[ContextHit, ...]
    slas: tuple[SlaHit, ...]
    releases: tuple[ReleaseHit, ...]
    position: int
    partition: int
    offset: int
    noticed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceSilent:
    """Nothing proves any more that the source lives: no heartbeat of its own for `limit_seconds`."""

    source: SourceName
    last_heartbeat_at: datetime | None
    limit_seconds: int
    silent_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRecovered:
    source: SourceName
    heartbeat_at: datetime
    recovered_at: datetime


SourceEvent = SourceRegistered | SourceSchemaAdded | SourceSchemaChanged | SourceSilent | SourceRecovered


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A value that a context answers; `default` is JSON text, answered where an SLA says to fall back."""

    name: str
    expression: str
    default: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Join:
    """A row of another source, found by its key; `on` gives that key's parts, in its order, as expressions."""

    name: str
    source: SourceName
    on: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Aggregate:
    """Over the rows of `source` whose `by` fields are the entity's key, and whose time lies in the newest window."""

    name: str
    source: SourceName
    by: tuple[str, ...]
    time_field: str
    window_seconds: int
    function: Function
    field: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """What must hold of a primary row's field; a row that breaks it is parked."""

    field: str
    rule: Rule
    minimum: float | None
    maximum: float | None
    source: SourceName | None


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """How a context's values come from its sources' rows."""

    columns: tuple[Column, ...]
    joins: tuple[Join, ...]
    aggregates: tuple[Aggregate, ...]
    expectations: tuple[Expectation, ...]
    ttl_seconds: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextPublished:
    """One immutable revision of a context. `fields` are what it reads of its primary source."""

    context: ContextName
    revision: int
    source: SourceName
    entity_key: tuple[str, ...]
    fields: tuple[str, ...]
    view: View
    needs_approval: bool
    published_by: PrincipalId
    published_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextApproved:
    context: ContextName
    revision: int
    comment: str
    approved_by: PrincipalId
    approved_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextRefused:
    context: ContextName
    revision: int
    reason: str
    refused_by: PrincipalId
    refused_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PartitionRange:
    """Offsets `start..end` of one partition, the end excluded."""

    topic: str
    partition: int
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextBackfilled:
    """Whatever the revision reads is there, up to these places; from now on it can be read."""

    context: ContextName
    revision: int
    rows: int
    places: tuple[PartitionRange, ...]
    backfilled_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextDropped:
    """Nothing refers to the revision any more; what was kept for it is gone."""

    context: ContextName
    revision: int
    reason: DropReason
    unreferenced_since: datetime | None
    dropped_at: datetime


ContextEvent = ContextPublished | ContextApproved | ContextRefused | ContextBackfilled | ContextDropped


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """The share of minutes in which the SLA must be kept, over a window that slides."""

    share: float
    window_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityClass:
    """Entities whose `field` has this value have a limit of their own."""

    field: str
    value: str
    max_age_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Sla:
    """How old a context may be for a model, how often it may be older, and what a breach does."""

    lane: Lane
    max_age_seconds: int
    on_breach: OnBreach
    objective: Objective | None = None
    classes: tuple[EntityClass, ...] = ()


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
class ContextUnbound:
    model: ModelName
    model_version: ModelVersion
    context: ContextName
    reason: str
    unbound_by: PrincipalId
    unbound_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SlaBreached:
    """`entity_class` is `field=value`, or None where it is all entities; an age of None: nothing ever came."""

    model: ModelName
    model_version: ModelVersion
    context: ContextName
    revision: int
    source: SourceName
    entity_class: str | None
    age_seconds: float | None
    limit_seconds: int
    newest_source_at: datetime | None
    breached_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SlaRestored:
    model: ModelName
    model_version: ModelVersion
    context: ContextName
    revision: int
    source: SourceName
    entity_class: str | None
    age_seconds: float
    limit_seconds: int
    newest_source_at: datetime
    restored_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetExhausted:
    """More minutes were bad in the window than the objective allows."""

    model: ModelName
    model_version: ModelVersion
    context: ContextName
    objective: Objective
    bad_minutes: int
    allowed_minutes: float
    exhausted_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetRecovered:
    """Bad minutes have left the window."""

    model: ModelName
    model_version: ModelVersion
    context: ContextName
    objective: Objective
    bad_minutes: int
    allowed_minutes: float
    recovered_at: datetime


BindingEvent = ContextBound | ContextUnbound | SlaBreached | SlaRestored | BudgetExhausted | BudgetRecovered


@dataclass(frozen=True, kw_only=True, slots=True)
class SourcePosition:
    """How far a source's own log (the LSN or the like) and clock had come."""

    source: SourceName
    position: int
    complete_until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """What was written of a snapshot: rows as of `as_of`, or of each row's own time where a spine was given."""

    artifact: str
    locator: str
    rows: int
    rows_digest: str
    spine_digest: str | None
    personal: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PinnedRows:
    """The rows that the store kept of the sources, as they are kept, up to these places: what is left of changes that
    retention drops."""

    artifact: str
    locator: str
    changes: int
    places: tuple[PartitionRange, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotPinned:
    """`digest` is over the change records in the ranges; `table` and `rows` where a table was written."""

    snapshot: SnapshotName
    context: ContextName
    revision: int
    offsets: tuple[PartitionRange, ...]
    records: int
    digest: str
    positions: tuple[SourcePosition, ...]
    as_of: datetime
    table: Table | None
    rows: PinnedRows | None
    pinned_by: PrincipalId
    pinned_at: datetime


SnapshotEvent = SnapshotPinned


@dataclass(frozen=True, kw_only=True, slots=True)
class ErasureRequested:
    """From here on it is owed: what was begun is finished, whatever crashes."""

    subject: SubjectId
    reason: str
    requested_by: PrincipalId
    requested_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectErased:
    """The subject's keys are destroyed; `snapshots` are those that held data of it."""

    subject: SubjectId
    keys: int
    rows: int
    snapshots: tuple[SnapshotName, ...]
    erased_at: datetime


SubjectEvent = ErasureRequested | SubjectErased

AnyContextEvent = SourceEvent | ContextEvent | BindingEvent | SnapshotEvent | SubjectEvent
