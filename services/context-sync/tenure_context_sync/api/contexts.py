"""What can be asked of contexts, and of the values that they hold?"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_journal import Replica
from tenure_service import At, Body, Name, Problem, ReceiptBody, StreamRead, not_found

from tenure_context_sync import views
from tenure_context_sync.api.common import ColumnNames, Engineer, Positive, Reader, listing, published_of
from tenure_context_sync.binding.state import Bindings
from tenure_context_sync.context.decider import PublishContext
from tenure_context_sync.names import ContextName, PrincipalId, SourceName
from tenure_context_sync.store.reads import Store

router = APIRouter()
MOST_KEYS = 5_000


class NewContext(Body):
    context: Name
    revision: Positive
    source: Name
    entity_key: ColumnNames
    fields: ColumnNames


class Keys(Body):
    keys: Annotated[list[dict[str, str | int | float | bool | None]], Limit(max_length=MOST_KEYS)]
    model: Name | None = None
    model_version: Name | None = None


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


@router.post("/contexts/{context}/revisions/{revision}/read")
async def read_rows(context: Name, revision: Positive, body: Keys, read: Reader) -> Response:
    """The rows of many keys, each with its age and whether that is fresh enough for the model that asks."""
    published = published_of(read.replica.state(f"context/context/{context}"), revision)
    if any(sorted(key) != sorted(published.entity_key) for key in body.keys):
        raise Problem(422, "key-mismatch", f"a key of {context} has exactly {', '.join(published.entity_key)}")
    limit = limit_of(read.replica, body, context) if body.model else None
    store = read.runtime.part(Store)
    # The watermark before the rows: rows may be newer than it says, never older.
    await store.refresh()
    newest, now = store.watermarks.get(published.source), read.runtime.clock.now()
    rows = await store.read(published.source, [dict(key) for key in body.keys])
    return read.answer({"rows": views.rows_view(published, rows, newest, limit, now)})


def limit_of(replica: Replica, body: Keys, context: str) -> int:
    """How old the context may be for the model, in seconds; the strictest of its versions where none is named."""
    bindings: Bindings = replica.state(f"context/binding/{body.model}")
    wanted = body.model_version
    limits = [b.sla.max_age_seconds for (v, c), b in bindings.items() if c == context and wanted in (None, v)]
    if not limits:
        raise not_found(f"binding of {body.model} to {context}")
    return min(limits)


router.get("/contexts", name="list_contexts")(listing("context/context"))


def context_revisions(at: At) -> object:
    return [at.state[revision] for revision in sorted(at.state)]


READS = (
    StreamRead(
        path="/contexts/{context}",
        stream=lambda params: f"context/context/{params['context']}",
        view=context_revisions,
        answers=list[dict[str, object]],
        summary="All revisions of a context",
    ),
)
