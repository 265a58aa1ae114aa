"""What must a deployment do now, because of what is so? Pure, and asked again until it is visible."""

from collections.abc import Callable, Iterable
from datetime import datetime

from tenure_journal import Needed, Replica, Stream
from tenure_journal.reactor import Cause

from tenure_rollout.courses import Courses
from tenure_rollout.deployment.commands import (
    AbortRollout,
    ChangeJudgement,
    ChangeRoute,
    CheckRollback,
    EnterStep,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
    RollBack,
)
from tenure_rollout.deployment.course import verdicts
from tenure_rollout.deployment.routing import desired, said
from tenure_rollout.deployment.state import JUDGED, OVERDUE, DeploymentState, Origin, Rollout
from tenure_rollout.deployment.steps import is_overdue, waits_for
from tenure_rollout.foreign import BindingFacts, ModelFacts
from tenure_rollout.judging.verdicts import JudgedVerdict
from tenure_rollout.names import Deployment
from tenure_rollout.world import BINDINGS, KIND, MODELS, deployment_of, model_of, stale, unready, world_of

Due = Callable[[Replica, datetime], Iterable[Needed]]
DOUBTS = ("gate:", "stale:")


def own(changed: str) -> Iterable[str]:
    """A change of a deployment concerns that deployment."""
    return [changed] if changed.startswith(f"{KIND}/") else []


class TakeSteps:
    """The next step is entered when this one waits for nothing more; after the last one the release is promoted."""

    name = "take-step"

    def affected(self, changed: str) -> Iterable[str]:
        return own(changed)

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        rollout = active(stream)
        if rollout is None or rollout.paused:
            return
        world = world_of(view, stream, now)
        if waits_for(rollout, world, now):
            return
        if rollout.is_last_step:
            yield need(stream, PromoteRollout(rollout=rollout.rollout, world=world, principal=None, now=now))
        else:
            following = 0 if rollout.step is None else rollout.step + 1
            yield need(stream, EnterStep(rollout=rollout.rollout, step=following, world=world, now=now))


class AbortHarmful:
    """A judgement of `abort` ends the rollout, also one that is paused: its candidate serves on meanwhile."""

    name = "abort-harmful"

    def affected(self, changed: str) -> Iterable[str]:
        return own(changed)

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        rollout = active(stream)
        if rollout and rollout.verdict == "abort":
            command = AbortRollout(rollout=rollout.rollout, reason=harm(rollout, "abort"), principal=None, now=now)
            yield need(stream, command)


class PauseHarmful:
    """A judgement of `pause` stops the rollout where it is; a person looks, and whatever they decide stands."""

    name = "pause-harmful"

    def affected(self, changed: str) -> Iterable[str]:
        return own(changed)

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        rollout = active(stream)
        if rollout and rollout.verdict == "pause" and not (rollout.paused or rollout.pause_heeded):
            reason = harm(rollout, "pause")
            yield need(
                stream,
                PauseRollout(rollout=rollout.rollout, reason=reason, cause=JUDGED, principal=None, now=now),
            )


def harm(rollout: Rollout, verdict: JudgedVerdict) -> str:
    """What the judge found, for people: each metric with that verdict, and the margin that it exceeds."""
    assert rollout.judgement is not None, "its verdict is known"
    judged = zip(rollout.judgement.configuration.metrics, rollout.judgement.metrics, strict=True)
    found = [
        f"{m.name} is worse than the champion's by more than {m.margin:g}" for m, j in judged if j.verdict == verdict
    ]
    return "; ".join(found)


class PauseOverdue:
    """A step that lasts longer than it may pauses the rollout, which says what it waited for."""

    name = "pause-overdue"

    def affected(self, changed: str) -> Iterable[str]:
        return own(changed)

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        rollout = active(stream)
        if rollout is None or rollout.paused or rollout.overdue_step == rollout.step or not is_overdue(rollout, now):
            return
        waited = waits_for(rollout, world_of(view, stream, now), now)
        if waited:
            reason = f"step {rollout.step} has waited too long for {waited}"
            command = PauseRollout(rollout=rollout.rollout, reason=reason, cause=OVERDUE, principal=None, now=now)
            yield need(stream, command)


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
        elif rollout.paused and (rollout.paused_cause or "").startswith(DOUBTS) and not doubt:
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
        state: DeploymentState = stream.state
        release = state.releases[rollout.release]
        versions: ModelFacts = view.state(f"{MODELS}{release.model}")
        facts = versions.get(release.model_version)
        if facts and facts.gate:
            lacks = f"version {release.model_version} lacks what its stage asks for: {facts.gate.unmet}"
            return f"gate:{release.model_version}", lacks, facts.gate
        bindings: BindingFacts = view.state(f"{BINDINGS}{release.model}")
        breach = bindings.breach_that_pauses
        if breach:
            return f"stale:{breach.context}", f"context {breach.context} is older than {breach.limit_seconds} s", breach
        return None


