"""What is known of a deployment while deciding."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rpds import HashTrieMap

from tenure_rollout.events import (
    HeaderRoute,
    JudgementChanged,
    ReleaseCreated,
    RouteChanged,
    RouteObserved,
    Step,
    StepApproved,
)
from tenure_rollout.judging.metrics import JudgeConfiguration
from tenure_rollout.judging.verdicts import JudgedVerdict
from tenure_rollout.names import ActuatorName, ReleaseId, RolloutId

OVERDUE = "overdue"
"""The cause of a pause because a step lasts too long; such a pause is only ended by a person, and made once a step."""
JUDGED = "judged"
"""The cause of a pause by the judge, likewise; made once for each time that the verdict becomes `pause`."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The event that began something: one correlation id goes through all that comes of it."""

    event_id: str
    correlation_id: str
    hops: int


@dataclass(frozen=True, slots=True)
class Rollout:
    """The rollout that is under way. `step` is None before the first; `origin` is its RolloutStarted, on the log.

    Weight, mirrored share and header route are those of the steps taken so far. `pause_heeded`: the judge's present
    verdict `pause` has paused it, whatever a person did after that.
    """

    rollout: RolloutId
    release: ReleaseId
    champion: ReleaseId | None
    steps: tuple[Step, ...]
    judge: JudgeConfiguration
    started_at: datetime
    baseline: ReleaseId | None = None
    step: int | None = None
    step_entered_at: datetime | None = None
    weight_percent: float = 0.0
    mirror_percent: float = 0.0
    mirrored_too: tuple[ReleaseId, ...] = ()
    header: HeaderRoute | None = None
    approvals: tuple[StepApproved, ...] = ()
    judgement: JudgementChanged | None = None
    paused: bool = False
    paused_cause: str | None = None
    overdue_step: int | None = None
    pause_heeded: bool = False
    origin: Origin | None = None

    @property
    def current(self) -> Step | None:
        return None if self.step is None else self.steps[self.step]

    @property
    def is_last_step(self) -> bool:
        return self.step == len(self.steps) - 1

    @property
    def verdict(self) -> JudgedVerdict | None:
        return self.judgement.verdict if self.judgement else None

    def lasted(self, now: datetime, seconds: int) -> bool:
        return self.step_entered_at is not None and now - self.step_entered_at >= timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """`served` are the champions, oldest first; `sequence` is the newest event's own.

    `taken_back` are the releases that were rolled back or whose rollout was aborted, and that were not promoted since.
    """

    sequence: int = 0
    releases: HashTrieMap[ReleaseId, ReleaseCreated] = field(default_factory=HashTrieMap)
    served: tuple[ReleaseId, ...] = ()
    taken_back: frozenset[ReleaseId] = frozenset()
    active: Rollout | None = None
    ended: HashTrieMap[RolloutId, str] = field(default_factory=HashTrieMap)
    route: RouteChanged | None = None
    observed: HashTrieMap[ActuatorName, RouteObserved] = field(default_factory=HashTrieMap)
    unready: tuple[str, ...] = ()

    @property
    def champion(self) -> ReleaseId | None:
        return self.served[-1] if self.served else None

    @property
    def serving(self) -> ReleaseId | None:
        """What a rollback would take back: the candidate, or where there is none the champion."""
        return self.active.release if self.active else self.champion

    @property
    def previous(self) -> ReleaseId | None:
        """What a rollback would put back."""
        if self.active:
            return self.champion
        return self.served[-2] if len(self.served) > 1 else None
