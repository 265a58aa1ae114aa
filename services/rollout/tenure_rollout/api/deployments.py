"""What can be asked of deployments: their state, their route, what served when?"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from tenure_journal import Replica, Stream
from tenure_service import At, PageQuery, StreamRead, not_found

from tenure_rollout import views
from tenure_rollout.api.common import DeploymentName, Reader, stream_of
from tenure_rollout.deployment.steps import waits_for
from tenure_rollout.events import RouteChanged
from tenure_rollout.world import KIND, deployment_of, world_of

router = APIRouter()


@router.get("/deployments")
async def list_deployments(read: Reader, page: Annotated[PageQuery, Depends()]) -> Response:
    streams = sorted(read.replica.streams(KIND).values(), key=lambda stream: stream.name)
    return read.page(
        page, streams, key=lambda s: s.name, view=lambda s: views.deployment_view(deployment_of(s.name), s.state)
    )


@router.get("/deployments/{deployment}/waiting")
async def waiting(deployment: DeploymentName, read: Reader) -> Response:
    """What the active rollout waits for now, in words; nothing where there is none, or where it moves on."""
    stream = read.replica.stream(stream_of(deployment))
    if stream is None:
        raise not_found(f"deployment {deployment}")
    return read.answer(views.WaitingView(deployment, *_waiting(read.replica, stream, read.runtime.clock.now())))


def _waiting(replica: Replica, stream: Stream, now: datetime) -> tuple[str | None, int | None, str | None]:
    rollout = stream.state.active
    if rollout is None:
        return None, None, None
    if rollout.paused:
        return rollout.rollout, rollout.step, f"to be resumed: {rollout.paused_cause or 'a person paused it'}"
    return rollout.rollout, rollout.step, waits_for(rollout, world_of(replica, stream, now), now)


@router.get("/deployments/{deployment}/serving")
async def serving(deployment: DeploymentName, read: Reader) -> Response:
    """What served at `effective_at` (default: now), as far as was on the record at `as_of`."""
    at = await read.at(stream_of(deployment))
    when = read.instant("effective_at") or read.runtime.clock.now()
    served = views.serving_view(deployment, at.state, when, at.settled)
    if served is None:
        raise not_found(f"release that served {deployment} at {when.isoformat()}")
    return read.answer(served)


def one_deployment(at: At) -> views.DeploymentView:
    return views.deployment_view(deployment_of(at.name), at.state)


def one_route(at: At) -> RouteChanged | None:
    route: RouteChanged | None = at.state.route
    return route


READS = (
    StreamRead(
        path="/deployments/{deployment}",
        stream=lambda params: stream_of(params["deployment"]),
        view=one_deployment,
        answers=views.DeploymentView,
        summary="One deployment",
    ),
    StreamRead(
        path="/deployments/{deployment}/route",
        stream=lambda params: stream_of(params["deployment"]),
        view=one_route,
        answers=RouteChanged,
        summary="The routing record; its epoch is the ETag",
        etag=lambda at: at.state.route.epoch,
    ),
)
