"""What is known of a deployment while deciding."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rpds import HashTrieMap

from tenure_rollout.events import Judge, JudgementChanged, ReleaseCreated, RouteChanged, Step
from tenure_rollout.names import ReleaseId, RolloutId


@dataclass(frozen=True, slots=True)
class Rollout:
    """The rollout that is under way. `step` is None before the first."""

    rollout: RolloutId
    release: ReleaseId
    champion: ReleaseId | None
    steps: tuple[Step, ...]
    judge: Judge
    started_at: datetime
    step: int | None = None
    step_entered_at: datetime | None = None
    judgement: JudgementChanged | None = None
    paused: bool = False
    paused_cause: str | None = None

    @property
    def weight_percent(self) -> float:
        return 0.0 if self.step is None else self.steps[self.step].weight_percent

    @property
    def is_last_step(self) -> bool:
        return self.step == len(self.steps) - 1


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """`served` are the champions, oldest first; `sequence` counts this stream's events."""

    sequence: int = 0
    releases: HashTrieMap[ReleaseId, ReleaseCreated] = field(default_factory=HashTrieMap)
    served: tuple[ReleaseId, ...] = ()
    active: Rollout | None = None
    ended: HashTrieMap[RolloutId, str] = field(default_factory=HashTrieMap)
    route: RouteChanged | None = None

    @property
    def champion(self) -> ReleaseId | None:
        return self.served[-1] if self.served else None
