"""Is the candidate not worse than the champion by more than the margin?"""

from dataclasses import replace
from math import inf, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_rollout.events import Judge, Statistics
from tenure_rollout.judge import Judgement, judgement, statistics

JUDGE = Judge(metric="brier", margin=0.02, confidence=0.95, min_n=100)
CHAMPION = Statistics(n=1_000, mean=0.16, variance=0.04)
Z_95 = 1.6448536269514722  # the 95 % quantile of the standard normal distribution, from its tables

figures = st.builds(
    Statistics,
    n=st.integers(0, 10**6),
    mean=st.floats(0, 1),
    variance=st.floats(0, 0.25),
)
judges = st.builds(
    Judge,
    metric=st.just("brier"),
    margin=st.floats(1e-6, 0.5),
    confidence=st.floats(0.51, 0.999),
    min_n=st.integers(2, 10_000),
)


def test_the_interval_is_welchs_for_means_of_unequal_variance() -> None:
    candidate = Statistics(n=400, mean=0.15, variance=0.09)
    reach = Z_95 * sqrt(0.09 / 400 + 0.04 / 1_000)
    said = judgement(JUDGE, candidate, CHAMPION)
    assert said.difference == pytest.approx(-0.01)
    assert (said.low, said.high) == (pytest.approx(-0.01 - reach), pytest.approx(-0.01 + reach))


@pytest.mark.parametrize(
    ("mean", "n", "verdict"),
    [
        (0.16, 10_000, "continue"),
        (0.30, 10_000, "abort"),
        (0.18, 10_000, "inconclusive"),
        (0.16, 120, "inconclusive"),
        (0.30, 99, "insufficient"),
    ],
)
def test_the_verdict_follows_the_interval(mean: float, n: int, verdict: str) -> None:
    assert judgement(JUDGE, Statistics(n=n, mean=mean, variance=0.04), CHAMPION).verdict == verdict


def test_a_little_worse_is_not_inferior_when_the_margin_says_so() -> None:
    worse = Statistics(n=100_000, mean=0.165, variance=0.001)
    many = replace(CHAMPION, n=100_000)
    assert judgement(JUDGE, worse, many).verdict == "continue"
    assert judgement(replace(JUDGE, margin=0.001), worse, many).verdict == "abort"


def test_without_enough_of_either_arm_nothing_is_said() -> None:
    nobody = Statistics(n=0, mean=0.0, variance=0.0)
    assert judgement(JUDGE, CHAMPION, nobody) == Judgement("insufficient", 0.16, -inf, inf)
    assert judgement(JUDGE, nobody, CHAMPION) == Judgement("insufficient", -0.16, -inf, inf)


@given(judges, figures, figures)
def test_continue_and_abort_exclude_each_other(judge: Judge, candidate: Statistics, champion: Statistics) -> None:
    said = judgement(judge, candidate, champion)
    assert said.low <= said.difference <= said.high
    assert (said.verdict == "continue") == (said.high < judge.margin)
    assert (said.verdict == "abort") == (said.low > judge.margin)


@given(judges, figures, figures)
def test_more_confidence_never_turns_a_doubt_into_a_verdict(judge: Judge, one: Statistics, other: Statistics) -> None:
    said = judgement(judge, one, other).verdict
    bolder = judgement(replace(judge, confidence=0.505), one, other).verdict
    assert said in (bolder, "inconclusive", "insufficient")


@given(st.lists(st.floats(0, 1), max_size=50), st.lists(st.floats(0, 1), max_size=50))
def test_statistics_of_windows_added_up_are_those_of_all_values(early: list[float], late: list[float]) -> None:
    values = early + late
    said = statistics(
        len(early) + len(late), sum(early) + sum(late), sum(x * x for x in early) + sum(x * x for x in late)
    )
    mean = sum(values) / len(values) if values else 0.0
    variance = sum((x - mean) ** 2 for x in values) / (len(values) - 1) if len(values) > 1 else 0.0
    assert said.n == len(values)
    assert said.mean == pytest.approx(mean, abs=1e-9)
    assert said.variance == pytest.approx(variance, abs=1e-9)


def test_rounding_never_makes_a_variance_negative() -> None:
    x = 0.05
    total, squares = x + x + x, x * x + x * x + x * x
    assert squares - 3 * (total / 3) * (total / 3) < 0
    assert statistics(3, total, squares).variance == 0.0
