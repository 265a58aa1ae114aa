"""Which upstream change streams may feed contexts, and do they live?

- A source is registered once; its topics, key, fields and cadence stay.
- A topic has the rows of one source, and none of Tenure's own topics has any. Heartbeats and transactions are the
  connector's, so the sources of one connector share these.
- Its key, and whatever says when, where and about whom a row is, are declared fields, none of them personal: these are
  in the clear everywhere.
- Personal fields belong to somebody: to whom `subject_field` names, else to whom the key's only field does.
- Only a format that tells of commits has heartbeats and transactions.
- An Avro schema never changes under its number.
- A source is silent or recovered only when that changes.
- A change of its rows' schema is told once, with its class and whom it hits; its fields are the new ones from then on.
"""

from typing import assert_never

from tenure_decider import Decider

from tenure_context_sync.events import (
    SourceEvent,
    SourceRecovered,
    SourceRegistered,
    SourceSchemaAdded,
    SourceSchemaChanged,
    SourceSilent,
)
from tenure_context_sync.shape.difference import class_of, difference, schema_digest
from tenure_context_sync.source.commands import (
    AddSourceSchema,
    DeclareRecovered,
    DeclareSilent,
    NoteSchema,
    RegisterSource,
    SourceCommand,
)
from tenure_context_sync.source.rules import (
    CadenceNotPositive,
    FieldNamedTwice,
    FieldsUnknown,
    KeyIsPersonal,
    KeyNotDeclared,
    NoHeartbeatInFormat,
    NotAvro,
    OneCadenceOnly,
    PlaceComesWithTheRecord,
    SchemaIsFixed,
    SchemaUnusable,
    SourceIsFixed,
    SourceUnknown,
    SubjectNotDeclared,
    TooManySchemas,
    TopicIsTenures,
    TopicNamedTwice,
    TopicTaken,
)
from tenure_context_sync.source.state import MOST_CHANGES, Source, evolve, uses_of

OWN_TOPICS = "tenure."
MOST_SCHEMAS = 1_000
ENVELOPES = ("debezium", "debezium_unwrapped")


def decide(source: Source | None, command: SourceCommand) -> SourceEvent | None:
    match command:
        case RegisterSource():
            return register(source, command)
        case AddSourceSchema():
            return add_schema(known(source, command), command)
        case DeclareSilent():
            return silence(known(source, command), command)
        case DeclareRecovered():
            return recover(known(source, command), command)
        case NoteSchema():
            return note(known(source, command), command)
        case _ as never:
            assert_never(never)


def register(source: Source | None, command: RegisterSource) -> SourceRegistered | None:
    demand_fields(command)
    demand_subject(command)
    demand_cadence(command)
    offered = registration(command)
    if source is None:
        demand_topics(offered, command)
        return offered
    if same(source.registered, offered):
        return None
    raise SourceIsFixed(command.source)


def registration(command: RegisterSource) -> SourceRegistered:
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


def same(registered: SourceRegistered, offered: SourceRegistered) -> bool:
    """Whoever says it, and whenever."""
    said_again = ("registered_by", "registered_at")
    names = (name for name in SourceRegistered.__slots__ if name not in said_again)
    return all(getattr(registered, name) == getattr(offered, name) for name in names)


def demand_fields(command: RegisterSource) -> None:
    names = [field.name for field in command.fields]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise FieldNamedTwice(command.source, twice)
    if missing := tuple(name for name in command.key if name not in names) or (() if command.key else ("nothing",)):
        raise KeyNotDeclared(command.source, missing)
    places = (command.time_field, command.position_field)
    if missing := tuple(name for name in (*places, command.subject_field) if name and name not in names):
        raise FieldsUnknown(command.source, missing)
    if command.format in ENVELOPES and any(places):
        raise PlaceComesWithTheRecord(command.format)


def demand_subject(command: RegisterSource) -> None:
    personal = {field.name for field in command.fields if field.personal}
    in_the_clear = {*command.key, command.subject_field, command.time_field, command.position_field}
    if found := tuple(sorted(personal & in_the_clear)):
        raise KeyIsPersonal(command.source, found)
    if personal and command.subject_field is None and len(command.key) != 1:
        raise SubjectNotDeclared(command.source)


def demand_cadence(command: RegisterSource) -> None:
    heartbeat, loaded = command.heartbeat, command.every_seconds
    if command.format == "json" and (heartbeat or command.transaction_topic):
        raise NoHeartbeatInFormat(command.format)
    if heartbeat and loaded is not None:
        raise OneCadenceOnly(command.source)
    every = heartbeat.every_seconds if heartbeat else loaded
    if every is not None and every <= 0:
        raise CadenceNotPositive(every)


def demand_topics(offered: SourceRegistered, command: RegisterSource) -> None:
    uses = list(uses_of(offered))
    topics = [use.topic for use in uses]
    if own := next((topic for topic in topics if topic.startswith(OWN_TOPICS)), None):
        raise TopicIsTenures(own)
    if twice := next((topic for topic in topics if topics.count(topic) > 1), None):
        raise TopicNamedTwice(twice)
    roles = {use.topic: use.role for use in uses}
    for other in sorted(command.others):
        if other.role == "rows" or roles[other.topic] != other.role:
            raise TopicTaken(other.topic, other.role, other.source)


def add_schema(source: Source, command: AddSourceSchema) -> SourceSchemaAdded | None:
    if source.registered.format != "avro":
        raise NotAvro(command.source, source.registered.format)
    found = source.schemas.get(command.schema_id)
    if found == command.schema:
        return None
    if found is not None:
        raise SchemaIsFixed(command.source, command.schema_id)
    if command.refused:
        raise SchemaUnusable(command.schema_id, command.refused)
    if len(source.schemas) >= MOST_SCHEMAS:
        raise TooManySchemas(command.source, MOST_SCHEMAS)
    return SourceSchemaAdded(
        source=command.source,
        schema_id=command.schema_id,
        schema=command.schema,
        added_by=command.principal,
        added_at=command.now,
    )


def silence(source: Source, command: DeclareSilent) -> SourceSilent | None:
    if source.silent_since is not None:
        return None
    return SourceSilent(
        source=command.source,
        last_heartbeat_at=command.last_heartbeat_at,
        limit_seconds=command.limit_seconds,
        silent_at=command.now,
    )


def recover(source: Source, command: DeclareRecovered) -> SourceRecovered | None:
    if source.silent_since is None:
        return None
    return SourceRecovered(source=command.source, heartbeat_at=command.heartbeat_at, recovered_at=command.now)


def note(source: Source, command: NoteSchema) -> SourceSchemaChanged | None:
    changes = difference(source.fields, command.fields, source.key)
    if not changes or len(source.changes) >= MOST_CHANGES:
        return None
    return SourceSchemaChanged(
        source=command.source,
        schema_digest=schema_digest(command.fields),
        previous_digest=schema_digest(source.fields),
        change_class=class_of(changes),
        announced=command.announced,
        changes=changes,
        fields=command.fields,
        contexts=command.hit.contexts,
        slas=command.hit.slas,
        releases=command.hit.releases,
        position=command.position,
        partition=command.partition,
        offset=command.offset,
        noticed_at=command.now,
    )


def known(source: Source | None, command: AddSourceSchema | DeclareSilent | DeclareRecovered | NoteSchema) -> Source:
    if source is None:
        raise SourceUnknown(command.source)
    return source


source_decider: Decider[Source | None, SourceCommand, SourceEvent] = Decider(None, decide, evolve)
