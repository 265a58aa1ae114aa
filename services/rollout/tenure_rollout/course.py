"""How does one rollout go, from its start over its steps to its end? The rules of `decider.py` that concern it."""

from __future__ import annotations

from datetime import datetime

from tenure_rollout.commands import (
    AbortRollout,
    ChangeJudgement,
    EnterStep,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
    StartRollout,
)
from tenure_rollout.events import (
    JudgementChanged,
    RolloutAborted,
    RolloutPaused,
    RolloutPromoted,
    RolloutResumed,
    RolloutStarted,
    StepEntered,
)
from tenure_rollout.judge import judgement
from tenure_rollout.names import RolloutId
from tenure_rollout.rules import (
    AlreadyServing,
    JudgeInvalid,
    ReleaseUnknown,
    RolloutActive,
    RolloutEnded,
    RolloutUnknown,
    StepsInvalid,
)
from tenure_rollout.state import DeploymentState, Rollout


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
    if rollout.step is not None and not rollout.is_passed(command.now):
        return None
    return StepEntered(
        rollout=rollout.rollout,
        step=command.step,
        weight_percent=rollout.steps[command.step].weight_percent,
        entered_at=command.now,
    )


def judge(rollout: Rollout, command: ChangeJudgement) -> JudgementChanged | None:
    if rollout.step != command.step or rollout.champion is None or rollout.paused:
        return None
    said = judgement(rollout.judge, command.candidate, command.champion)
    if rollout.verdict == said.verdict:
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
    if command.principal is None and not may_promote_itself(rollout, command.now):
        return None
    return RolloutPromoted(
        rollout=rollout.rollout,
        release=rollout.release,
        promoted_by=command.principal,
        promoted_at=command.now,
    )


def may_promote_itself(rollout: Rollout, now: datetime) -> bool:
    """A person may promote at any time; nothing is promoted by itself unless its last step is passed."""
    return rollout.is_last_step and rollout.is_passed(now) and not rollout.paused


def abort_once(state: DeploymentState, command: AbortRollout) -> RolloutAborted | None:
    if state.ended.get(command.rollout) == "aborted":
        return None
    rollout = active(state, command.rollout)
    if command.principal is None and (rollout.paused or rollout.verdict != "abort"):
        return None
    return abort(rollout, command)


def abort(rollout: Rollout, command: AbortRollout) -> RolloutAborted:
    return RolloutAborted(
        rollout=rollout.rollout,
        release=rollout.release,
        reason=command.reason,
        aborted_by=command.principal,
        aborted_at=command.now,
    )


def active(state: DeploymentState, rollout: RolloutId) -> Rollout:
    if state.active and state.active.rollout == rollout:
        return state.active
    if rollout in state.ended:
        raise RolloutEnded(rollout)
    raise RolloutUnknown(rollout)
