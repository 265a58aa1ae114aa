"""Do windows come to the same statistics, whatever the order in which they come, are revised and close?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_rollout.folding import MetricCourse, course_of
from tenure_rollout.judging.metrics import Metric
from tenure_rollout.judging.statistics import NOTHING, Histogram, Moments, with_pairs, with_window
from tenure_rollout.judging.verdicts import MetricStatistics
from tenure_rollout.windows import Kept, Series

from tests.unit.rollout.judging.declared import ERRORS, LATENCY, PAIRS
from tests.unit.rollout.story import NOON

HOUR = timedelta(hours=1)
OURS, THEIRS = Series("delays", "r2", "errors"), Series("delays", "r1", "errors")
EDGES = (10.0, 20.0)
LONG_AFTER = NOON + 100 * HOUR


@dataclass(frozen=True)
class Told:
    """A record as it comes: an arm's window with its revision."""

    is_ours: bool
    hour: int
    revision: int
    n: int
    count: int

    @property
    def start(self) -> datetime:
        return NOON + self.hour * HOUR

    @property
    def kept(self) -> Kept:
        count = min(self.count, self.n)
        histogram = Histogram(n=self.n, edges=EDGES, at_or_below=(count, self.n))
        moments = Moments(n=self.n, total=float(count), squares=float(count))
        return Kept(self.revision, self.start + HOUR, moments, histogram)


class Windows:
    """As the follower keeps them: of each window the highest revision."""

    def __init__(self) -> None:
        self.kept: dict[Series, dict[datetime, Kept]] = {OURS: {}, THEIRS: {}}

    def tell(self, told: Told) -> bool:
        found = self.kept[OURS if told.is_ours else THEIRS]
        is_new = told.start not in found or found[told.start].revision < told.revision
        if is_new:
            found[told.start] = told.kept
        return is_new

    def of(self, series: Series) -> dict[datetime, Kept]:
        return self.kept[series]


told = st.builds(Told, st.booleans(), st.integers(-1, 5), st.integers(1, 3), st.integers(1, 40), st.integers(0, 40))
records = st.lists(st.tuples(told, st.integers(0, 8)), max_size=30)
metrics = st.sampled_from([ERRORS, replace(LATENCY, name="errors")])


def followed(metric: Metric, windows: Windows, story: Sequence[tuple[Told, int]]) -> MetricCourse:
    """A course that hears of each record, and looks at the clock after each; it never goes back."""
    course, now = course_of(metric, windows.of, OURS, THEIRS, NOON), NOON
    for one, hours in story:
        if windows.tell(one):
            course.note(one.start)
        now = max(now, NOON + hours * HOUR)
        course.advance(now)
    return course


def oracle(windows: Windows, until: datetime) -> MetricStatistics:
    """All closed windows since noon in which both arms served, in the order of time, at once."""
    contrast = NOTHING
    for start in sorted(windows.of(OURS).keys() & windows.of(THEIRS).keys()):
        ours, theirs = windows.of(OURS)[start], windows.of(THEIRS)[start]
        if start >= NOON and max(ours.ends_at, theirs.ends_at) <= until:
            contrast = with_window(contrast, ours.moments, theirs.moments, ERRORS.unit_plan)
    return MetricStatistics(metric="errors", contrast=contrast, candidate=None, champion=None)


@given(records, st.integers(0, 8))
def test_late_doubled_revised_and_unordered_windows_come_to_what_all_come_to_at_once(
    story: list[tuple[Told, int]], last: int
) -> None:
    windows = Windows()
    course = followed(ERRORS, windows, story)
    until = max([NOON + last * HOUR, *(NOON + hours * HOUR for _, hours in story)])
    course.advance(until)
    assert course.said() == oracle(windows, until)


@given(records, metrics)
def test_a_course_that_begins_late_says_the_same(story: list[tuple[Told, int]], metric: Metric) -> None:
    windows = Windows()
    course = followed(metric, windows, story)
    fresh = course_of(metric, windows.of, OURS, THEIRS, NOON)
    for each in (course, fresh):
        each.advance(LONG_AFTER)
    assert course.said() == fresh.said()
    assert course.window == fresh.window


def both(hour: int, count: int, revision: int = 1, n: int = 40) -> list[Told]:
    return [Told(is_ours, hour, revision, n, count) for is_ours in (True, False)]


@pytest.mark.parametrize("metric", [ERRORS, replace(LATENCY, name="errors")])
def test_an_open_window_is_not_judged(metric: Metric) -> None:
    course = followed(metric, Windows(), [(one, 0) for one in both(0, 4)])
    assert (course.window, course.advance(NOON + HOUR - timedelta(microseconds=1))) == (None, False)
    assert (course.advance(NOON + HOUR), course.window) == (True, NOON)


def test_where_nothing_has_closed_nothing_is_done_again() -> None:
    course = followed(ERRORS, Windows(), [(one, 2) for one in both(0, 4)])
    said = course.said()
    assert course.advance(NOON + 2 * HOUR) is False
    assert course.said() == said


def test_a_window_in_which_only_one_arm_served_says_nothing() -> None:
    alone = followed(ERRORS, Windows(), [(both(0, 4)[0], 2)])
    assert (alone.said().contrast, alone.window) == (NOTHING, None)


@pytest.mark.parametrize("metric", [ERRORS, replace(LATENCY, name="errors")])
def test_while_a_window_can_not_be_true_the_metric_says_nothing_and_goes_on_once_it_is_revised(metric: Metric) -> None:
    windows = Windows()
    course = followed(metric, windows, [(one, 9) for one in (*both(0, 4), *both(1, 4), *both(2, 4))])
    whole = course.said()
    bad = Kept(2, NOON + 2 * HOUR, Moments(n=1, total=7.0, squares=49.0), None)
    windows.kept[OURS][NOON + HOUR] = bad
    course.note(NOON + HOUR)
    course.advance(LONG_AFTER)
    assert list(course.faults) == [NOON + HOUR]
    nothing = course.said()
    assert nothing.contrast == NOTHING or (nothing.candidate is not None and nothing.candidate.n == 0)
    windows.kept[OURS][NOON + HOUR] = both(1, 4, revision=3)[0].kept
    course.note(NOON + HOUR)
    course.advance(LONG_AFTER)
    assert (course.faults, course.said()) == ({}, whole)


def test_a_revised_window_moves_the_predictions_of_those_after_it() -> None:
    """Else late outcomes would be judged by another variance than the same outcomes in time."""
    windows = Windows()
    course = followed(ERRORS, windows, [(one, 9) for one in (*both(0, 4), *both(1, 30))])
    before = course.said().contrast
    windows.tell(Told(True, 0, 2, 40, 36))
    course.note(NOON)
    course.advance(LONG_AFTER)
    after = course.said().contrast
    assert before is not None
    assert after is not None
    assert not isclose(before.variance, after.variance)
    assert course.said() == oracle(windows, LONG_AFTER)


def test_pairs_are_one_sample_of_differences_within_requests() -> None:
    pairs = Series("delays", "r2", "flips", "r1")
    flips = Moments(n=40, total=4.0, squares=4.0)
    kept = {NOON + hour * HOUR: Kept(1, NOON + (hour + 1) * HOUR, flips, None) for hour in (0, 1)}
    course = course_of(PAIRS, lambda series: kept if series == pairs else {}, pairs, pairs, NOON)
    contrast = NOTHING
    for hour in (0, 1):
        course.advance(NOON + (hour + 1) * HOUR)
        contrast = with_pairs(contrast, PAIRS.on_unit_scale(flips), PAIRS.unit_plan)
        assert course.said().contrast == contrast
