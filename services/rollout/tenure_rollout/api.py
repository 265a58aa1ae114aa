"""What can be asked of rollout over HTTP?"""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response
from tenure_journal import Replica
from tenure_service import (
    At,
    Body,
    Mutation,
    Name,
    PageQuery,
    Read,
    ReceiptBody,
    StreamRead,
    Text,
    mutates,
    not_found,
    reads,
)

from tenure_rollout import views
from tenure_rollout.commands import (
    AbortRollout,
    CreateRelease,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
    RollBack,
    StartRollout,
)
from tenure_rollout.events import BasedOn, ContextRef, Judge, RouteChanged, Step
from tenure_rollout.foreign import BindingFacts, ModelFacts
from tenure_rollout.names import ModelName, ModelVersion, PrincipalId, ReleaseId, RolloutId
from tenure_rollout.reactions import KIND

router = APIRouter()
Operator = Annotated[Mutation, Depends(mutates("operator", "engineer"))]
DeploymentName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,127}@[a-z0-9][a-z0-9-]{0,62}$")]


class ContextBody(Body):
    context: Name
    revision: Annotated[int, Field(gt=0, lt=2**31)]


class NewRelease(Body):
    release: Name
    model_version: Name
    contexts: Annotated[tuple[ContextBody, ...], Field(max_length=100)] = ()
    prompt: Name | None = None
    flags: Annotated[dict[Name, Text], Field(max_length=100, default_factory=dict)]


class StepBody(Body):
    weight_percent: Annotated[float, Field(gt=0, le=100)]
    min_seconds: Annotated[int, Field(ge=0, lt=2**31)] = 0


class JudgeBody(Body):
    metric: Name
    margin: float
    confidence: float = 0.95
    min_n: Annotated[int, Field(lt=2**31)] = 100


class NewRollout(Body):
    rollout: Name
    release: Name
    steps: Annotated[tuple[StepBody, ...], Field(min_length=1, max_length=100)]
    judge: JudgeBody


class Reason(Body):
    reason: Text


def stream_of(deployment: str) -> str:
    return f"{KIND}/{deployment}"


@router.post("/deployments/{deployment}/releases", status_code=201, response_model=ReceiptBody)
async def create_release(deployment: DeploymentName, body: NewRelease, mutation: Operator) -> Response:
    """Refused unless the registry has the version in production and the model is bound to the contexts."""
    await mutation.fresh("tenure.registry.events", "tenure.context.events")
    model = deployment.partition("@")[0]
    replica = mutation.replica
    versions: ModelFacts = replica.state(f"registry/model/{model}")
    bindings: BindingFacts = replica.state(f"context/binding/{model}")
    version = versions.get(body.model_version)
    contexts = tuple(ContextRef(context=c.context, revision=c.revision) for c in body.contexts)
    unbound = tuple(c.context for c in contexts if c.revision not in (bindings.revisions.get(c.context) or ()))
    command = CreateRelease(
        release=ReleaseId(body.release),
        model=ModelName(model),
        model_version=ModelVersion(body.model_version),
        stage=version.stage if version else None,
        artifact_digest=version.artifact_digest if version else None,
        contexts=contexts,
        unbound=unbound,
        prompt=body.prompt,
        flags=dict(body.flags),
        based_on=based_on(replica, (f"registry/model/{model}", f"context/binding/{model}")),
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, stream_of(deployment))


def based_on(replica: Replica, names: tuple[str, ...]) -> tuple[BasedOn, ...]:
    """The heads of the foreign streams, as they are now."""
    streams = [stream for name in names if (stream := replica.stream(name))]
    return tuple(BasedOn(stream=s.name, sequence=s.sequence, digest=s.digest) for s in streams)


@router.post("/deployments/{deployment}/rollouts", status_code=201, response_model=ReceiptBody)
async def start_rollout(deployment: DeploymentName, body: NewRollout, mutation: Operator) -> Response:
    judge = body.judge
    command = StartRollout(
        rollout=RolloutId(body.rollout),
        release=ReleaseId(body.release),
        steps=tuple(Step(weight_percent=s.weight_percent, min_seconds=s.min_seconds) for s in body.steps),
        judge=Judge(metric=judge.metric, margin=judge.margin, confidence=judge.confidence, min_n=judge.min_n),
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, stream_of(deployment))


@router.post("/deployments/{deployment}/rollouts/{rollout}/pause", status_code=201, response_model=ReceiptBody)
async def pause(deployment: DeploymentName, rollout: Name, body: Reason, mutation: Operator) -> Response:
    command = PauseRollout(
        rollout=RolloutId(rollout), reason=body.reason, cause=None, principal=by(mutation), now=mutation.now
    )
    return await mutation.execute(command, stream_of(deployment))


@router.post("/deployments/{deployment}/rollouts/{rollout}/resume", status_code=201, response_model=ReceiptBody)
async def resume(deployment: DeploymentName, rollout: Name, body: Reason, mutation: Operator) -> Response:
    command = ResumeRollout(
        rollout=RolloutId(rollout), reason=body.reason, only_cause=None, principal=by(mutation), now=mutation.now
    )
    return await mutation.execute(command, stream_of(deployment))


@router.post("/deployments/{deployment}/rollouts/{rollout}/promote", status_code=201, response_model=ReceiptBody)
async def promote(deployment: DeploymentName, rollout: Name, mutation: Operator) -> Response:
    command = PromoteRollout(rollout=RolloutId(rollout), principal=by(mutation), now=mutation.now)
    return await mutation.execute(command, stream_of(deployment))


@router.post("/deployments/{deployment}/rollouts/{rollout}/abort", status_code=201, response_model=ReceiptBody)
async def abort(deployment: DeploymentName, rollout: Name, body: Reason, mutation: Operator) -> Response:
    command = AbortRollout(rollout=RolloutId(rollout), reason=body.reason, principal=by(mutation), now=mutation.now)
    return await mutation.execute(command, stream_of(deployment))


@router.post("/deployments/{deployment}/rollback", status_code=201, response_model=ReceiptBody)
async def roll_back(deployment: DeploymentName, body: Reason, mutation: Operator) -> Response:
    """Ends the active rollout, or puts the release that served before back; never refused for freshness."""
    command = RollBack(reason=body.reason, principal=by(mutation), now=mutation.now)
    return await mutation.execute(command, stream_of(deployment))


def by(mutation: Mutation) -> PrincipalId:
    return PrincipalId(mutation.principal.id)


@router.get("/deployments")
async def list_deployments(read: Annotated[Read, Depends(reads())], page: Annotated[PageQuery, Depends()]) -> Response:
    streams = sorted(read.replica.streams(KIND).values(), key=lambda stream: stream.name)
    return read.page(
        page, streams, key=lambda s: s.name, view=lambda s: views.deployment_view(name_of(s.name), s.state)
    )


@router.get("/deployments/{deployment}/serving")
async def serving(deployment: DeploymentName, read: Annotated[Read, Depends(reads())]) -> Response:
    """What served at `effective_at` (default: now), as far as was on the record at `as_of`."""
    at = await read.at(stream_of(deployment))
    when = read.instant("effective_at") or read.runtime.clock.now()
    served = views.serving_view(deployment, at.state, when, at.settled)
    if served is None:
        raise not_found(f"release that served {deployment} at {when.isoformat()}")
    return read.answer(served)


def name_of(stream: str) -> str:
    return stream.removeprefix(f"{KIND}/")


def one_deployment(at: At) -> views.DeploymentView:
    return views.deployment_view(name_of(at.name), at.state)


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
