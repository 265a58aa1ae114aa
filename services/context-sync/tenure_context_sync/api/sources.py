"""What can be asked of sources?"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_codec.errors import SchemaRefused
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_journal import Replica
from tenure_service import At, Body, Name, PageQuery, Problem, ReceiptBody, StreamRead

from tenure_context_sync.api.common import ColumnName, ColumnNames, Engineer, Reader, Topic
from tenure_context_sync.change.framed import MAX_SCHEMA_CHARACTERS, read_schema
from tenure_context_sync.events import Field, Heartbeat
from tenure_context_sync.names import PrincipalId, SourceName
from tenure_context_sync.source.commands import AddSourceSchema, RegisterSource
from tenure_context_sync.source.feeds import KIND, sources_in
from tenure_context_sync.source.state import Source, TopicUse, uses_of
from tenure_context_sync.source.views import SourceView, source_view

router = APIRouter()
Seconds = Annotated[int, Limit(gt=0, le=31 * 24 * 3_600)]


class FieldBody(Body):
    name: ColumnName
    type: Name
    personal: bool = False
    nullable: bool = True


class HeartbeatBody(Body):
    topic: Topic
    every_seconds: Annotated[int, Limit(gt=0, le=86_400)]


class NewSource(Body):
    """`time_field` and `position_field` say of plain JSON when, and where in the source's own order, a row changed.

    Without them that is when the log took the record, and its offset.
    """

    source: Name
    topic: Topic
    format: Literal["debezium", "debezium_unwrapped", "json", "avro"] = "debezium"
    key: ColumnNames
    fields: Annotated[tuple[FieldBody, ...], Limit(min_length=1, max_length=2_000)]
    heartbeat: HeartbeatBody | None = None
    transaction_topic: Topic | None = None
    time_field: ColumnName | None = None
    position_field: ColumnName | None = None
    subject_field: ColumnName | None = None
    every_seconds: Seconds | None = None


class NewSchema(Body):
    """An Avro schema as JSON text, under the number that records name it by."""

    schema_id: Annotated[int, Limit(ge=0, lt=2**31)]
    schema_text: Annotated[str, Limit(max_length=MAX_SCHEMA_CHARACTERS)]


@router.post("/sources", status_code=201, response_model=ReceiptBody)
async def register_source(body: NewSource, mutation: Engineer) -> Response:
    if any(field.personal for field in body.fields) and mutation.runtime.settings.subject_keys is None:
        raise Problem(409, "keyring-missing", "personal fields need a key ring: set TENURE_SUBJECT_KEYS to a Postgres")
    await mutation.fresh(CONTEXT_EVENTS.name)
    named = {body.topic, body.heartbeat and body.heartbeat.topic, body.transaction_topic}
    command = RegisterSource(
        source=SourceName(body.source),
        topic=body.topic,
        format=body.format,
        key=body.key,
        fields=tuple(Field(**dict(field)) for field in body.fields),
        others=tuple(u for u in uses(mutation.replica) if u.topic in named and u.source != body.source),
        heartbeat=Heartbeat(**dict(body.heartbeat)) if body.heartbeat else None,
        transaction_topic=body.transaction_topic,
        time_field=body.time_field,
        position_field=body.position_field,
        subject_field=body.subject_field,
        every_seconds=body.every_seconds,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"{KIND}/{body.source}")


def uses(replica: Replica) -> list[TopicUse]:
    """Who reads what on which topic."""
    return [use for source in sources_in(replica) for use in uses_of(source.registered)]


@router.post("/sources/{source}/schemas", status_code=201, response_model=ReceiptBody)
async def add_schema(source: Name, body: NewSchema, mutation: Engineer) -> Response:
    """An Avro schema never changes under its number; records that came before it wait in quarantine."""
    command = AddSourceSchema(
        source=SourceName(source),
        schema_id=body.schema_id,
        schema=body.schema_text,
        refused=why_refused(body.schema_text),
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"{KIND}/{source}")


def why_refused(schema: str) -> str | None:
    try:
        read_schema(schema)
    except SchemaRefused as refused:
        return str(refused)
    return None


@router.get("/sources")
async def list_sources(read: Reader, page: Annotated[PageQuery, Depends()]) -> Response:
    """A page of the sources, each as it is declared."""
    return read.page(page, sources_in(read.replica), key=lambda s: s.source, view=listed)


def listed(source: Source) -> dict[str, object]:
    return {"name": source.source, "state": source_view(source)}


def one_source(at: At) -> SourceView | None:
    return source_view(at.state) if at.state else None


READS = (
    StreamRead(
        path="/sources/{source}",
        stream=lambda params: f"{KIND}/{params['source']}",
        view=one_source,
        answers=SourceView,
        summary="One source: its topics, key, fields and cadence",
    ),
)
