"""What may happen to a deployment: releases, rollouts step by step, routes.

- A release is one immutable tuple, of a version that the registry has in production.
- A deployment has one active rollout; another takes its place only where it says so.
- A step is entered when the one before it waits for nothing more; after the last one the release is promoted.
- A paused rollout takes no step, but can be aborted; what a reaction paused, the same cause's end resumes.
- A person lets a step pass by name, for the release as that person saw it.
- Rolling back ends an active rollout, or puts the release before back; it is never refused for freshness.
- A route changes only when its arms do; its epoch is its event's sequence.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from hashlib import sha256
from typing import assert_never

from tenure_decider import Decider

from tenure_rollout.deployment.commands import (
    AbortRollout,
    ApproveStep,
    ChangeJudgement,
    ChangeRoute,
    CheckRollback,
    CreateRelease,
    DeploymentCommand,
    EnterStep,
    ObserveRoute,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
    RollBack,
    StartRollout,
)
from tenure_rollout.deployment.course import (
    abort,
    abort_once,
    active,
    approve,
    enter,
    judge,
    pause,
    promote,
    resume,
    start,
)
from tenure_rollout.deployment.observing import check_rollback, observe
from tenure_rollout.deployment.routing import desired, said, salt
from tenure_rollout.deployment.rules import (
    ContextNotBound,
    NothingToRollBackTo,
    ReleaseIsFixed,
    ReleasesBlocked,
    VersionNotInProduction,
)
from tenure_rollout.deployment.state import JUDGED, OVERDUE, DeploymentState, Rollout
from tenure_rollout.events import (
    DeploymentEvent,
    JudgementChanged,
    ReleaseCreated,
    ReleaseRolledBack,
    RollbackReadinessLost,
    RollbackReadinessRestored,
    RolloutAborted,
    RolloutPaused,
    RolloutPromoted,
    RolloutResumed,
    RolloutStarted,
    RouteChanged,
    RouteObserved,
    StepApproved,
    StepEntered,
)


def decide(state: DeploymentState, command: DeploymentCommand) -> DeploymentEvent | None:
    match command:
        case CreateRelease():
            return create(state, command)
        case StartRollout():
            return start(state, command)
        case EnterStep():
            return enter(active(state, command.rollout), command)
        case ApproveStep():
            return approve(state, command)
        case ChangeJudgement():
            return judge(active(state, command.rollout), command)
        case PauseRollout():
            return pause(active(state, command.rollout), command)
        case ResumeRollout():
            return resume(active(state, command.rollout), command)
        case PromoteRollout():
            return promote(state, command)
        case AbortRollout():
            return abort_once(state, command)
        case RollBack():
            return roll_back(state, command)
        case ChangeRoute():
            return change_route(state, command)
        case ObserveRoute():
            return observe(state, command)
        case CheckRollback():
            return check_rollback(state, command)
        case _ as never:
            assert_never(never)


def evolve(state: DeploymentState, event: DeploymentEvent) -> DeploymentState:
    return replace(folded(state, event), sequence=state.sequence + 1)


def folded(state: DeploymentState, event: DeploymentEvent) -> DeploymentState:
    match event:
        case ReleaseCreated():
            return replace(state, releases=state.releases.insert(event.release, event))
        case RolloutStarted():
            began = Rollout(
                event.rollout,
                event.release,
                event.champion,
                event.steps,
                event.judge,
                event.started_at,
                baseline=event.baseline,
            )
            ended = state.ended.insert(event.supersedes, "superseded") if event.supersedes else state.ended
            return replace(state, active=began, ended=ended)
        case StepEntered():
            return entered(state, event)
        case StepApproved():
            return moved(state, approvals=(*one(state).approvals, event))
        case JudgementChanged():
            heeded = one(state).pause_heeded and event.verdict == "pause"
            return moved(state, judgement=event, pause_heeded=heeded)
        case RolloutPaused():
            overdue = one(state).step if event.cause == OVERDUE else one(state).overdue_step
            heeded = one(state).pause_heeded or event.cause == JUDGED
            return moved(state, paused=True, paused_cause=event.cause, overdue_step=overdue, pause_heeded=heeded)
        case RolloutResumed():
            return moved(state, paused=False, paused_cause=None)
        case RolloutPromoted():
            ended, back = state.ended.insert(event.rollout, "promoted"), state.taken_back - {event.release}
            return replace(state, active=None, ended=ended, served=(*state.served, event.release), taken_back=back)
        case RolloutAborted():
            ended, back = state.ended.insert(event.rollout, "aborted"), state.taken_back | {event.release}
            return replace(state, active=None, ended=ended, taken_back=back)
        case ReleaseRolledBack():
            return replace(state, served=state.served[:-1], taken_back=state.taken_back | {event.from_release})
        case RouteChanged():
            return replace(state, route=event)
        case RouteObserved():
            return replace(state, observed=state.observed.insert(event.actuator, event))
        case RollbackReadinessLost():
            return replace(state, unready=event.reasons)
        case RollbackReadinessRestored():
            return replace(state, unready=())
        case _ as never:
            assert_never(never)


def entered(state: DeploymentState, event: StepEntered) -> DeploymentState:
    """What an earlier step set stays till a later one sets it; so does the judgement. Approvals are the step's own."""
    rollout = one(state)
    step = rollout.steps[event.step]
    return moved(
        state,
        step=event.step,
        step_entered_at=event.entered_at,
        weight_percent=event.weight_percent,
        mirror_percent=step.weight_percent if step.kind == "mirror" else rollout.mirror_percent,
        mirrored_too=step.others if step.kind == "mirror" else rollout.mirrored_too,
        header=step.header or rollout.header,
        approvals=(),
    )


