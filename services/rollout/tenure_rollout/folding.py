"""How do windows become one metric's statistics, whatever the order in which they come and are revised?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import datetime

from tenure_rollout.judging.metrics import Kind, Metric
from tenure_rollout.judging.statistics import (
    NOTHING,
    Contrast,
    Histogram,
    Moments,
    StatisticsInvalid,
    empty_histogram,
    with_pairs,
    with_window,
)
from tenure_rollout.judging.verdicts import MetricStatistics
from tenure_rollout.windows import Kept, Series

Windows = Callable[[Series], Mapping[datetime, Kept]]


class MetricCourse(ABC):
    """Folds each window once it has closed, if both arms served in it; a revised one again, with all after it.

    Windows that can't be statistics within the declared bounds are `faults`, by their starts. While there is one, the
    metric has no statistics at all: what lies out of bounds may be just what a judge should see.
    """

    def __init__(self, metric: Metric, windows: Windows, candidate: Series, champion: Series, since: datetime) -> None:
        self._metric, self._since = metric, since
        self._windows, self._candidate, self._champion = windows, candidate, champion
        self._pending = {start for arm in (candidate, champion) for start in windows(arm) if start >= since}
        self.faults: dict[datetime, str] = {}

    def note(self, start: datetime) -> None:
        """A window is new or revised."""
        if start >= self._since:
            self._pending.add(start)

    def advance(self, now: datetime) -> bool:
        """Folds what has closed; True where that was something."""
        due = sorted(start for start in self._pending if self._is_closed(start, now))
        self._pending.difference_update(due)
        if due:
            self._fold(due)
        return bool(due)

    @property
    @abstractmethod
    def window(self) -> datetime | None:
        """Where the newest window begins that counts."""

    @abstractmethod
    def said(self) -> MetricStatistics:
        """The statistics of all that was folded."""

    @abstractmethod
    def _fold(self, due: list[datetime]) -> None:
        """Takes these windows, which ascend, as they are now."""

    def _is_closed(self, start: datetime, now: datetime) -> bool:
        arms = (self._windows(arm).get(start) for arm in (self._candidate, self._champion))
        return all(kept is None or kept.ends_at <= now for kept in arms)

    def _both(self, start: datetime) -> tuple[Kept, Kept] | None:
        ours, theirs = self._windows(self._candidate).get(start), self._windows(self._champion).get(start)
        return (ours, theirs) if ours and theirs else None

    def _fault(self, start: datetime, why: StatisticsInvalid) -> None:
        self.faults[start] = f"{self._metric.name} at {start.isoformat()}: {why}"


class ContrastCourse(MetricCourse):
    """A mean or a proportion: an observation is predicted by the windows before it, so all after a revised one move."""

    def __init__(self, metric: Metric, windows: Windows, candidate: Series, champion: Series, since: datetime) -> None:
        super().__init__(metric, windows, candidate, champion, since)
        self._starts = list[datetime]()
        self._after = list[Contrast]()

    @property
    def window(self) -> datetime | None:
        return self._starts[-1] if self._starts else None

    def said(self) -> MetricStatistics:
        contrast = self._after[-1] if self._after and not self.faults else NOTHING
        return MetricStatistics(metric=self._metric.name, contrast=contrast, candidate=None, champion=None)

    def _fold(self, due: list[datetime]) -> None:
        place = bisect_left(self._starts, due[0])
        again = {*due, *self._starts[place:], *(start for start in self.faults if start >= due[0])}
        self.faults = {start: why for start, why in self.faults.items() if start < due[0]}
        del self._starts[place:], self._after[place:]
        for start in sorted(again):
            self._add(start)

    def _add(self, start: datetime) -> None:
        arms = self._both(start)
        if arms is None:
            return
        ours, theirs = (self._metric.on_unit_scale(kept.moments) for kept in arms)
        try:
            contrast = self._with(self._after[-1] if self._after else NOTHING, ours, theirs)
        except StatisticsInvalid as why:
            self._fault(start, why)
            return
        self._starts.append(start)
        self._after.append(contrast)

    def _with(self, so_far: Contrast, ours: Moments, theirs: Moments) -> Contrast:
        return with_window(so_far, ours, theirs, self._metric.unit_plan)


class PairedCourse(ContrastCourse):
    """Differences within requests; both arms are the same windows."""

    def _with(self, so_far: Contrast, ours: Moments, theirs: Moments) -> Contrast:
        return with_pairs(so_far, ours, self._metric.unit_plan)


class QuantileCourse(MetricCourse):
    """Histograms add up in any order, so only a window that was counted before makes it count all again."""

    def __init__(self, metric: Metric, windows: Windows, candidate: Series, champion: Series, since: datetime) -> None:
        super().__init__(metric, windows, candidate, champion, since)
        self._counted = set[datetime]()
        self._sums: tuple[Histogram, Histogram] | None = None

    @property
    def window(self) -> datetime | None:
        return max(self._counted, default=None)

    def said(self) -> MetricStatistics:
        nothing = empty_histogram([self._metric.upper_bound])
        candidate, champion = self._sums if self._sums and not self.faults else (nothing, nothing)
        return MetricStatistics(metric=self._metric.name, contrast=None, candidate=candidate, champion=champion)

    def _fold(self, due: list[datetime]) -> None:
        if self._counted.isdisjoint(due) and not self.faults:
            starts = due
        else:
            starts = sorted({*due, *self._counted, *self.faults})
            self._counted, self._sums, self.faults = set(), None, {}
        for start in starts:
            self._add(start)

    def _add(self, start: datetime) -> None:
        arms = self._both(start)
        if arms is None:
            return
        try:
            self._sums = self._with(arms[0].histogram, arms[1].histogram)
        except StatisticsInvalid as why:
            self._fault(start, why)
            return
        self._counted.add(start)

    def _with(self, ours: Histogram | None, theirs: Histogram | None) -> tuple[Histogram, Histogram]:
        if ours is None or theirs is None:
            raise StatisticsInvalid("the monitor keeps no histogram of this metric, so it has no quantiles")
        return (self._sums[0] + ours, self._sums[1] + theirs) if self._sums else (ours, theirs)


COURSES: Mapping[Kind, type[MetricCourse]] = {
    "mean": ContrastCourse,
    "proportion": ContrastCourse,
    "paired": PairedCourse,
    "quantile": QuantileCourse,
}


def course_of(metric: Metric, windows: Windows, candidate: Series, champion: Series, since: datetime) -> MetricCourse:
    """By the metric's kind."""
    return COURSES[metric.kind](metric, windows, candidate, champion, since)
