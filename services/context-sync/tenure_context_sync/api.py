"""What can be asked of context-sync over HTTP?"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_eventlog import EventLog, OffsetOutOfRange, TopicMissing
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_journal import Replica
from tenure_service import (
    At,
    Body,
    Mutation,
    Name,
    PageQuery,
    Problem,
    Read,
    ReceiptBody,
    StreamRead,
    mutates,
    not_found,
    reads,
)

from tenure_context_sync import views
from tenure_context_sync.binding.decider import BindContext, Bound
from tenure_context_sync.context.decider import PublishContext
from tenure_context_sync.events import ContextPublished, Field, PartitionRange, Sla
from tenure_context_sync.freshness import freshness
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
from tenure_context_sync.snapshot.decider import PinSnapshot
from tenure_context_sync.snapshot.pinning import pin
from tenure_context_sync.source.decider import RegisterSource
from tenure_context_sync.store import Store

router = APIRouter()
Engineer = Annotated[Mutation, Depends(mutates("engineer"))]
Reader = Annotated[Read, Depends(reads())]
Positive = Annotated[int, Limit(gt=0, lt=2**31)]
Column = Annotated[str, Limit(min_length=1, max_length=200)]
Columns = Annotated[tuple[Column, ...], Limit(min_length=1, max_length=500)]
Topic = Annotated[str, Limit(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]
MOST_KEYS = 5_000


class FieldBody(Body):
    name: Column
    type: Name
    personal: bool = False


class NewSource(Body):
    source: Name
    topic: Topic
    format: Format = "debezium"
    key: Columns
    fields: Annotated[tuple[FieldBody, ...], Limit(min_length=1, max_length=2_000)]


class NewContext(Body):
    context: Name
    revision: Positive
    source: Name
    entity_key: Columns
    fields: Columns


class SlaBody(Body):
    lane: Lane
    max_age_seconds: Annotated[int, Limit(lt=2**31)]
    on_breach: OnBreach


class NewBinding(Body):
    model: Name
    model_version: Name
    context: Name
    revision: Positive
    sla: SlaBody


class NewSnapshot(Body):
    snapshot: Name
    context: Name
    revision: Positive


class Keys(Body):
    keys: Annotated[list[dict[str, str | int | float | bool | None]], Limit(max_length=MOST_KEYS)]
    model: Name | None = None


@router.post("/sources", status_code=201, response_model=ReceiptBody)
async def register_source(body: NewSource, mutation: Engineer) -> Response:
    await mutation.fresh(CONTEXT_EVENTS.name)
    others = feeding(mutation.replica, body.topic) - {body.source}
    command = RegisterSource(
        source=SourceName(body.source),
        topic=body.topic,
        format=body.format,
        key=body.key,
        fields=tuple(Field(name=f.name, type=f.type, personal=f.personal) for f in body.fields),
        topic_of=SourceName(min(others)) if others else None,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"context/source/{body.source}")


@router.post("/contexts", status_code=201, response_model=ReceiptBody)
async def publish_context(body: NewContext, mutation: Engineer) -> Response:
    await mutation.fresh(CONTEXT_EVENTS.name)
    source = mutation.replica.state(f"context/source/{body.source}")
    if source is None:
        raise not_found(f"source {body.source}")
    command = PublishContext(
        context=ContextName(body.context),
        revision=body.revision,
        source=SourceName(body.source),
        declared=tuple(field.name for field in source.fields),
        source_key=source.key,
        entity_key=body.entity_key,
        fields=body.fields,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"context/context/{body.context}")


@router.post("/bindings", status_code=201, response_model=ReceiptBody)
async def bind_context(body: NewBinding, mutation: Engineer) -> Response:
    await mutation.fresh(CONTEXT_EVENTS.name)
    published = mutation.replica.state(f"context/context/{body.context}").get(body.revision)
    command = BindContext(
        model=ModelName(body.model),
        model_version=ModelVersion(body.model_version),
        context=ContextName(body.context),
        revision=body.revision,
        source=published.source if published else None,
        sla=Sla(**dict(body.sla)),
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"context/binding/{body.model}")


@router.post("/snapshots", status_code=201, response_model=ReceiptBody)
async def pin_snapshot(body: NewSnapshot, mutation: Engineer) -> Response:
    """Pins everything that is on the context's source topic now."""
    await mutation.fresh(CONTEXT_EVENTS.name)
    name = f"context/snapshot/{body.snapshot}"
    pinned = mutation.replica.state(name)
    if pinned is None:
        published = published_of(mutation.replica.state(f"context/context/{body.context}"), body.revision)
        source = mutation.replica.state(f"context/source/{published.source}")
        ranges, records, digest = await pinnable(mutation.runtime.event_log, source.topic)
    else:
        ranges, records, digest = pinned.offsets, pinned.records, pinned.digest
    command = PinSnapshot(
        snapshot=SnapshotName(body.snapshot),
        context=ContextName(body.context),
        revision=body.revision,
        offsets=ranges,
        records=records,
        digest=digest,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, name)


