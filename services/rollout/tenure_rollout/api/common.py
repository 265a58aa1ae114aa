"""What the modules of the API share."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from pydantic import Field
from starlette.responses import Response
from tenure_journal import Replica
from tenure_service import At, Body, Mutation, PageQuery, Read, Text, mutates, reads

from tenure_rollout.events import BasedOn
from tenure_rollout.names import PrincipalId
from tenure_rollout.world import KIND

Operator = Annotated[Mutation, Depends(mutates("operator", "engineer"))]
Approver = Annotated[Mutation, Depends(mutates("operator", "engineer", "approver"))]
Reader = Annotated[Read, Depends(reads())]
DeploymentName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,127}@[a-z0-9][a-z0-9-]{0,62}$")]
Percent = Annotated[float, Field(ge=0, le=100)]
Seconds = Annotated[int, Field(ge=0, lt=2**31)]


class Reason(Body):
    reason: Text


def stream_of(deployment: str) -> str:
    return f"{KIND}/{deployment}"


def by(mutation: Mutation) -> PrincipalId:
    return PrincipalId(mutation.principal.id)


def based_on(replica: Replica, *names: str) -> tuple[BasedOn, ...]:
    """The heads of the foreign streams, as they are now."""
    streams = [stream for name in names if (stream := replica.stream(name))]
    return tuple(BasedOn(stream=s.name, sequence=s.sequence, digest=s.digest) for s in streams)


def as_it_is(at: At) -> object:
    return at.state


def listing(kind: str) -> Callable[..., Awaitable[Response]]:
    """A page of the kind's streams, without those that ended."""

    async def list_streams(read: Reader, page: Annotated[PageQuery, Depends()]) -> Response:
        streams = [stream for stream in read.replica.streams(kind).values() if stream.state]
        ordered = sorted(streams, key=lambda stream: stream.name)
        return read.page(page, ordered, key=lambda s: s.name, view=lambda s: s.state)

    return list_streams
