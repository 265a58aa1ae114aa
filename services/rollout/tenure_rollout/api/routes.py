"""How are routes followed?"""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response
from tenure_service import Problem

from tenure_rollout.api.common import DeploymentName, Reader
from tenure_rollout.feed import MOST_FOLLOWERS, RouteFeed
from tenure_rollout.names import Deployment

HEARTBEAT_SECONDS = 10
MOST_FOLLOWED = 100

router = APIRouter()


@router.get(
    "/routes",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "`route` events, and `heartbeat`s between"}},
)
async def follow_routes(
    read: Reader, deployment: Annotated[list[DeploymentName], Query(min_length=1, max_length=MOST_FOLLOWED)]
) -> Response:
    """The routing records of these deployments as they are, then each newer one, as server-sent events.

    An event's id is the record's epoch. Who was cut off needs no `Last-Event-ID`: the newest record says all.
    """
    feed = read.runtime.part(RouteFeed)
    if feed.count >= MOST_FOLLOWERS:
        raise Problem(503, "too-many-followers", f"{MOST_FOLLOWERS} routers follow this replica; ask another one")
    told = _events(feed, [Deployment(one) for one in deployment])
    return EventSourceResponse(told, ping=HEARTBEAT_SECONDS, ping_message_factory=_heartbeat)


async def _events(feed: RouteFeed, deployments: Sequence[Deployment]) -> AsyncIterator[ServerSentEvent]:
    yield _heartbeat()  # so that a router knows that it is heard where there is no route yet
    async for told in feed.follow(deployments):
        yield ServerSentEvent(told.record, event="route", id=str(told.route.epoch))


def _heartbeat() -> ServerSentEvent:
    return ServerSentEvent("{}", event="heartbeat")