def moved(state: DeploymentState, **changes: object) -> DeploymentState:
    return replace(state, active=replace(one(state), **changes))  # type: ignore[arg-type]  # the names are Rollout's


def one(state: DeploymentState) -> Rollout:
    assert state.active is not None, "only an active rollout moves"
    return state.active


def create(state: DeploymentState, command: CreateRelease) -> ReleaseCreated | None:
    known = state.releases.get(command.release)
    if known:
        if not same(known, command):
            raise ReleaseIsFixed(command.release)
        return None
    if command.stage != "production" or command.artifact_digest is None:
        raise VersionNotInProduction(command.model_version, command.stage)
    if command.unbound:
        raise ContextNotBound(command.unbound)
    if command.blocked_by:
        raise ReleasesBlocked(command.blocked_by)
    return ReleaseCreated(
        release=command.release,
        model=command.model,
        model_version=command.model_version,
        artifact_digest=command.artifact_digest,
        contexts=command.contexts,
        prompt=command.prompt,
        flags=command.flags,
        requires=command.requires,
        judge=command.judge,
        digest=tuple_digest(command, command.artifact_digest),
        based_on=command.based_on,
        created_by=command.principal,
        created_at=command.now,
    )


def same(known: ReleaseCreated, command: CreateRelease) -> bool:
    """Whether it is that tuple, whatever the registry says of the version by now."""
    names = ("model", "model_version", "contexts", "prompt", "flags", "requires", "judge")
    return all(getattr(known, name) == getattr(command, name) for name in names)


def tuple_digest(command: CreateRelease, artifact_digest: str) -> str:
    """SHA-256 over the tuple as sorted JSON: what an approver sees of a release, all of it."""
    parts = {
        "model": command.model,
        "model_version": command.model_version,
        "artifact_digest": artifact_digest,
        "contexts": [asdict(context) for context in command.contexts],
        "prompt": command.prompt,
        "flags": command.flags,
        "requires": [asdict(dependency) for dependency in command.requires],
        # A release without one has the digest that it had before releases had any.
        **({"judge": asdict(command.judge)} if command.judge else {}),
    }
    return f"sha256:{sha256(json.dumps(parts, sort_keys=True, separators=(',', ':')).encode()).hexdigest()}"


def roll_back(state: DeploymentState, command: RollBack) -> RolloutAborted | ReleaseRolledBack | None:
    if command.only_from and command.only_from != state.serving:
        return None  # what asked for it is over
    if state.active:
        order = AbortRollout(
            rollout=state.active.rollout, reason=command.reason, principal=command.principal, now=command.now
        )
        return abort(state.active, order)
    if len(state.served) < 2:
        raise NothingToRollBackTo()
    return ReleaseRolledBack(
        from_release=state.served[-1],
        to_release=state.served[-2],
        reason=command.reason,
        rolled_back_by=command.principal,
        rolled_back_at=command.now,
    )


def change_route(state: DeploymentState, command: ChangeRoute) -> RouteChanged | None:
    """By the state that it is decided on: who asked may have seen an older one, from before a rollback."""
    wanted = desired(state)
    if wanted == said(state.route):
        return None
    return RouteChanged(
        deployment=command.deployment,
        epoch=state.sequence + 1,
        arms=wanted.arms,
        salt=salt(state, command.deployment),
        mirrors=wanted.mirrors,
        headers=wanted.headers,
        changed_at=command.now,
    )


deployment_decider: Decider[DeploymentState, DeploymentCommand, DeploymentEvent] = Decider(
    DeploymentState(), decide, evolve
)
