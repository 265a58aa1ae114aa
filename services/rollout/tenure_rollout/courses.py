"""What do the windows of each active rollout come to, kept up one by one?

All of it could be computed again from the windows at any time, and comes out the same: this is a cache, for a judge
that looks every second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tenure_rollout.deployment.state import Rollout
from tenure_rollout.folding import MetricCourse, course_of
from tenure_rollout.judging.metrics import JudgeConfiguration, Metric
from tenure_rollout.judging.verdicts import JUDGE_REVISION, Evidence, Judgement, MetricStatistics, verdict_of
from tenure_rollout.names import ReleaseId, RolloutId
from tenure_rollout.windows import Series, WindowFollower
from tenure_rollout.world import model_of

MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """`window` begins the newest window that counts."""

    statistics: tuple[MetricStatistics, ...]
    judgement: Judgement
    window: datetime | None


class Course:
    """One rollout's statistics, judged again only where they have changed."""

    def __init__(self, configuration: JudgeConfiguration, metrics: tuple[MetricCourse, ...]) -> None:
        self._configuration, self.metrics = configuration, metrics
        self._judged: Judged | None = None

    def judged(self, now: datetime) -> Judged:
        changed = [metric.advance(now) for metric in self.metrics]
        if self._judged is None or any(changed):
            self._judged = self._judge()
        return self._judged

    def _judge(self) -> Judged:
        said = tuple(metric.said() for metric in self.metrics)
        evidence = Evidence(judge_revision=JUDGE_REVISION, configuration=self._configuration, statistics=said)
        newest = max((metric.window for metric in self.metrics if metric.window), default=None)
        return Judged(said, verdict_of(evidence), newest)


class Courses:
    """By rollout; a window that is new or revised is folded when it has closed, and all after it once more."""

    def __init__(self, windows: WindowFollower) -> None:
        self._windows = windows
        self._courses: dict[tuple[str, RolloutId], Course] = {}
        self._listening: defaultdict[Series, list[MetricCourse]] = defaultdict(list)
        windows.subscribe(self._note)

    def judged(self, deployment: str, rollout: Rollout, now: datetime) -> Judged:
        """By all windows that began after the rollout did, and have closed by now; `deployment` is its stream."""
        key = (deployment, rollout.rollout)
        course = self._courses.get(key)
        if course is None:
            course = self._courses[key] = self._begun(model_of(deployment), rollout)
        return course.judged(now)

    def forget_all_but(self, rollouts: Iterable[tuple[str, RolloutId]]) -> None:
        """What has ended is judged no more; by deployment and rollout."""
        kept = set(rollouts)
        gone = [key for key in self._courses if key not in kept]
        ended = {id(metric) for key in gone for metric in self._courses.pop(key).metrics}
        if ended:
            heard = {series: [m for m in found if id(m) not in ended] for series, found in self._listening.items()}
            self._listening = defaultdict(list, {series: found for series, found in heard.items() if found})

    def faults(self) -> list[tuple[RolloutId, str]]:
        """Windows that can't be judged by, of rollouts that are under way."""
        found = ((key[1], metric) for key, course in self._courses.items() for metric in course.metrics)
        return [(rollout, fault) for rollout, metric in found for fault in metric.faults.values()][:MOST_FAULTS]

    def _begun(self, model: str, rollout: Rollout) -> Course:
        assert rollout.champion is not None, "a first release has nobody to be judged by"
        metrics = []
        for metric in rollout.judge.metrics:
            ours, theirs = arms_of(metric, model, rollout.release, rollout.champion, rollout.baseline)
            course = course_of(metric, self._windows.windows, ours, theirs, rollout.started_at)
            for series in {ours, theirs}:
                self._listening[series].append(course)
            metrics.append(course)
        return Course(rollout.judge, tuple(metrics))

    def _note(self, series: Series, start: datetime) -> None:
        for course in self._listening.get(series, ()):
            course.note(start)


def arms_of(
    metric: Metric, model: str, candidate: ReleaseId, champion: ReleaseId, baseline: ReleaseId | None = None
) -> tuple[Series, Series]:
    """A pair is in one window already, and whoever gets the answer is the champion."""
    if metric.kind == "paired":
        pairs = Series(model, candidate, metric.name, champion)
        return pairs, pairs
    return Series(model, candidate, metric.name), Series(model, baseline or champion, metric.name)
