"""Which upstream change streams may feed contexts?

- A source is registered once; its topic, key and fields stay.
- A topic feeds one source, and none of Tenure's own topics feeds any.
- Its key is made of declared fields.
"""

from dataclasses import dataclass
from datetime import datetime

from tenure_decider import Decider, Invalid, Rejected

from tenure_context_sync.events import Field, Heartbeat, SourceEvent, SourceRegistered
from tenure_context_sync.names import Format, PrincipalId, SourceName


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterSource:
    """`topic_of` is the other source that has this topic, if any, read from the sources before the decision."""

    source: SourceName
    topic: str
    format: Format
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    topic_of: SourceName | None
    heartbeat: Heartbeat | None = None
    transaction_topic: str | None = None
    time_field: str | None = None
    position_field: str | None = None
    subject_field: str | None = None
    every_seconds: int | None = None
    principal: PrincipalId
    now: datetime


SourceCommand = RegisterSource
Source = SourceRegistered | None


@dataclass(eq=False)
class SourceIsFixed(Rejected):
    """Source {source} is registered with another topic, key or fields; give the new one a name of its own."""

    source: SourceName


@dataclass(eq=False)
class TopicTaken(Rejected):
    """Topic {topic} feeds source {taken_by} already; let the contexts read that."""

    topic: str
    taken_by: SourceName


@dataclass(eq=False)
class TopicIsTenures(Invalid):
    """Topic {topic} is one of Tenure's own and no change stream."""

    topic: str


@dataclass(eq=False)
class KeyNotDeclared(Invalid):
    """The key of source {source} names {missing}, which is not among its fields."""

    source: SourceName
    missing: tuple[str, ...]


OWN_TOPICS = "tenure."


def decide(source: Source, command: SourceCommand) -> SourceEvent | None:
    declared = {field.name for field in command.fields}
    if missing := tuple(name for name in command.key if name not in declared) or (() if command.key else ("nothing",)):
        raise KeyNotDeclared(command.source, missing)
    if source and said(source) != said(command):
        raise SourceIsFixed(command.source)
    if source:
        return None
    if command.topic.startswith(OWN_TOPICS):
        raise TopicIsTenures(command.topic)
    if command.topic_of:
        raise TopicTaken(command.topic, command.topic_of)
    return SourceRegistered(
        source=command.source,
        topic=command.topic,
        format=command.format,
        key=command.key,
        fields=command.fields,
        heartbeat=command.heartbeat,
        transaction_topic=command.transaction_topic,
        time_field=command.time_field,
        position_field=command.position_field,
        subject_field=command.subject_field,
        every_seconds=command.every_seconds,
        registered_by=command.principal,
        registered_at=command.now,
    )


def said(source: SourceRegistered | RegisterSource) -> tuple[object, ...]:
    what = (source.topic, source.format, source.key, source.fields, source.heartbeat, source.transaction_topic)
    return (*what, source.time_field, source.position_field)


def evolve(source: Source, event: SourceEvent) -> Source:
    return event if isinstance(event, SourceRegistered) else source


source_decider: Decider[Source, SourceCommand, SourceEvent] = Decider(None, decide, evolve)
