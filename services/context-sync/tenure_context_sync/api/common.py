"""What the modules of the API share."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from pydantic import Field as Limit
from starlette.responses import Response
from tenure_service import At, Mutation, PageQuery, Read, mutates, not_found, reads

from tenure_context_sync.context.state import Revision
from tenure_context_sync.events import ContextPublished

Engineer = Annotated[Mutation, Depends(mutates("engineer"))]
Reader = Annotated[Read, Depends(reads())]
Positive = Annotated[int, Limit(gt=0, lt=2**31)]
ColumnName = Annotated[str, Limit(min_length=1, max_length=200)]
ColumnNames = Annotated[tuple[ColumnName, ...], Limit(min_length=1, max_length=500)]
Topic = Annotated[str, Limit(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]


def listing(kind: str) -> Callable[..., Awaitable[Response]]:
    """A page of the kind's streams, each with its state."""

    async def list_streams(read: Reader, page: Annotated[PageQuery, Depends()]) -> Response:
        streams = sorted(read.replica.streams(kind).values(), key=lambda stream: stream.name)
        return read.page(
            page, streams, key=lambda s: s.name, view=lambda s: {"name": s.name.split("/", 2)[2], "state": s.state}
        )

    return list_streams


def as_it_is(at: At) -> object:
    return at.state


def published_of(revisions: object, revision: int) -> ContextPublished:
    return revision_of(revisions, revision).published


def revision_of(revisions: object, revision: int) -> Revision:
    known: Revision | None = revisions.get(revision)  # type: ignore[attr-defined]  # a persistent map
    if known is None:
        raise not_found(f"revision {revision} of that context")
    return known