class FallBack:
    """A release whose context is too old goes back, where its binding says so and the one before is better off.

    Its readers have its defaults meanwhile; without a release before that is fresh, they have these for good.
    """

    name = "fall-back"

    def __init__(self, deployments: Callable[[], Iterable[str]]) -> None:
        self._deployments = deployments

    def affected(self, changed: str) -> Iterable[str]:
        if changed.startswith(BINDINGS):
            return [name for name in self._deployments() if model_of(name) == changed.rpartition("/")[2]]
        return own(changed)

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        state: DeploymentState = stream.state
        serving, before = state.serving, state.previous
        if serving is None or before is None or state.unready or stale(view, state, before):
            return
        release = state.releases[serving]
        bindings: BindingFacts = view.state(f"{BINDINGS}{release.model}")
        if breach := bindings.falling_back(release.model_version, release.contexts):
            reason = (
                f"context {breach.context} is older than {breach.limit_seconds} s, and its binding says to fall back"
            )
            command = RollBack(reason=reason, only_from=serving, principal=None, now=now)
            yield Needed(stream=stream.name, command=command, because=f"{breach.event_id} {serving}", cause=breach)


class RollBackTogether:
    """A release goes back when one that it needs, jointly, was taken back."""

    name = "roll-back-together"

    def __init__(self, deployments: Callable[[], Iterable[str]]) -> None:
        self._deployments = deployments

    def affected(self, changed: str) -> Iterable[str]:
        return self._deployments() if changed.startswith(f"{KIND}/") else []

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        state: DeploymentState = stream.state
        serving = state.serving
        if serving is None or state.previous is None:
            return
        for one in state.releases[serving].requires:
            other = view.stream(f"{KIND}/{one.deployment}") if one.joint else None
            if other and not other.parked and one.release in other.state.taken_back:
                reason = f"{one.release} of {one.deployment}, which it needs, was taken back"
                command = RollBack(reason=reason, only_from=serving, principal=None, now=now)
                yield Needed(stream=stream.name, command=command, because=other.digest, cause=other.head)


class KeepRoute:
    """The route says what the releases and the rollout say."""

    name = "keep-route"

    def affected(self, changed: str) -> Iterable[str]:
        return own(changed)

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        state: DeploymentState = stream.state
        if desired(state) != said(state.route):
            yield need(stream, ChangeRoute(deployment=Deployment(deployment_of(stream.name)), now=now))


def judge_due(courses: Courses) -> Due:
    """The timer that judges every active rollout by the windows that have closed; it asks where a verdict moves."""

    def due(view: Replica, now: datetime) -> Iterable[Needed]:
        courses.forget_all_but((stream.name, one.rollout) for stream in deployments(view) if (one := active(stream)))
        for stream in deployments(view):
            rollout = active(stream)
            if rollout is None or rollout.step is None or rollout.champion is None:
                continue
            found = courses.judged(stream.name, rollout, now)
            if rollout.judgement is None or verdicts(rollout.judgement.metrics) != verdicts(found.judgement.metrics):
                command = ChangeJudgement(
                    rollout=rollout.rollout,
                    step=rollout.step,
                    statistics=found.statistics,
                    window=found.window,
                    now=now,
                )
                yield Needed(stream=stream.name, command=command, because=stream.digest, cause=rollout.origin)

    return due


def rollback_due(show: Callable[[int], None]) -> Due:
    """The timer that looks whether each deployment could be rolled back; it asks only where that changed.

    `show` is told each time how many could not.
    """

    def due(view: Replica, now: datetime) -> Iterable[Needed]:
        lost = 0
        for stream in deployments(view):
            state: DeploymentState = stream.state
            previous = state.previous
            reasons = unready(view, state, previous) if previous else ()
            lost += bool(reasons)
            if previous and reasons != state.unready:
                yield need(stream, CheckRollback(release=previous, reasons=reasons, now=now))
        show(lost)

    return due


def steps_due(reactions: Iterable[TakeSteps | PauseOverdue]) -> Due:
    """A step also ends by time alone, and by what other services say, so the clock asks what a change would ask."""
    asked = tuple(reactions)

    def due(view: Replica, now: datetime) -> Iterable[Needed]:
        for stream in deployments(view):
            for reaction in asked:
                yield from reaction.needed(view, stream, now)

    return due


def deployments(view: Replica) -> Iterable[Stream]:
    return (stream for stream in view.streams(KIND).values() if not stream.parked)


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
