"""What must a deployment do now, because of what is so? Pure, and asked again until it is visible."""

from collections.abc import Callable, Iterable
from datetime import datetime

from tenure_journal import Needed, Replica, Stream
from tenure_journal.reactor import Cause

from tenure_rollout.commands import (
    AbortRollout,
    ChangeJudgement,
    ChangeRoute,
    EnterStep,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
)
from tenure_rollout.events import Arm, Statistics
from tenure_rollout.foreign import BindingFacts, ModelFacts
from tenure_rollout.judge import judgement
from tenure_rollout.names import Deployment, ReleaseId
from tenure_rollout.state import DeploymentState, Origin, Rollout

KIND = "rollout/deployment"
BINDINGS, MODELS = "context/binding/", "registry/model/"
Paired = Callable[[str, ReleaseId, ReleaseId, str, datetime], tuple[Statistics, Statistics]]


def model_of(stream: str) -> str:
    """`rollout/deployment/delay-predictor@production` deploys `delay-predictor`."""
    return stream.removeprefix(f"{KIND}/").partition("@")[0]


def own(changed: str) -> Iterable[str]:
    """A change of a deployment concerns that deployment."""
    return [changed] if changed.startswith(f"{KIND}/") else []


class EnterSteps:
    """The first step of a rollout is entered at once, a later one when the step before was judged `continue`."""

    name = "enter-step"

    def affected(self, changed: str) -> Iterable[str]:
        return own(changed)

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        rollout = active(stream)
        if rollout is None or rollout.paused:
            return
        if rollout.step is None:
            yield need(stream, EnterStep(rollout=rollout.rollout, step=0, now=now))
        elif rollout.is_passed(now) and not rollout.is_last_step:
            yield need(stream, EnterStep(rollout=rollout.rollout, step=rollout.step + 1, now=now))


class EndRollouts:
    """The last step's `continue` promotes, any step's `abort` aborts; a first release has nobody to be judged by."""

    name = "end-rollout"

    def affected(self, changed: str) -> Iterable[str]:
        return own(changed)

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        rollout = active(stream)
        if rollout is None or rollout.paused or rollout.step is None:
            return
        if rollout.verdict == "abort":
            reason = f"{rollout.judge.metric} is worse than the champion's by more than {rollout.judge.margin}"
            yield need(stream, AbortRollout(rollout=rollout.rollout, reason=reason, principal=None, now=now))
        elif rollout.is_passed(now) and rollout.is_last_step:
            yield need(stream, PromoteRollout(rollout=rollout.rollout, principal=None, now=now))


class PauseInDoubt:
    """A rollout pauses while its version's gate is open again, as after a revoked approval, and goes on after.

    Likewise while a context of its model is breached whose binding asks for that.
    """

    name = "pause-in-doubt"

    def __init__(self, deployments: Callable[[], Iterable[str]]) -> None:
        self._deployments = deployments

    def affected(self, changed: str) -> Iterable[str]:
        if changed.startswith((BINDINGS, MODELS)):
            return [name for name in self._deployments() if model_of(name) == changed.rpartition("/")[2]]
        return own(changed)

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        rollout = active(stream)
        if rollout is None:
            return
        doubt = self._doubt(view, stream, rollout)
        if doubt and not rollout.paused:
            cause, reason, because = doubt
            command = PauseRollout(rollout=rollout.rollout, reason=reason, cause=cause, principal=None, now=now)
            yield Needed(stream=stream.name, command=command, because=because.event_id, cause=because)
        elif rollout.paused and rollout.paused_cause and not doubt:
            command_ = ResumeRollout(
                rollout=rollout.rollout,
                reason=f"what paused it is over: {rollout.paused_cause}",
                only_cause=rollout.paused_cause,
                principal=None,
                now=now,
            )
            yield need(stream, command_)

    def _doubt(self, view: Replica, stream: Stream, rollout: Rollout) -> tuple[str, str, Cause] | None:
        """What casts doubt on the release: the pause's cause, its reason for people, and the event that said so."""
        model, state = model_of(stream.name), stream.state
        version = state.releases[rollout.release].model_version
        versions: ModelFacts = view.state(f"{MODELS}{model}")
        facts = versions.get(version)
        if facts and facts.gate:
            return f"gate:{version}", f"version {version} lacks what its stage asks for: {facts.gate.unmet}", facts.gate
        bindings: BindingFacts = view.state(f"{BINDINGS}{model}")
        breach = bindings.breach_that_pauses
        if breach:
            return f"stale:{breach.context}", f"context {breach.context} is older than {breach.limit_seconds} s", breach
        return None


