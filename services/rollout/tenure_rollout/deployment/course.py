"""How does one rollout go, from its start over its steps to its end? The rules of `decider.py` that concern it."""

from __future__ import annotations

from collections.abc import Sequence

from tenure_rollout.deployment.commands import (
    AbortRollout,
    ActuatorFacts,
    ApproveStep,
    ChangeJudgement,
    EnterStep,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
    StartRollout,
)
from tenure_rollout.deployment.judge_plan import judge_of
from tenure_rollout.deployment.plan import demand_plan, shares_of
from tenure_rollout.deployment.rules import (
    ActuatorCannot,
    AlreadyServing,
    ApprovalOfAnotherRelease,
    BaselineDiffers,
    DependencyNotServing,
    Frozen,
    JudgeIsTheReleases,
    JudgeMissing,
    NoRoomForBaseline,
    NotWaitingForApproval,
    ReleasesBlocked,
    ReleaseUnknown,
    RolloutActive,
    RolloutEnded,
    RolloutUnknown,
)
from tenure_rollout.deployment.state import JUDGED, DeploymentState, Rollout
from tenure_rollout.deployment.steps import waits_for
from tenure_rollout.events import (
    JudgementChanged,
    ReleaseCreated,
    RolloutAborted,
    RolloutPaused,
    RolloutPromoted,
    RolloutResumed,
    RolloutStarted,
    Step,
    StepApproved,
    StepEntered,
)
from tenure_rollout.judging.declared import JudgeDeclared
from tenure_rollout.judging.verdicts import JUDGE_REVISION, Evidence, JudgedVerdict, MetricJudgement, verdict_of
from tenure_rollout.names import Capability, RolloutId, StepKind

MOST_BESIDE_BASELINE = 50.0
NEEDS: dict[StepKind, Capability] = {"mirror": "mirror", "setHeaderRoute": "headers", "setWeight": "weights"}


def start(state: DeploymentState, command: StartRollout) -> RolloutStarted | None:
    if command.rollout in state.ended:
        raise RolloutEnded(command.rollout)
    if state.active and state.active.rollout == command.rollout and state.active.release == command.release:
        return None
    if state.active and state.active.rollout != command.supersedes:
        raise RolloutActive(state.active.rollout)
    if command.release not in state.releases:
        raise ReleaseUnknown(command.release)
    if command.release == state.champion:
        raise AlreadyServing(command.release)
    demand_plan(command.steps)
    if unknown := [one for step in command.steps for one in step.others if one not in state.releases]:
        raise ReleaseUnknown(unknown[0])
    judge = judge_of(declared_judge(state.releases[command.release], command), command.monitored, command.past)
    demand_baseline(state, command)
    demand_way(command)
    return RolloutStarted(
        rollout=command.rollout,
        release=command.release,
        champion=state.champion,
        baseline=command.baseline,
        strategy=command.strategy,
        steps=command.steps,
        judge=judge,
        supersedes=state.active.rollout if state.active else None,
        started_by=command.principal,
        started_at=command.now,
    )


def demand_baseline(state: DeploymentState, command: StartRollout) -> None:
    """That it is the champion in all but its name, and has room beside the candidate."""
    baseline, champion = command.baseline, state.champion
    if baseline is None:
        return
    if baseline not in state.releases:
        raise ReleaseUnknown(baseline)
    if champion is None or baseline in (champion, command.release):
        raise BaselineDiffers(baseline, champion)
    one, other = state.releases[baseline].digest, state.releases[champion].digest
    if one != other or not one:
        raise BaselineDiffers(baseline, champion)
    if crowded := tuple(share for share in shares_of(command.steps) if MOST_BESIDE_BASELINE < share < 100):
        raise NoRoomForBaseline(crowded)


def declared_judge(release: ReleaseCreated, command: StartRollout) -> JudgeDeclared:
    """The release's, or the rollout's own where that has none."""
    if release.judge and command.judge and command.judge != release.judge:
        raise JudgeIsTheReleases(command.release)
    declared = release.judge or command.judge
    if declared is None:
        raise JudgeMissing(command.release)
    return declared


