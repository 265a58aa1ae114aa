"""What can be asked of a deployment. Ids, the time and what other services say come in from outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tenure_rollout.deployment.steps import World
from tenure_rollout.events import (
    BasedOn,
    ContextRef,
    Dependency,
    Observed,
    Step,
)
from tenure_rollout.judging.declared import JudgeDeclared
from tenure_rollout.judging.statistics import Moments
from tenure_rollout.judging.verdicts import MetricStatistics
from tenure_rollout.names import (
    ActuatorName,
    Capability,
    Deployment,
    FreezeName,
    ModelName,
    ModelVersion,
    PrincipalId,
    ReleaseId,
    RolloutId,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateRelease:
    """`stage` and `artifact_digest` are what the registry says of the version, None where it knows none.

    `blocked_by` are contexts so stale that their SLA blocks releases.
    """

    release: ReleaseId
    model: ModelName
    model_version: ModelVersion
    stage: str | None
    artifact_digest: str | None
    contexts: tuple[ContextRef, ...]
    unbound: tuple[str, ...]
    blocked_by: tuple[str, ...]
    prompt: str | None
    flags: dict[str, str]
    requires: tuple[Dependency, ...]
    judge: JudgeDeclared | None
    based_on: tuple[BasedOn, ...]
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ActuatorFacts:
    """What an actuator of this deployment can do."""

    actuator: ActuatorName
    capabilities: tuple[Capability, ...]
    finest_percent: float


@dataclass(frozen=True, kw_only=True, slots=True)
class StartRollout:
    """`frozen` is the freeze that holds here now, `missing` what the release needs and does not serve.

    `monitored` are the metrics that a monitor keeps of the model, `past` what they were of the champion so far.
    """

    rollout: RolloutId
    release: ReleaseId
    baseline: ReleaseId | None
    strategy: str
    steps: tuple[Step, ...]
    judge: JudgeDeclared | None
    monitored: tuple[str, ...]
    past: Mapping[str, Moments]
    supersedes: RolloutId | None
    frozen: tuple[FreezeName, str] | None
    missing: tuple[str, ...]
    blocked_by: tuple[str, ...]
    actuators: tuple[ActuatorFacts, ...]
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class EnterStep:
    """`world` is what the step before may have waited for."""

    rollout: RolloutId
    step: int
    world: World
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApproveStep:
    rollout: RolloutId
    seen_digest: str
    approver_kind: str | None
    comment: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeJudgement:
    """What the windows say now that closed since the rollout's start; `window` is where the newest of them begins."""

    rollout: RolloutId
    step: int
    statistics: tuple[MetricStatistics, ...]
    window: datetime | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PauseRollout:
    rollout: RolloutId
    reason: str
    cause: str | None
    principal: PrincipalId | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ResumeRollout:
    """`only_cause`: resume only where this is what paused it; None for a person, who may always."""

    rollout: RolloutId
    reason: str
    only_cause: str | None
    principal: PrincipalId | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PromoteRollout:
    rollout: RolloutId
    world: World
    principal: PrincipalId | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AbortRollout:
    rollout: RolloutId
    reason: str
    principal: PrincipalId | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RollBack:
    """`only_from`: only while this release serves; None for whatever does. No principal where a reaction asks."""

    reason: str
    only_from: ReleaseId | None
    principal: PrincipalId | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeRoute:
    """The route shall say what the releases and the rollout say."""

    deployment: Deployment
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ObserveRoute:
    """What an actuator says that it does; `epoch` is the route that it knows."""

    actuator: ActuatorName
    epoch: int
    observed: tuple[Observed, ...]
    tolerance_percent: float
    detail: str | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckRollback:
    """Why the release that a rollback would put back could not serve; nothing where it could."""

    release: ReleaseId
    reasons: tuple[str, ...]
    now: datetime


DeploymentCommand = (
    CreateRelease
    | StartRollout
    | EnterStep
    | ApproveStep
    | ChangeJudgement
    | PauseRollout
    | ResumeRollout
    | PromoteRollout
    | AbortRollout
    | RollBack
    | ChangeRoute
    | ObserveRoute
    | CheckRollback
)
