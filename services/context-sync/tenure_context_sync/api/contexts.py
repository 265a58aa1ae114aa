"""What can be asked of contexts: to publish, approve or refuse a revision, and to see what there is?"""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_journal import Replica
from tenure_service import At, Body, Mutation, Name, PageQuery, ReceiptBody, StreamRead, mutates

from tenure_context_sync import views
from tenure_context_sync.api.common import Engineer, Positive, Reader
from tenure_context_sync.context.commands import ApproveContext, PublishContext, RefuseContext
from tenure_context_sync.context.document import ContextDocument, schema, sources_of, view_of
from tenure_context_sync.context.rules import Declared, Sources
from tenure_context_sync.names import ContextName, PrincipalId, SourceName

router = APIRouter()
Approver = Annotated[Mutation, Depends(mutates("approver"))]


class NewContext(ContextDocument):
    """Without a `revision`: the next one, or the newest if that says the same."""

    context: Name
    revision: Positive | None = None


class Approval(Body):
    comment: Annotated[str, Limit(max_length=2_000)] = ""


class Refusal(Body):
    reason: Annotated[str, Limit(min_length=1, max_length=2_000)]


@router.post("/contexts", status_code=201, response_model=ReceiptBody)
async def publish_context(body: NewContext, mutation: Engineer) -> Response:
    await mutation.fresh(CONTEXT_EVENTS.name)
    command = PublishContext(
        context=ContextName(body.context),
        revision=body.revision,
        source=SourceName(body.source),
        entity_key=body.entity_key,
        view=view_of(body),
        needs_approval=body.needs_approval,
        sources=declared(mutation.replica, sources_of(body)),
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"context/context/{body.context}")


def declared(replica: Replica, names: Iterable[str]) -> Sources:
    """Those of the sources that are registered."""
    found = {name: replica.state(f"context/source/{name}") for name in names}
    return {
        SourceName(name): Declared(
            source.key,
            tuple(field.name for field in source.fields),
            frozenset(field.name for field in source.fields if field.personal),
        )
        for name, source in found.items()
        if source
    }


@router.post("/contexts/{context}/revisions/{revision}/approve", status_code=201, response_model=ReceiptBody)
async def approve_context(context: Name, revision: Positive, body: Approval, mutation: Approver) -> Response:
    """Lets a revision be read that was published as one that needs it; by somebody who did not publish it."""
    command = ApproveContext(
        context=ContextName(context),
        revision=revision,
        comment=body.comment,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"context/context/{context}")


@router.post("/contexts/{context}/revisions/{revision}/refuse", status_code=201, response_model=ReceiptBody)
async def refuse_context(context: Name, revision: Positive, body: Refusal, mutation: Approver) -> Response:
    """It is never read, and dropped."""
    command = RefuseContext(
        context=ContextName(context),
        revision=revision,
        reason=body.reason,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, f"context/context/{context}")


@router.get("/contexts/schema")
async def context_schema(read: Reader) -> Response:
    """The JSON Schema of a context's document."""
    return read.answer(schema())


@router.get("/contexts")
async def list_contexts(read: Reader, page: Annotated[PageQuery, Depends()]) -> Response:
    """A page of the contexts, each with its revisions by their number."""
    streams = sorted(read.replica.streams("context/context").values(), key=lambda stream: stream.name)
    return read.page(page, streams, key=lambda s: s.name, view=lambda s: views.context_view(s.name, s.state))


def context_revisions(at: At) -> object:
    return views.revisions_view(at.state)


READS = (
    StreamRead(
        path="/contexts/{context}",
        stream=lambda params: f"context/context/{params['context']}",
        view=context_revisions,
        answers=list[views.RevisionView],
        summary="All revisions of a context, and how each stands",
    ),
)
