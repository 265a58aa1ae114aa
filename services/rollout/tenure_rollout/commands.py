"""What can be asked of a deployment. Ids, the time and what other services say come in from outside."""

from dataclasses import dataclass
from datetime import datetime

from tenure_rollout.events import Arm, BasedOn, ContextRef, Judge, Statistics, Step
from tenure_rollout.names import Deployment, ModelName, ModelVersion, PrincipalId, ReleaseId, RolloutId


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateRelease:
    """`stage` and `artifact_digest` are what the registry says of the version, None where it knows none."""

    release: ReleaseId
    model: ModelName
    model_version: ModelVersion
    stage: str | None
    artifact_digest: str | None
    contexts: tuple[ContextRef, ...]
    unbound: tuple[str, ...]
    prompt: str | None
    flags: dict[str, str]
    based_on: tuple[BasedOn, ...]
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StartRollout:
    rollout: RolloutId
    release: ReleaseId
    steps: tuple[Step, ...]
    judge: Judge
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class EnterStep:
    rollout: RolloutId
    step: int
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeJudgement:
    """What the windows of the step say now."""

    rollout: RolloutId
    step: int
    candidate: Statistics
    champion: Statistics
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
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeRoute:
    deployment: Deployment
    arms: tuple[Arm, ...]
    salt: str
    now: datetime


RolloutCommand = (
    CreateRelease
    | StartRollout
    | EnterStep
    | ChangeJudgement
    | PauseRollout
    | ResumeRollout
    | PromoteRollout
    | AbortRollout
    | RollBack
    | ChangeRoute
)
