"""What can be asked of rollouts?"""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response
from tenure_eventlog.topics import CONTEXT_EVENTS, MONITOR_EVENTS, ROLLOUT_EVENTS
from tenure_journal import Replica
from tenure_service import Body, Mutation, Name, Problem, ReceiptBody, Text

from tenure_rollout.api.common import Approver, DeploymentName, Operator, Percent, Reason, Seconds, by, stream_of
from tenure_rollout.api.judges import JudgeBody, declared_of, past_of
from tenure_rollout.deployment.commands import (
    AbortRollout,
    ActuatorFacts,
    ApproveStep,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
    RollBack,
    StartRollout,
)
from tenure_rollout.deployment.state import DeploymentState
from tenure_rollout.deployment.steps import World
from tenure_rollout.deployment.strategies import STRATEGIES
from tenure_rollout.events import HeaderRoute, ReleaseCreated, Step, Wait
from tenure_rollout.foreign import BindingFacts
from tenure_rollout.freeze.decider import holding
from tenure_rollout.names import Deployment, FreezeName, ReleaseId, RolloutId, StepKind, WaitKind
from tenure_rollout.world import BINDINGS, MONITORS, actuators, freezes, model_of

router = APIRouter()
OWN = "steps"
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class HeaderBody(Body):
    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
    value: Text


class WaitBody(Body):
    kind: WaitKind
    approvals: Annotated[int, Field(ge=0, le=100)] = 0
    approver_kinds: Annotated[tuple[Name, ...], Field(max_length=10)] = ()
    opens: TimeOfDay | None = None
    closes: TimeOfDay | None = None
    deployment: DeploymentName | None = None
    release: Name | None = None


class StepBody(Body):
    kind: StepKind = "analysis"
    weight_percent: Percent | None = None
    min_seconds: Seconds | None = None
    max_seconds: Seconds | None = None
    header: HeaderBody | None = None
    wait: WaitBody | None = None
    others: Annotated[tuple[Name, ...], Field(max_length=100)] = ()


class NewRollout(Body):
    """Steps, or a strategy by name, which may be told its step length; and the judge, unless the release has one.

    `baseline`: a release with the champion's tuple, which gets as much as the candidate and is judged against.
    """

    rollout: Name
    release: Name
    strategy: Literal["canary", "gradual", "blueGreen", "shadow", "ab", "migrate"] | None = None
    step_seconds: Seconds | None = None
    steps: Annotated[tuple[StepBody, ...], Field(max_length=100)] = ()
    judge: JudgeBody | None = None
    supersedes: Name | None = None
    baseline: Name | None = None


class Approval(Body):
    """`digest` is the release's, as the approver saw it."""

    digest: Text
    comment: Text


@router.post("/deployments/{deployment}/rollouts", status_code=201, response_model=ReceiptBody)
async def start_rollout(deployment: DeploymentName, body: NewRollout, mutation: Operator) -> Response:
    await mutation.fresh(ROLLOUT_EVENTS.name, CONTEXT_EVENTS.name, MONITOR_EVENTS.name)
    replica, stream = mutation.replica, stream_of(deployment)
    before: DeploymentState = replica.state(stream)
    created = before.releases.get(ReleaseId(body.release))
    judge = declared_of(body.judge) if body.judge else (created.judge if created else None)
    command = StartRollout(
        rollout=RolloutId(body.rollout),
        release=ReleaseId(body.release),
        strategy=body.strategy or OWN,
        steps=steps_of(body),
        judge=judge,
        monitored=replica.state(f"{MONITORS}{model_of(stream)}"),
        past=past_of(mutation, model_of(stream), before.champion, judge) if judge else {},
        supersedes=RolloutId(body.supersedes) if body.supersedes else None,
        baseline=ReleaseId(body.baseline) if body.baseline else None,
        frozen=frozen(mutation, deployment),
        missing=missing(replica, created) if created else (),
        blocked_by=blocked_by(replica, created) if created else (),
        actuators=tuple(
            ActuatorFacts(actuator=a.actuator, capabilities=a.capabilities, finest_percent=a.finest_percent)
            for a in actuators(replica, deployment)
        ),
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, stream_of(deployment))


def steps_of(body: NewRollout) -> tuple[Step, ...]:
    if (body.strategy is None) == (not body.steps):
        raise Problem(422, "steps-or-strategy", "give the steps, or the strategy that names them, and not both")
    if body.strategy:
        seconds = {} if body.step_seconds is None else {"seconds": body.step_seconds}
        return STRATEGIES[body.strategy](**seconds)
    return tuple(_step(step) for step in body.steps)


def _step(body: StepBody) -> Step:
    return Step(
        kind=body.kind,
        weight_percent=body.weight_percent,
        min_seconds=body.min_seconds,
        max_seconds=body.max_seconds,
        header=HeaderRoute(header=body.header.header, value=body.header.value) if body.header else None,
        wait=_wait(body.wait) if body.wait else None,
        others=tuple(ReleaseId(one) for one in body.others),
    )


def _wait(body: WaitBody) -> Wait:
    return Wait(
        kind=body.kind,
        approvals=body.approvals,
        approver_kinds=body.approver_kinds,
        opens=body.opens,
        closes=body.closes,
        deployment=Deployment(body.deployment) if body.deployment else None,
        release=ReleaseId(body.release) if body.release else None,
    )


def frozen(mutation: Mutation, deployment: str) -> tuple[FreezeName, str] | None:
    freeze = holding(freezes(mutation.replica), deployment, mutation.now)
    return (freeze.freeze, freeze.reason) if freeze else None


def missing(replica: Replica, created: ReleaseCreated) -> tuple[str, ...]:
    """What the release needs and does not serve."""
    return tuple(
        f"{one.release} of {one.deployment}"
        for one in created.requires
        if replica.state(stream_of(one.deployment)).champion != one.release
    )


def blocked_by(replica: Replica, created: ReleaseCreated) -> tuple[str, ...]:
    """The release's contexts that are so stale that their SLA blocks releases."""
    facts: BindingFacts = replica.state(f"{BINDINGS}{created.model}")
    return facts.blocking(created.contexts)


@router.post("/deployments/{deployment}/rollouts/{rollout}/approve", status_code=201, response_model=ReceiptBody)
async def approve(deployment: DeploymentName, rollout: Name, body: Approval, mutation: Approver) -> Response:
    """Lets the step pass that waits for a person: who, why, and for which release."""
    command = ApproveStep(
        rollout=RolloutId(rollout),
        seen_digest=body.digest,
        approver_kind=mutation.principal.kind,
        comment=body.comment,
        principal=by(mutation),
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
    command = PromoteRollout(rollout=RolloutId(rollout), world=World(), principal=by(mutation), now=mutation.now)
    return await mutation.execute(command, stream_of(deployment))


@router.post("/deployments/{deployment}/rollouts/{rollout}/abort", status_code=201, response_model=ReceiptBody)
async def abort(deployment: DeploymentName, rollout: Name, body: Reason, mutation: Operator) -> Response:
    command = AbortRollout(rollout=RolloutId(rollout), reason=body.reason, principal=by(mutation), now=mutation.now)
    return await mutation.execute(command, stream_of(deployment))


@router.post("/deployments/{deployment}/rollback", status_code=201, response_model=ReceiptBody)
async def roll_back(deployment: DeploymentName, body: Reason, mutation: Operator) -> Response:
    """Ends the active rollout, or puts the release that served before back; never refused for freshness or a freeze."""
    command = RollBack(reason=body.reason, only_from=None, principal=by(mutation), now=mutation.now)
    return await mutation.execute(command, stream_of(deployment))
