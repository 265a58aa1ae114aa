"""The rules that say no: each one's name, its sentence, and the facts that it looked at."""

from dataclasses import dataclass

from tenure_decider import Invalid, Rejected, Unknown

from tenure_rollout.names import ActuatorName, FreezeName, ModelVersion, ReleaseId, RolloutId, StepKind


@dataclass(eq=False)
class VersionNotInProduction(Rejected):
    """Version {model_version} is in stage {stage}; only a version in production can be released."""

    model_version: ModelVersion
    stage: str | None


@dataclass(eq=False)
class ContextNotBound(Rejected):
    """The model is not bound to {unbound} in that revision."""

    unbound: tuple[str, ...]


@dataclass(eq=False)
class ReleasesBlocked(Rejected):
    """Context {stale} is older than its SLA allows, and the SLA blocks releases till it is fresh again."""

    stale: tuple[str, ...]


@dataclass(eq=False)
class ReleaseIsFixed(Rejected):
    """Release {release} exists and is another tuple; give the new one a name of its own."""

    release: ReleaseId


@dataclass(eq=False)
class ReleaseUnknown(Unknown):
    """There is no release {release}."""

    release: ReleaseId


@dataclass(eq=False)
class RolloutUnknown(Unknown):
    """There is no rollout {rollout}."""

    rollout: RolloutId


@dataclass(eq=False)
class RolloutActive(Rejected):
    """Rollout {rollout} is under way; a deployment has one at a time. Name it in `supersedes` to take its place."""

    rollout: RolloutId


@dataclass(eq=False)
class RolloutEnded(Rejected):
    """Rollout {rollout} has ended."""

    rollout: RolloutId


@dataclass(eq=False)
class Frozen(Rejected):
    """Nothing may begin here till freeze {freeze} ends: {reason}."""

    freeze: FreezeName
    reason: str


@dataclass(eq=False)
class DependencyNotServing(Rejected):
    """The release needs {missing}, which does not serve."""

    missing: tuple[str, ...]


@dataclass(eq=False)
class AlreadyServing(Rejected):
    """Release {release} is the champion already."""

    release: ReleaseId


@dataclass(eq=False)
class StepsInvalid(Invalid):
    """A rollout has between 1 and {most} steps, not {steps}."""

    steps: int
    most: int


@dataclass(eq=False)
class StepInvalid(Invalid):
    """Step {step} ({step_kind}) can't be followed: {reason}."""

    step: int
    step_kind: StepKind
    reason: str


@dataclass(eq=False)
class WeightsInvalid(Invalid):
    """A rollout's share never shrinks on the way, but here it goes {weights}; abort to go back."""

    weights: tuple[float, ...]


@dataclass(eq=False)
class JudgeInvalid(Invalid):
    """The judge can't judge: {reason}."""

    reason: str


@dataclass(eq=False)
class MetricUnbounded(Invalid):
    """Metric {metric} needs the bounds that every observation keeps, `lower_bound` and `upper_bound`."""

    metric: str


@dataclass(eq=False)
class SharesOfAlphaInvalid(Invalid):
    """The metrics' weights are shares of alpha, which sum to 1, not to {sum_of_weights}; or give none."""

    sum_of_weights: float


@dataclass(eq=False)
class MetricNotMonitored(Rejected):
    """The model's monitor keeps {monitored}, but not {unknown}: declare a monitor that does, or judge by another."""

    unknown: tuple[str, ...]
    monitored: tuple[str, ...]


@dataclass(eq=False)
class JudgeMissing(Invalid):
    """Neither release {release} nor the rollout says how it is judged: give the rollout a judge."""

    release: ReleaseId


@dataclass(eq=False)
class JudgeIsTheReleases(Rejected):
    """Release {release} says how it is judged: leave the rollout's judge out, or roll out another release."""

    release: ReleaseId


@dataclass(eq=False)
class BaselineDiffers(Rejected):
    """{baseline} is no baseline: that is a release of its own, which differs from {champion} by its name alone."""

    baseline: ReleaseId
    champion: ReleaseId | None


@dataclass(eq=False)
class NoRoomForBaseline(Invalid):
    """A baseline gets as much as the candidate, so that a share may be up to 50 percent, or 100, and not {shares}."""

    shares: tuple[float, ...]


@dataclass(eq=False)
class ActuatorCannot(Rejected):
    """Actuator {actuator} can't do {missing}, which the steps ask for."""

    actuator: ActuatorName
    missing: str


@dataclass(eq=False)
class NotWaitingForApproval(Rejected):
    """Rollout {rollout} is not at a step that waits for a person."""

    rollout: RolloutId


@dataclass(eq=False)
class ApprovalOfAnotherRelease(Rejected):
    """The release is {release_digest}, but the approver saw {seen}."""

    release_digest: str
    seen: str


@dataclass(eq=False)
class NothingToRollBackTo(Rejected):
    """No other release served before this one."""
