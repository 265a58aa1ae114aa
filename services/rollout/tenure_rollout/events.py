"""What has happened to a deployment: its releases, rollouts, judgements and routes."""

from dataclasses import dataclass
from datetime import datetime

from tenure_rollout.names import Deployment, ModelName, ModelVersion, PrincipalId, ReleaseId, RolloutId, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextRef:
    context: str
    revision: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BasedOn:
    """The head of a foreign stream that a decision leaned on."""

    stream: str
    sequence: int
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseCreated:
    release: ReleaseId
    model: ModelName
    model_version: ModelVersion
    artifact_digest: str
    contexts: tuple[ContextRef, ...]
    prompt: str | None
    flags: dict[str, str]
    based_on: tuple[BasedOn, ...]
    created_by: PrincipalId
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One weight of a rollout, and the least time that it lasts."""

    weight_percent: float
    min_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """Non-inferiority: the candidate's mean may be worse (higher) than the champion's by less than `margin`."""

    metric: str
    margin: float
    confidence: float
    min_n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutStarted:
    rollout: RolloutId
    release: ReleaseId
    champion: ReleaseId | None
    steps: tuple[Step, ...]
    judge: Judge
    started_by: PrincipalId
    started_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StepEntered:
    rollout: RolloutId
    step: int
    weight_percent: float
    entered_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics:
    """Sufficient statistics of one arm: count, mean and unbiased variance."""

    n: int
    mean: float
    variance: float


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgementChanged:
    """The verdict on a step, with all that it rests on: it can be computed again from this event alone."""

    rollout: RolloutId
    step: int
    verdict: Verdict
    metric: str
    margin: float
    confidence: float
    min_n: int
    candidate: Statistics
    champion: Statistics
    difference: float
    low: float
    high: float
    judged_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutPaused:
    rollout: RolloutId
    reason: str
    cause: str | None
    paused_by: PrincipalId | None
    paused_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutResumed:
    rollout: RolloutId
    reason: str
    resumed_by: PrincipalId | None
    resumed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutPromoted:
    rollout: RolloutId
    release: ReleaseId
    promoted_by: PrincipalId | None
    promoted_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutAborted:
    rollout: RolloutId
    release: ReleaseId
    reason: str
    aborted_by: PrincipalId | None
    aborted_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseRolledBack:
    """The release that served before serves again, at once."""

    from_release: ReleaseId
    to_release: ReleaseId
    reason: str
    rolled_back_by: PrincipalId
    rolled_back_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    release: ReleaseId
    model_version: ModelVersion
    weight_percent: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteChanged:
    """What serves from now on; `epoch` is this event's own sequence."""

    deployment: Deployment
    epoch: int
    arms: tuple[Arm, ...]
    salt: str
    changed_at: datetime


RolloutEvent = (
    ReleaseCreated
    | RolloutStarted
    | StepEntered
    | JudgementChanged
    | RolloutPaused
    | RolloutResumed
    | RolloutPromoted
    | RolloutAborted
    | ReleaseRolledBack
    | RouteChanged
)