async def pinnable(event_log: EventLog, topic: str) -> tuple[tuple[PartitionRange, ...], int, str]:
    """What `pin` finds on the topic, or the problem that it meets."""
    try:
        return await pin(event_log, topic)
    except TopicMissing:
        raise Problem(409, "topic-missing", f"nothing can be pinned of {topic}: there is no such topic yet") from None
    except OffsetOutOfRange:
        raise Problem(503, "records-expired", f"{topic} lost records while they were read; try again") from None


def feeding(replica: Replica, topic: str) -> set[str]:
    """The sources that a topic feeds: one at most, but for two that were registered at the same moment."""
    sources = [stream.state for stream in replica.streams("context/source").values() if not stream.parked]
    return {str(source.source) for source in sources if source and source.topic == topic}


def published_of(revisions: object, revision: int) -> ContextPublished:
    published: ContextPublished | None = revisions.get(revision)  # type: ignore[attr-defined]  # a persistent map
    if published is None:
        raise not_found(f"revision {revision} of that context")
    return published


@router.post("/contexts/{context}/revisions/{revision}/read")
async def read_rows(context: Name, revision: Positive, body: Keys, read: Reader) -> Response:
    """The rows of many keys, each with its age and whether that is fresh enough for the model that asks."""
    published = published_of(read.replica.state(f"context/context/{context}"), revision)
    if any(sorted(key) != sorted(published.entity_key) for key in body.keys):
        raise Problem(422, "key-mismatch", f"a key of {context} has exactly {', '.join(published.entity_key)}")
    limit = limit_of(read.replica, body.model, context) if body.model else None
    store = read.runtime.part(Store)
    # The watermark before the rows: rows may be newer than it says, never older.
    await store.refresh()
    newest, now = store.watermarks.get(published.source), read.runtime.clock.now()
    rows = await store.read(published.source, [dict(key) for key in body.keys])
    return read.answer({"rows": views.rows_view(published, rows, newest, limit, now)})


def limit_of(replica: Replica, model: str, context: str) -> int:
    """How old the context may be for the model, in seconds."""
    bound: Bound | None = replica.state(f"context/binding/{model}").get(context)
    if bound is None:
        raise not_found(f"binding of {model} to {context}")
    return bound.sla.max_age_seconds


@router.get("/freshness")
async def read_freshness(read: Reader, model: Name) -> Response:
    """How old each context of a model is now, beside its limit."""
    store, now = read.runtime.part(Store), read.runtime.clock.now()
    await store.refresh()
    bindings = read.replica.state(f"context/binding/{model}")
    return read.answer([freshness(model, c, b, store.watermarks, now) for c, b in sorted(bindings.items())])


def listing(kind: str) -> Callable[..., Awaitable[Response]]:
    async def list_streams(read: Reader, page: Annotated[PageQuery, Depends()]) -> Response:
        streams = sorted(read.replica.streams(kind).values(), key=lambda stream: stream.name)
        return read.page(
            page, streams, key=lambda s: s.name, view=lambda s: {"name": s.name.split("/", 2)[2], "state": s.state}
        )

    return list_streams


for plural, kind in (("sources", "source"), ("contexts", "context"), ("snapshots", "snapshot")):
    router.get(f"/{plural}", name=f"list_{plural}")(listing(f"context/{kind}"))


@router.get("/bindings/{model}")
async def read_bindings(model: Name, read: Reader) -> Response:
    """Which contexts a model reads, under which SLA."""
    return read.answer(views.bindings_view(read.replica.state(f"context/binding/{model}")))


def as_it_is(at: At) -> object:
    return at.state


def context_revisions(at: At) -> object:
    return [at.state[revision] for revision in sorted(at.state)]


READS = (
    StreamRead(
        path="/sources/{source}",
        stream=lambda params: f"context/source/{params['source']}",
        view=as_it_is,
        answers=dict[str, object],
        summary="One source: its topic, key and fields",
    ),
    StreamRead(
        path="/snapshots/{snapshot}",
        stream=lambda params: f"context/snapshot/{params['snapshot']}",
        view=as_it_is,
        answers=dict[str, object],
        summary="One snapshot: its ranges and digest",
    ),
    StreamRead(
        path="/contexts/{context}",
        stream=lambda params: f"context/context/{params['context']}",
        view=context_revisions,
        answers=list[dict[str, object]],
        summary="All revisions of a context",
    ),
)
