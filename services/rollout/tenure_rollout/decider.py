"""What may happen to a deployment: releases, rollouts step by step, routes.

- A release is one immutable tuple, of a version that the registry has in production.
- A deployment has one active rollout; its steps grow to 100 percent.
- A step is entered after the one before it; the last one is promoted.
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
from tenure_rollout.judge import judgement
from tenure_rollout.names import RolloutId
from tenure_rollout.rules import (
    AlreadyServing,
    ContextNotBound,
    JudgeInvalid,
    NothingToRollBackTo,
    ReleaseIsFixed,
    ReleaseUnknown,
    RolloutActive,
    RolloutEnded,
    RolloutUnknown,
    StepsInvalid,
    VersionNotInProduction,
)
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
            return abort(active(state, command.rollout), command)
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


def start(state: DeploymentState, command: StartRollout) -> RolloutStarted | None:
    if command.rollout in state.ended:
        raise RolloutEnded(command.rollout)
    if state.active:
        if state.active.rollout == command.rollout and state.active.release == command.release:
            return None
        raise RolloutActive(state.active.rollout)
    if command.release not in state.releases:
        raise ReleaseUnknown(command.release)
    if command.release == state.champion:
        raise AlreadyServing(command.release)
    demand_plan(command)
    return RolloutStarted(
        rollout=command.rollout,
        release=command.release,
        champion=state.champion,
        steps=command.steps,
        judge=command.judge,
        started_by=command.principal,
        started_at=command.now,
    )


def demand_plan(command: StartRollout) -> None:
    weights = tuple(step.weight_percent for step in command.steps)
    growing = all(low < high for low, high in zip((0.0, *weights), weights, strict=False))
    if not weights or not growing or weights[-1] != 100.0:
        raise StepsInvalid(weights)
    wanted = command.judge
    if wanted.margin <= 0 or not 0.5 < wanted.confidence < 1 or wanted.min_n < 2:
        raise JudgeInvalid()


def enter(rollout: Rollout, command: EnterStep) -> StepEntered | None:
    following = 0 if rollout.step is None else rollout.step + 1
    if rollout.paused or command.step != following or command.step >= len(rollout.steps):
        return None
    return StepEntered(
        rollout=rollout.rollout,
        step=command.step,
        weight_percent=rollout.steps[command.step].weight_percent,
        entered_at=command.now,
    )


def judge(rollout: Rollout, command: ChangeJudgement) -> JudgementChanged | None:
    if rollout.step != command.step:
        return None
    said = judgement(rollout.judge, command.candidate, command.champion)
    if rollout.judgement and rollout.judgement.verdict == said.verdict:
        return None
    return JudgementChanged(
        rollout=rollout.rollout,
        step=command.step,
        verdict=said.verdict,
        metric=rollout.judge.metric,
        margin=rollout.judge.margin,
        confidence=rollout.judge.confidence,
        min_n=rollout.judge.min_n,
        candidate=command.candidate,
        champion=command.champion,
        difference=said.difference,
        low=said.low,
        high=said.high,
        judged_at=command.now,
    )


def pause(rollout: Rollout, command: PauseRollout) -> RolloutPaused | None:
    if rollout.paused:
        return None
    return RolloutPaused(
        rollout=rollout.rollout,
        reason=command.reason,
        cause=command.cause,
        paused_by=command.principal,
        paused_at=command.now,
    )


def resume(rollout: Rollout, command: ResumeRollout) -> RolloutResumed | None:
    if not rollout.paused or (command.principal is None and rollout.paused_cause != command.only_cause):
        return None
    return RolloutResumed(
        rollout=rollout.rollout, reason=command.reason, resumed_by=command.principal, resumed_at=command.now
    )


def promote(state: DeploymentState, command: PromoteRollout) -> RolloutPromoted | None:
    if state.ended.get(command.rollout) == "promoted":
        return None
    rollout = active(state, command.rollout)
    return RolloutPromoted(
        rollout=rollout.rollout,
        release=rollout.release,
        promoted_by=command.principal,
        promoted_at=command.now,
    )


def abort(rollout: Rollout, command: AbortRollout) -> RolloutAborted:
    return RolloutAborted(
        rollout=rollout.rollout,
        release=rollout.release,
        reason=command.reason,
        aborted_by=command.principal,
        aborted_at=command.now,
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


def active(state: DeploymentState, rollout: RolloutId) -> Rollout:
    if state.active and state.active.rollout == rollout:
        return state.active
    if rollout in state.ended:
        raise RolloutEnded(rollout)
    raise RolloutUnknown(rollout)


deployment_decider: Decider[DeploymentState, RolloutCommand, RolloutEvent] = Decider(DeploymentState(), decide, evolve)