class KeepRoute:
    """The route says what the releases and the rollout say."""

    name = "keep-route"

    def affected(self, changed: str) -> Iterable[str]:
        return own(changed)

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        state: DeploymentState = stream.state
        arms = desired_arms(state)
        if arms != (state.route.arms if state.route else ()):
            deployment = Deployment(stream.name.removeprefix(f"{KIND}/"))
            salt = str(state.active.rollout) if state.active else (state.route.salt if state.route else deployment)
            yield need(stream, ChangeRoute(deployment=deployment, arms=arms, salt=salt, now=now))


def judge_due(paired: Paired) -> Callable[[Replica, datetime], Iterable[Needed]]:
    """The timer that judges every active rollout by the windows as they are; it asks only where the verdict moves."""

    def due(view: Replica, now: datetime) -> Iterable[Needed]:
        for stream in view.streams(KIND).values():
            rollout = None if stream.parked else active(stream)
            if rollout is None or rollout.step is None or rollout.champion is None or rollout.paused:
                continue
            candidate, champion = paired(
                model_of(stream.name), rollout.release, rollout.champion, rollout.judge.metric, rollout.started_at
            )
            said = judgement(rollout.judge, candidate, champion)
            if rollout.verdict != said.verdict:
                command = ChangeJudgement(
                    rollout=rollout.rollout, step=rollout.step, candidate=candidate, champion=champion, now=now
                )
                yield Needed(stream=stream.name, command=command, because=stream.digest, cause=rollout.origin)

    return due


def steps_due(reactions: Iterable[EnterSteps | EndRollouts]) -> Callable[[Replica, datetime], Iterable[Needed]]:
    """A step also ends by time alone, so the clock asks what a change would ask."""

    def due(view: Replica, now: datetime) -> Iterable[Needed]:
        for stream in view.streams(KIND).values():
            if not stream.parked:
                for reaction in reactions:
                    yield from reaction.needed(view, stream, now)

    return due


def desired_arms(state: DeploymentState) -> tuple[Arm, ...]:
    """The candidate's share first, so that a key once in the canary stays in it while the share grows."""
    rollout = state.active
    if rollout is None or rollout.weight_percent == 0:
        return (arm(state, state.champion, 100.0),) if state.champion else ()
    candidate = arm(state, rollout.release, rollout.weight_percent)
    if rollout.champion is None or rollout.weight_percent == 100:
        return (candidate,)
    return (candidate, arm(state, rollout.champion, 100.0 - rollout.weight_percent))


def arm(state: DeploymentState, release: ReleaseId, weight_percent: float) -> Arm:
    return Arm(release=release, model_version=state.releases[release].model_version, weight_percent=weight_percent)


def active(stream: Stream) -> Rollout | None:
    state: DeploymentState = stream.state
    return state.active


def need(stream: Stream, command: object) -> Needed:
    """Needed because the stream stands where it stands: whatever comes of it moves the head."""
    return Needed(stream=stream.name, command=command, because=stream.digest, cause=cause_of(stream))


def cause_of(stream: Stream) -> Cause | None:
    """The head, under the rollout's correlation id. Steps that only time ends all come of the rollout's start.

    Otherwise a long rollout would look like reactions running in a circle.
    """
    rollout, head = active(stream), stream.head
    if rollout is None or rollout.origin is None or head is None:
        return head
    if rollout.champion is None:
        return rollout.origin
    return Origin(head.event_id, rollout.origin.correlation_id, head.hops)
