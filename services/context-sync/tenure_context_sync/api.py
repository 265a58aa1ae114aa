"""What can be asked of context-sync over HTTP?"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field as Limit
from starlette.responses import Response
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
from tenure_context_sync.binding.decider import BindContext
from tenure_context_sync.context.decider import PublishContext
from tenure_context_sync.events import ContextPublished, Field, Sla
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
    command = RegisterSource(
        source=SourceName(body.source),
        topic=body.topic,
        format=body.format,
        key=body.key,
        fields=tuple(Field(name=f.name, type=f.type, personal=f.personal) for f in body.fields),
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"context/source/{body.source}")


@router.post("/contexts", status_code=201, response_model=ReceiptBody)
async def publish_context(body: NewContext, mutation: Engineer) -> Response:
    await mutation.fresh("tenure.context.events")
    source = mutation.replica.state(f"context/source/{body.source}")
    if source is None:
        raise not_found(f"source {body.source}")
    command = PublishContext(
        context=ContextName(body.context),
        revision=body.revision,
        source=SourceName(body.source),
        declared=tuple(field.name for field in source.fields),
        entity_key=body.entity_key,
        fields=body.fields,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"context/context/{body.context}")


@router.post("/bindings", status_code=201, response_model=ReceiptBody)
async def bind_context(body: NewBinding, mutation: Engineer) -> Response:
    await mutation.fresh("tenure.context.events")
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
    await mutation.fresh("tenure.context.events")
    name = f"context/snapshot/{body.snapshot}"
    pinned = mutation.replica.state(name)
    if pinned is None:
        published = published_of(mutation.runtime.replica.state(f"context/context/{body.context}"), body.revision)
        source = mutation.replica.state(f"context/source/{published.source}")
        ranges, records, digest = await pin(mutation.runtime.event_log, source.topic)
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
    store = read.runtime.part(Store)
    rows = await store.read(published.source, [dict(key) for key in body.keys])
    await store.refresh()
    bound = read.replica.state(f"context/binding/{body.model}").get(context) if body.model else None
    limit = bound.sla.max_age_seconds if bound else None
    newest, now = store.watermarks.get(published.source), read.runtime.clock.now()
    return read.answer({"rows": views.rows_view(published, rows, newest, limit, now)})


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


def one_snapshot(at: At) -> object:
    return at.state


def context_revisions(at: At) -> object:
    return [at.state[revision] for revision in sorted(at.state)]


READS = (
    StreamRead(
        path="/snapshots/{snapshot}",
        stream=lambda params: f"context/snapshot/{params['snapshot']}",
        view=one_snapshot,
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
