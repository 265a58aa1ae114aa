"""What is known of a deployment while deciding."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rpds import HashTrieMap

from tenure_rollout.events import Judge, JudgementChanged, ReleaseCreated, RouteChanged, Step
from tenure_rollout.names import ReleaseId, RolloutId, Verdict


@dataclass(frozen=True, slots=True)
class Origin:
    """The event that began something: one correlation id goes through all that comes of it."""

    event_id: str
    correlation_id: str
    hops: int


@dataclass(frozen=True, slots=True)
class Rollout:
    """The rollout that is under way. `step` is None before the first; `origin` is its RolloutStarted, on the log."""

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
    origin: Origin | None = None

    @property
    def weight_percent(self) -> float:
        return 0.0 if self.step is None else self.steps[self.step].weight_percent

    @property
    def is_last_step(self) -> bool:
        return self.step == len(self.steps) - 1

    def is_passed(self, now: datetime) -> bool:
        """The step lasted long enough and was judged `continue`; a first release has nobody to be judged by."""
        if self.step is None or self.step_entered_at is None:
            return False
        lasted = now - self.step_entered_at >= timedelta(seconds=self.steps[self.step].min_seconds)
        return lasted and (self.champion is None or self.verdict == "continue")

    @property
    def verdict(self) -> Verdict | None:
        return self.judgement.verdict if self.judgement else None


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """`served` are the champions, oldest first; `sequence` is the newest event's own."""

    sequence: int = 0
    releases: HashTrieMap[ReleaseId, ReleaseCreated] = field(default_factory=HashTrieMap)
    served: tuple[ReleaseId, ...] = ()
    active: Rollout | None = None
    ended: HashTrieMap[RolloutId, str] = field(default_factory=HashTrieMap)
    route: RouteChanged | None = None

    @property
    def champion(self) -> ReleaseId | None:
        return self.served[-1] if self.served else None
