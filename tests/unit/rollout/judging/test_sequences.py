"""How do the intervals change with alpha, with the number of observations, and with the plan?"""

from dataclasses import replace
from itertools import pairwise
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_rollout.judging.sequences import Interval, contrast_interval, minus, proportion_interval, quantile_interval
from tenure_rollout.judging.statistics import NOTHING
from tenure_rollout.judging.supermartingales import TOLERANCE, bets, exponential_boundary, log_exponential_mixture

from tests.unit.rollout.judging.declared import EDGES, ERRORS, added, counted, evenly

PLACED = bets(0.02, 0.095)
BOUNDS = Interval(0.0, 10_000.0)
alphas = st.floats(1e-6, 0.49)
variances = st.floats(0, 1e6)
plans = st.tuples(st.floats(1e-4, 0.9), st.floats(1e-6, 0.5))


def width(found: Interval) -> float:
    return found.high - found.low


@given(variances, alphas, plans)
def test_the_boundary_is_where_the_mixture_has_won_and_never_short_of_it(
    variance: float, alpha: float, plan: tuple[float, float]
) -> None:
    placed = bets(*plan)
    gap = exponential_boundary(variance, alpha, placed)
    slack = 1e-9 * max(1.0, variance)
    assert log_exponential_mixture(gap, variance, placed) >= -log(alpha) - slack
    assert log_exponential_mixture(gap * (1 - 1e3 * TOLERANCE) - 1e-9, variance, placed) < -log(alpha) + slack


@given(plans)
def test_no_more_than_all_is_placed_and_no_stake_is_everything(plan: tuple[float, float]) -> None:
    placed = bets(*plan)
    assert log_exponential_mixture(0.0, 0.0, placed) == pytest.approx(0.0, abs=1e-12)
    assert all(0 < bet.stake < 1 for bet in placed)


@given(variances, alphas, alphas)
def test_a_smaller_alpha_has_a_farther_boundary(variance: float, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert exponential_boundary(variance, small, PLACED) >= exponential_boundary(variance, large, PLACED) * (1 - 1e-9)


@given(variances, variances)
def test_more_variance_has_a_farther_boundary(one: float, other: float) -> None:
    small, large = sorted((one, other))
    near, far = (exponential_boundary(variance, 0.05, PLACED) for variance in (small, large))
    assert near <= far * (1 + 1e-9)


def test_the_same_rates_seen_in_more_windows_give_narrower_intervals() -> None:
    one_more = [(counted(1_000, 50), counted(1_000, 50))]
    widths = [width(contrast_interval(added(ERRORS, *one_more * count), 0.05, 0.05, PLACED)) for count in (1, 2, 4, 8)]
    assert all(after < before for before, after in pairwise(widths))


def test_each_bound_has_its_own_alpha() -> None:
    contrast = added(ERRORS, (counted(5_000, 250), counted(5_000, 250)))
    even, careful = (contrast_interval(contrast, low, 0.05, PLACED) for low in (0.05, 0.01))
    assert careful.high == even.high
    assert careful.low < even.low


def test_with_nothing_seen_every_difference_is_possible() -> None:
    assert contrast_interval(NOTHING, 0.05, 0.05, PLACED) == (-1.0, 1.0)
    assert proportion_interval(0, 0, 0.05, 10.0) == (0.0, 1.0)
    assert quantile_interval(evenly(0, 300.0), 0.9, 0.05, 100, BOUNDS) == BOUNDS


@given(st.integers(1, 5_000), st.data(), alphas)
def test_a_proportions_interval_holds_its_mean_and_mirrors_with_it(n: int, data: st.DataObject, alpha: float) -> None:
    count = data.draw(st.integers(0, n))
    found = proportion_interval(count, n, alpha, 60.0)
    mirrored = proportion_interval(n - count, n, alpha, 60.0)
    assert 0 <= found.low <= count / n <= found.high <= 1
    assert found == (pytest.approx(1 - mirrored.high, abs=3e-9), pytest.approx(1 - mirrored.low, abs=3e-9))


@pytest.mark.parametrize("n", [200, 2_000, 20_000])
def test_a_quantile_lies_between_two_edges_that_close_in(n: int) -> None:
    """The 90th percentile of latencies spread evenly to 300 ms is 270 ms."""
    found = quantile_interval(evenly(n, 300.0), 0.9, 0.05, 100, BOUNDS)
    assert found.low < 270.0 < found.high
    assert found.high - found.low <= {200: 80.0, 2_000: 40.0, 20_000: 20.0}[n]


def test_a_quantile_beyond_the_last_edge_has_only_the_declared_bound_above() -> None:
    found = quantile_interval(evenly(20_000, 2_000.0), 0.9, 0.05, 100, BOUNDS)
    assert found == (EDGES[-1], BOUNDS.high)


def test_a_difference_of_intervals_takes_the_worst_of_both() -> None:
    assert minus(Interval(1.0, 3.0), Interval(0.5, 0.75)) == (0.25, 2.5)


def test_paired_with_itself_an_arm_still_has_an_interval_around_zero() -> None:
    alike = replace(NOTHING, weight=500.0)
    found = contrast_interval(alike, 0.05, 0.05, PLACED)
    assert found.low < 0 < found.high
