"""The rules of sources that say no: each one's name, its sentence, and the facts that it looked at."""

from dataclasses import dataclass

from tenure_decider import Invalid, Rejected, Unknown

from tenure_context_sync.names import Format, SourceName


@dataclass(eq=False)
class SourceIsFixed(Rejected):
    """Source {source} is registered with another topic, key or fields; give the new one a name of its own."""

    source: SourceName


@dataclass(eq=False)
class SourceUnknown(Unknown):
    """There is no source {source}."""

    source: SourceName


@dataclass(eq=False)
class TopicTaken(Rejected):
    """Topic {topic} has the {role} of source {taken_by} already; only heartbeats and transactions are shared."""

    topic: str
    role: str
    taken_by: SourceName


@dataclass(eq=False)
class TopicNamedTwice(Invalid):
    """Rows, heartbeats and transactions come on topics of their own, but {topic} is named twice."""

    topic: str


@dataclass(eq=False)
class TopicIsTenures(Invalid):
    """Topic {topic} is one of Tenure's own and no change stream."""

    topic: str


@dataclass(eq=False)
class KeyNotDeclared(Invalid):
    """The key of source {source} names {missing}, which is not among its fields."""

    source: SourceName
    missing: tuple[str, ...]


@dataclass(eq=False)
class FieldsUnknown(Invalid):
    """Source {source} takes a time, position or subject from {missing}, which is not among its fields."""

    source: SourceName
    missing: tuple[str, ...]


@dataclass(eq=False)
class KeyIsPersonal(Invalid):
    """{personal} of source {source} can't be personal: keys, subjects, times and positions are in the clear; a subject
    has a random id."""

    source: SourceName
    personal: tuple[str, ...]


@dataclass(eq=False)
class SubjectNotDeclared(Invalid):
    """Source {source} has personal fields, and nothing says whose: name the field with the subject's random id."""

    source: SourceName


@dataclass(eq=False)
class FieldNamedTwice(Invalid):
    """Source {source} declares {field} twice."""

    source: SourceName
    field: str


@dataclass(eq=False)
class PlaceComesWithTheRecord(Invalid):
    """A {format} record says itself when and where it was committed: leave time_field and position_field out."""

    format: Format


@dataclass(eq=False)
class NoHeartbeatInFormat(Invalid):
    """Plain {format} has no heartbeats and transactions; declare every_seconds where it is loaded regularly."""

    format: Format


@dataclass(eq=False)
class OneCadenceOnly(Invalid):
    """Source {source} is either streamed, with a heartbeat, or loaded every so many seconds; not both."""

    source: SourceName


@dataclass(eq=False)
class CadenceNotPositive(Invalid):
    """A source can't show every {every_seconds} s that it lives: take a second or more."""

    every_seconds: int


@dataclass(eq=False)
class NotAvro(Invalid):
    """Records of source {source} are {format}; only avro ones name a schema by number."""

    source: SourceName
    format: Format


@dataclass(eq=False)
class SchemaUnusable(Invalid):
    """No record can be read by schema {schema_id}: {reason}."""

    schema_id: int
    reason: str


@dataclass(eq=False)
class SchemaIsFixed(Rejected):
    """Schema {schema_id} of source {source} is another one; a registry never gives a number twice."""

    source: SourceName
    schema_id: int


@dataclass(eq=False)
class TooManySchemas(Rejected):
    """Source {source} has {limit} schemas, which is the limit; register its successor as a source of its own."""

    source: SourceName
    limit: int
