"""What is kept of the observations, and does its order matter?"""

from dataclasses import replace
from itertools import pairwise
from math import inf, nan
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_rollout.judging.statistics import (
    MOST_EDGES,
    NOTHING,
    Histogram,
    Moments,
    StatisticsInvalid,
    empty_histogram,
    with_pairs,
    with_window,
)

from tests.unit.rollout.judging.declared import EDGES, ERRORS, PAIRS, SCORE, added, arms, counted, evenly

VALUES = st.lists(st.floats(0, 1), max_size=30)
ORDER_FREE = ("candidate_n", "candidate_total", "champion_n", "champion_total", "weight", "difference")


def moments(values: list[float]) -> Moments:
    return Moments(n=len(values), total=sum(values), squares=sum(x * x for x in values))


def same(one: Moments, other: Moments) -> bool:
    return one.n == other.n and (one.total, one.squares) == pytest.approx((other.total, other.squares), abs=1e-9)


@given(VALUES, VALUES, VALUES)
def test_moments_add_up_in_any_grouping_and_order_to_those_of_all_values(
    a: list[float], b: list[float], c: list[float]
) -> None:
    one, two, three = moments(a), moments(b), moments(c)
    whole = moments(a + b + c)
    assert same((one + two) + three, whole)
    assert same(one + (two + three), whole)
    assert same(three + two + one, whole)


@given(VALUES, st.floats(0, 1))
def test_spread_is_the_sum_of_squared_distances(values: list[float], centre: float) -> None:
    assert moments(values).spread(centre) == pytest.approx(sum((x - centre) ** 2 for x in values), abs=1e-9)


@given(arms, st.randoms(use_true_random=False))
def test_windows_in_any_order_give_the_same_difference_though_not_the_same_variance(
    pairs: list[tuple[Moments, Moments]], chance: Random
) -> None:
    shuffled = chance.sample(pairs, len(pairs))
    one, other = added(ERRORS, *pairs), added(ERRORS, *shuffled)
    for name in ORDER_FREE:
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-9)


def test_the_order_of_windows_is_in_the_variance_since_each_is_predicted_by_those_before() -> None:
    calm, busy = (counted(100, 1), counted(100, 1)), (counted(100, 50), counted(100, 50))
    assert added(ERRORS, busy, calm).variance > 1.05 * added(ERRORS, calm, busy).variance


def test_a_windows_weight_is_its_smaller_arm_and_its_variance_that_of_its_mean_difference() -> None:
    small, large = counted(10, 5), counted(40, 20)
    for pair in ((small, large), (large, small)):
        contrast = added(replace(ERRORS, planned_mean=0.5), pair)
        assert (contrast.weight, contrast.difference) == (10.0, 0.0)
        assert contrast.variance == pytest.approx(10 * 0.25 + (10 / 40) ** 2 * 40 * 0.25)


def test_what_changes_with_the_hour_for_both_arms_is_not_taken_for_harm() -> None:
    """The error rate triples while the candidate's share grows: pooled, the candidate looks worse by half."""
    contrast = added(ERRORS, (counted(100, 10), counted(900, 90)), (counted(500, 150), counted(500, 150)))
    assert contrast.candidate_total / 600 - contrast.champion_total / 1_400 > 0.09
    assert contrast.difference == pytest.approx(0.0)


@pytest.mark.parametrize("absent", [(counted(0, 0), counted(50, 3)), (counted(50, 3), counted(0, 0))])
def test_a_window_in_which_one_arm_served_says_nothing(absent: tuple[Moments, Moments]) -> None:
    assert added(ERRORS, absent) == NOTHING


def test_pairs_that_do_not_differ_have_a_difference_of_zero() -> None:
    alike = PAIRS.on_unit_scale(Moments(n=80, total=0.0, squares=0.0))
    said = with_pairs(NOTHING, alike, PAIRS.unit_plan)
    assert (said.weight, said.difference, said.variance) == (80, 0.0, 0.0)
    assert said.candidate_n == said.champion_n == 80


def test_scaling_maps_the_declared_bounds_to_zero_and_one() -> None:
    assert SCORE.on_unit_scale(Moments(n=2, total=1 + 5, squares=1 + 25)) == Moments(n=2, total=1.0, squares=1.0)
    assert PAIRS.on_unit_scale(Moments(n=2, total=0.0, squares=2.0)) == Moments(n=2, total=1.0, squares=1.0)


@pytest.mark.parametrize(
    "impossible",
    [
        Moments(n=10, total=11.0, squares=11.0),
        Moments(n=10, total=-1.0, squares=1.0),
        Moments(n=10, total=5.0, squares=6.0),
        Moments(n=10, total=5.0, squares=1.0),
        Moments(n=10, total=nan, squares=1.0),
        Moments(n=10, total=1.0, squares=inf),
        Moments(n=-1, total=0.0, squares=0.0),
    ],
    ids=str,
)
def test_statistics_that_no_values_within_the_bounds_have_are_refused(impossible: Moments) -> None:
    good = counted(10, 5)
    for arms_said in ((impossible, good), (good, impossible)):
        with pytest.raises(StatisticsInvalid):
            with_window(NOTHING, *arms_said, 0.5)
    with pytest.raises(StatisticsInvalid):
        with_pairs(NOTHING, impossible, 0.5)


@given(arms)
def test_every_window_adds_weight_and_variance(pairs: list[tuple[Moments, Moments]]) -> None:
    grown = [added(ERRORS, *pairs[:count]) for count in range(len(pairs) + 1)]
    for before, after in pairwise(grown):
        assert after.weight > before.weight
        assert after.variance >= before.variance


def test_histograms_add_up_only_on_the_same_edges() -> None:
    one, other = evenly(100, 300.0), evenly(50, 500.0)
    both = one + other
    assert both.n == 150
    assert both.at_or_below == tuple(a + b for a, b in zip(one.at_or_below, other.at_or_below, strict=True))
    assert one + empty_histogram(EDGES) == one
    with pytest.raises(StatisticsInvalid):
        one + empty_histogram([1.0])


@pytest.mark.parametrize(
    ("n", "edges", "counts"),
    [
        (5, (1.0, 1.0), (1, 2)),
        (5, (1.0, 2.0), (2, 1)),
        (5, (1.0, 2.0), (1, 6)),
        (5, (1.0, 2.0), (1,)),
        (5, (1.0,), (-1,)),
        (0, (), ()),
        (0, tuple(map(float, range(MOST_EDGES + 1))), (0,) * (MOST_EDGES + 1)),
    ],
)
def test_a_histogram_that_counts_nothing_real_is_refused(
    n: int, edges: tuple[float, ...], counts: tuple[int, ...]
) -> None:
    with pytest.raises(StatisticsInvalid):
        Histogram(n=n, edges=edges, at_or_below=counts).demand_valid()
