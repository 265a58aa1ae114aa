"""What may happen to a deployment: releases, rollouts step by step, routes.

- A release is one immutable tuple, of a version that the registry has in production.
- A deployment has one active rollout; its steps grow to 100 percent.
- A step is entered after the one before it lasted long enough and was judged `continue`; the last one is promoted.
- A paused rollout takes no step; what a reaction paused, the same cause's end resumes.
- Rolling back ends an active rollout, or puts the release before back; it is never refused for freshness.
- A route changes only when its arms do; its epoch is its event's sequence.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from tenure_decider import Decider

from tenure_rollout.commands import (
    AbortRollout,
    ChangeJudgement,
    ChangeRoute,
    CreateRelease,
    EnterStep,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
    RollBack,
    RolloutCommand,
    StartRollout,
)
from tenure_rollout.course import abort, abort_once, active, enter, judge, pause, promote, resume, start
from tenure_rollout.events import (
    JudgementChanged,
    ReleaseCreated,
    ReleaseRolledBack,
    RolloutAborted,
    RolloutEvent,
    RolloutPaused,
    RolloutPromoted,
    RolloutResumed,
    RolloutStarted,
    RouteChanged,
    StepEntered,
)
from tenure_rollout.rules import ContextNotBound, NothingToRollBackTo, ReleaseIsFixed, VersionNotInProduction
from tenure_rollout.state import DeploymentState, Rollout


def decide(state: DeploymentState, command: RolloutCommand) -> RolloutEvent | None:
    match command:
        case CreateRelease():
            return create(state, command)
        case StartRollout():
            return start(state, command)
        case EnterStep():
            return enter(active(state, command.rollout), command)
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
        case _ as never:
            assert_never(never)


def evolve(state: DeploymentState, event: RolloutEvent) -> DeploymentState:
    return replace(folded(state, event), sequence=state.sequence + 1)


def folded(state: DeploymentState, event: RolloutEvent) -> DeploymentState:
    match event:
        case ReleaseCreated():
            return replace(state, releases=state.releases.insert(event.release, event))
        case RolloutStarted():
            began = Rollout(event.rollout, event.release, event.champion, event.steps, event.judge, event.started_at)
            return replace(state, active=began)
        case StepEntered():
            return moved(state, step=event.step, step_entered_at=event.entered_at, judgement=None)
        case JudgementChanged():
            return moved(state, judgement=event)
        case RolloutPaused():
            return moved(state, paused=True, paused_cause=event.cause)
        case RolloutResumed():
            return moved(state, paused=False, paused_cause=None)
        case RolloutPromoted():
            ended = state.ended.insert(event.rollout, "promoted")
            return replace(state, active=None, ended=ended, served=(*state.served, event.release))
        case RolloutAborted():
            return replace(state, active=None, ended=state.ended.insert(event.rollout, "aborted"))
        case ReleaseRolledBack():
            return replace(state, served=state.served[:-1])
        case RouteChanged():
            return replace(state, route=event)
        case _ as never:
            assert_never(never)


def moved(state: DeploymentState, **changes: object) -> DeploymentState:
    assert state.active is not None, "only an active rollout moves"
    return replace(state, active=replace(state.active, **changes))  # type: ignore[arg-type]  # the names are Rollout's


def create(state: DeploymentState, command: CreateRelease) -> ReleaseCreated | None:
    known = state.releases.get(command.release)
    if known:
        wanted = (command.model_version, command.contexts, command.prompt, command.flags)
        if (known.model_version, known.contexts, known.prompt, known.flags) != wanted:
            raise ReleaseIsFixed(command.release)
        return None
    if command.stage != "production" or command.artifact_digest is None:
        raise VersionNotInProduction(command.model_version, command.stage)
    if command.unbound:
        raise ContextNotBound(command.unbound)
    return ReleaseCreated(
        release=command.release,
        model=command.model,
        model_version=command.model_version,
        artifact_digest=command.artifact_digest,
        contexts=command.contexts,
        prompt=command.prompt,
        flags=command.flags,
        based_on=command.based_on,
        created_by=command.principal,
        created_at=command.now,
    )


def roll_back(state: DeploymentState, command: RollBack) -> RolloutAborted | ReleaseRolledBack:
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
    if state.route and state.route.arms == command.arms:
        return None
    return RouteChanged(
        deployment=command.deployment,
        epoch=state.sequence + 1,
        arms=command.arms,
        salt=command.salt,
        changed_at=command.now,
    )


deployment_decider: Decider[DeploymentState, RolloutCommand, RolloutEvent] = Decider(DeploymentState(), decide, evolve)
