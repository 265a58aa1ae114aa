"""What has happened to a deployment: its releases, rollouts, judgements and routes."""

from dataclasses import dataclass
from datetime import datetime

from tenure_rollout.judging.declared import JudgeDeclared
from tenure_rollout.judging.metrics import JudgeConfiguration
from tenure_rollout.judging.verdicts import JudgedVerdict, MetricJudgement, MetricStatistics
from tenure_rollout.names import (
    ActuatorKind,
    ActuatorName,
    Capability,
    Deployment,
    FreezeName,
    ModelName,
    ModelVersion,
    PrincipalId,
    ReleaseId,
    RolloutId,
    StepKind,
    WaitKind,
)


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
class Dependency:
    """A release of another deployment that this one needs; `joint`: when that is rolled back, so is this one."""

    deployment: Deployment
    release: ReleaseId
    joint: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseCreated:
    """The unit of rollout and rollback: model, contexts, prompt and flags move together. `digest` names all of it.

    With a `judge` every rollout of it is judged so; without one each rollout declares its own.
    """

    release: ReleaseId
    model: ModelName
    model_version: ModelVersion
    artifact_digest: str
    contexts: tuple[ContextRef, ...]
    prompt: str | None
    flags: dict[str, str]
    requires: tuple[Dependency, ...]
    judge: JudgeDeclared | None
    digest: str
    based_on: tuple[BasedOn, ...]
    created_by: PrincipalId
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class HeaderRoute:
    """Requests with this header go to the candidate, whatever the weights."""

    header: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """What a step waits for: n approvals of these kinds, a time of day (UTC), or the end of another rollout."""

    kind: WaitKind
    approvals: int
    approver_kinds: tuple[str, ...]
    opens: str | None
    closes: str | None
    deployment: Deployment | None
    release: ReleaseId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of a strategy, in Argo's words.

    `min_seconds` is the least time of an analysis, or how long a pause lasts; a pause without it waits for a person.
    After `max_seconds` in one step the rollout pauses and says what it waited for. `others` are mirrored beside the
    candidate, each the same share of the requests.
    """

    kind: StepKind
    weight_percent: float | None = None
    min_seconds: int | None = None
    max_seconds: int | None = None
    header: HeaderRoute | None = None
    wait: Wait | None = None
    others: tuple[ReleaseId, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutStarted:
    """`judge` is fixed from here on, what was planned of the champion's past included.

    A `baseline` is the champion's tuple under another name. It gets as much as the candidate does, which is judged by
    it: the champion's own arm may be warmer, larger and older.
    """

    rollout: RolloutId
    release: ReleaseId
    champion: ReleaseId | None
    baseline: ReleaseId | None
    strategy: str
    steps: tuple[Step, ...]
    judge: JudgeConfiguration
    supersedes: RolloutId | None
    started_by: PrincipalId
    started_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StepEntered:
    rollout: RolloutId
    step: int
    kind: StepKind
    weight_percent: float
    entered_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgementChanged:
    """The rollout's verdict or a metric's is another: with all that it rests on, to be computed from this event alone.

    `window` begins the newest window that was judged; `statistics` are those since the rollout's start. Judge revision
    0 looked once at each step: there a contrast has weight 1, and its variance is the squared standard error.
    """

    rollout: RolloutId
    step: int
    verdict: JudgedVerdict
    judge_revision: str
    configuration: JudgeConfiguration
    statistics: tuple[MetricStatistics, ...]
    metrics: tuple[MetricJudgement, ...]
    window: datetime | None
    judged_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StepApproved:
    """A person lets a step that waits for it pass; `digest` is the release's, as the person saw it."""

    rollout: RolloutId
    step: int
    digest: str
    approver_kind: str | None
    comment: str
    approved_by: PrincipalId
    approved_at: datetime


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
    rolled_back_by: PrincipalId | None
    rolled_back_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """A release with its share, and the whole tuple: whoever serves by this record needs no other."""

    release: ReleaseId
    model_version: ModelVersion
    weight_percent: float
    artifact_digest: str
    contexts: tuple[ContextRef, ...]
    prompt: str | None
    flags: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mirror:
    """A release that gets copies of this share of the requests, and whose answers nobody sees."""

    release: ReleaseId
    percent: float


@dataclass(frozen=True, kw_only=True, slots=True)
class HeaderArm:
    """Requests with this header go to this release."""

    header: str
    value: str
    release: ReleaseId


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteChanged:
    """What serves from now on; `epoch` is this event's own sequence.

    A release that `mirrors` or `headers` name is among the arms, if need be with no share of its own.
    """

    deployment: Deployment
    epoch: int
    arms: tuple[Arm, ...]
    salt: str
    mirrors: tuple[Mirror, ...]
    headers: tuple[HeaderArm, ...]
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """The share that a gateway really gives a release."""

    release: ReleaseId
    weight_percent: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteObserved:
    """What an actuator does now, said when that begins or ceases to be what was desired."""

    actuator: ActuatorName
    desired_epoch: int
    desired: tuple[Observed, ...]
    observed: tuple[Observed, ...]
    in_step: bool
    detail: str | None
    observed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackReadinessLost:
    """The release that served before could not be put back now."""

    release: ReleaseId
    reasons: tuple[str, ...]
    lost_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackReadinessRestored:
    release: ReleaseId
    restored_at: datetime


DeploymentEvent = (
    ReleaseCreated
    | RolloutStarted
    | StepEntered
    | StepApproved
    | JudgementChanged
    | RolloutPaused
    | RolloutResumed
    | RolloutPromoted
    | RolloutAborted
    | ReleaseRolledBack
    | RouteChanged
    | RouteObserved
    | RollbackReadinessLost
    | RollbackReadinessRestored
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ActuatorRegistered:
    """A gateway or router that turns routes into traffic. `finest_percent` is the least change it can make."""

    actuator: ActuatorName
    kind: ActuatorKind
    deployments: tuple[Deployment, ...]
    capabilities: tuple[Capability, ...]
    finest_percent: float
    address: str | None
    registered_by: PrincipalId
    registered_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ActuatorRetired:
    actuator: ActuatorName
    reason: str
    retired_by: PrincipalId
    retired_at: datetime


ActuatorEvent = ActuatorRegistered | ActuatorRetired


@dataclass(frozen=True, kw_only=True, slots=True)
class FreezeDeclared:
    """No rollout begins or takes a step in this time; rolling back goes on. `models` empty: all of them."""

    freeze: FreezeName
    models: tuple[ModelName, ...]
    environments: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str
    declared_by: PrincipalId
    declared_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FreezeLifted:
    freeze: FreezeName
    reason: str
    lifted_by: PrincipalId
    lifted_at: datetime


FreezeEvent = FreezeDeclared | FreezeLifted

RolloutEvent = DeploymentEvent | ActuatorEvent | FreezeEvent