def demand_way(command: StartRollout) -> None:
    """That nothing outside of the deployment is in the way."""
    if command.frozen:
        raise Frozen(*command.frozen)
    if command.missing:
        raise DependencyNotServing(command.missing)
    if command.blocked_by:
        raise ReleasesBlocked(command.blocked_by)
    for actuator in command.actuators:
        if lacking := lacks(actuator, command.steps):
            raise ActuatorCannot(actuator.actuator, lacking)


def lacks(actuator: ActuatorFacts, steps: Sequence[Step]) -> str | None:
    """What the steps ask for and the actuator can't do."""
    for step in steps:
        needed = NEEDS.get(step.kind)
        if needed and needed not in actuator.capabilities:
            return needed
        share = step.weight_percent or 0.0
        if 0 < share < actuator.finest_percent:
            return f"a share of {share} percent: its finest is {actuator.finest_percent}"
    return None


def enter(rollout: Rollout, command: EnterStep) -> StepEntered | None:
    following = 0 if rollout.step is None else rollout.step + 1
    if rollout.paused or command.step != following or command.step >= len(rollout.steps):
        return None
    if waits_for(rollout, command.world, command.now):
        return None
    step = rollout.steps[command.step]
    return StepEntered(
        rollout=rollout.rollout,
        step=command.step,
        kind=step.kind,
        weight_percent=weight_in(rollout, step),
        entered_at=command.now,
    )


def weight_in(rollout: Rollout, step: Step) -> float:
    """The candidate's share while the step lasts: a mirrored share is none."""
    if step.weight_percent is None or step.kind == "mirror":
        return rollout.weight_percent
    return step.weight_percent


def approve(state: DeploymentState, command: ApproveStep) -> StepApproved | None:
    rollout = active(state, command.rollout)
    step = rollout.current
    if rollout.step is None or step is None or not is_manual(step):
        raise NotWaitingForApproval(command.rollout)
    digest = state.releases[rollout.release].digest
    if command.seen_digest != digest:
        raise ApprovalOfAnotherRelease(digest, command.seen_digest)
    if any(known.approved_by == command.principal for known in rollout.approvals):
        return None
    return StepApproved(
        rollout=rollout.rollout,
        step=rollout.step,
        digest=digest,
        approver_kind=command.approver_kind,
        comment=command.comment,
        approved_by=command.principal,
        approved_at=command.now,
    )


def is_manual(step: Step) -> bool:
    waits = step.kind == "waitFor" and step.wait is not None and step.wait.kind == "approvals"
    return waits or (step.kind == "pause" and step.min_seconds is None)


def judge(rollout: Rollout, command: ChangeJudgement) -> JudgementChanged | None:
    """An event only where the rollout's verdict or one metric's is another than before."""
    if rollout.step != command.step or rollout.champion is None:
        return None
    said = verdict_of(
        Evidence(judge_revision=JUDGE_REVISION, configuration=rollout.judge, statistics=command.statistics)
    )
    if rollout.judgement and verdicts(rollout.judgement.metrics) == verdicts(said.metrics):
        return None
    return JudgementChanged(
        rollout=rollout.rollout,
        step=command.step,
        verdict=said.verdict,
        judge_revision=said.judge_revision,
        configuration=rollout.judge,
        statistics=command.statistics,
        metrics=said.metrics,
        window=command.window,
        judged_at=command.now,
    )


def verdicts(metrics: Sequence[MetricJudgement]) -> list[JudgedVerdict]:
    """Metric by metric; of them the rollout's follows."""
    return [each.verdict for each in metrics]


def pause(rollout: Rollout, command: PauseRollout) -> RolloutPaused | None:
    if rollout.paused or (command.cause == JUDGED and rollout.verdict != "pause"):
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
    if command.principal is None and not may_promote_itself(rollout, command):
        return None
    return RolloutPromoted(
        rollout=rollout.rollout,
        release=rollout.release,
        promoted_by=command.principal,
        promoted_at=command.now,
    )


def may_promote_itself(rollout: Rollout, command: PromoteRollout) -> bool:
    """A person may promote at any time; nothing is promoted by itself unless its last step is passed."""
    passed = rollout.is_last_step and waits_for(rollout, command.world, command.now) is None
    return passed and not rollout.paused


def abort_once(state: DeploymentState, command: AbortRollout) -> RolloutAborted | None:
    if state.ended.get(command.rollout) == "aborted":
        return None
    rollout = active(state, command.rollout)
    if command.principal is None and rollout.verdict != "abort":
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
