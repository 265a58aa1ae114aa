"""Which rollouts does the judge keep statistics of, and by which windows?"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from tenure_rollout.courses import Courses, Judged
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.state import Rollout
from tenure_rollout.judging.statistics import Moments
from tenure_rollout.names import ReleaseId
from tenure_rollout.windows import Kept, Series, WindowFollower

from tests.unit.rollout.story import CANARY, NOON, canary, entered

HOUR = timedelta(hours=1)
LATER = NOON + 9 * HOUR
PRODUCTION, STAGING = "rollout/deployment/delays@production", "rollout/deployment/delays@staging"


class Windows:
    """A follower that the test tells what came."""

    def __init__(self) -> None:
        self.kept: dict[Series, dict[datetime, Kept]] = defaultdict(dict)
        self.note: Callable[[Series, datetime], None] = lambda series, start: None

    def subscribe(self, note: Callable[[Series, datetime], None]) -> None:
        self.note = note

    def windows(self, series: Series) -> dict[datetime, Kept]:
        return self.kept[series]

    def tell(self, hour: int, revision: int = 1, **means: float) -> None:
        start = NOON + hour * HOUR
        for release, mean in means.items():
            series = Series("delays", release, "brier")
            moments = Moments(n=10_000, total=10_000 * mean, squares=10_000 * mean * mean)
            self.kept[series][start] = Kept(revision, start + HOUR, moments, None)
            self.note(series, start)


def under_way() -> Rollout:
    state = deployment_decider.fold(*canary, entered)
    assert state.active is not None
    return state.active


def courses_of(windows: Windows) -> Courses:
    return Courses(cast(WindowFollower, windows))


def verdict(judged: Judged) -> str:
    return judged.judgement.verdict


def test_a_window_that_comes_or_is_revised_moves_the_verdict() -> None:
    windows = Windows()
    courses = courses_of(windows)
    assert verdict(courses.judged(PRODUCTION, under_way(), LATER)) == "insufficient"
    windows.tell(0, r1=0.16, r2=0.16)
    found = courses.judged(PRODUCTION, under_way(), LATER)
    assert (verdict(found), found.window) == ("continue", NOON)
    windows.tell(0, revision=2, r2=0.4)
    assert verdict(courses.judged(PRODUCTION, under_way(), LATER)) == "abort"


def test_where_nothing_is_new_nothing_is_judged_again() -> None:
    windows = Windows()
    windows.tell(0, r1=0.16, r2=0.16)
    courses = courses_of(windows)
    first = courses.judged(PRODUCTION, under_way(), LATER)
    assert courses.judged(PRODUCTION, under_way(), LATER + HOUR) is first


def test_two_deployments_may_have_a_rollout_of_the_same_id() -> None:
    windows = Windows()
    windows.tell(0, r1=0.16, r2=0.16, r3=0.4)
    courses = courses_of(windows)
    worse = replace(under_way(), release="r3")
    judged = [verdict(courses.judged(*each, LATER)) for each in ((PRODUCTION, under_way()), (STAGING, worse))]
    assert judged == ["continue", "abort"]


def test_what_has_ended_is_forgotten_and_what_goes_on_still_hears_of_windows() -> None:
    windows = Windows()
    courses = courses_of(windows)
    before = [courses.judged(name, under_way(), LATER) for name in (PRODUCTION, STAGING)]
    courses.forget_all_but([(STAGING, CANARY)])
    windows.tell(0, r1=0.16, r2=0.16)
    assert verdict(courses.judged(STAGING, under_way(), LATER)) == "continue"
    again = courses.judged(PRODUCTION, under_way(), LATER)
    assert again is not before[0]
    assert verdict(again) == "continue"


def test_with_a_baseline_the_candidate_is_judged_by_that_and_not_by_the_champion() -> None:
    windows = Windows()
    courses, rollout = courses_of(windows), replace(under_way(), baseline=ReleaseId("r1b"))
    windows.tell(0, r1=0.16, r1b=0.4, r2=0.4)
    assert verdict(courses.judged(PRODUCTION, rollout, LATER)) == "continue"
    windows.tell(0, revision=2, r1=0.4, r1b=0.16)
    assert verdict(courses.judged(PRODUCTION, rollout, LATER)) == "abort"
