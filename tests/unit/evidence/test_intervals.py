"""Do intervals hold what they promise?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure_evidence.intervals import by_bootstrap, of_difference, of_proportion
from tenure_evidence.suites import Bootstrap

counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
@settings(deadline=None)
def test_a_proportions_interval_holds_the_proportion_and_is_never_a_point(count: tuple[int, int]) -> None:
    hits, n = count
    interval = of_proportion(hits, n, 0.95)
    assert interval is not None
    assert 0 <= interval.low <= hits / n <= interval.high <= 1
    assert interval.low < interval.high


def test_no_cases_give_no_interval() -> None:
    assert of_proportion(0, 0, 0.95) is None
    assert of_difference(0, 0, 1, 2, 0.95) is None


def test_newcombes_interval_is_the_one_of_his_paper() -> None:
    """Source: Newcombe 1998, Statistics in Medicine 17:873, table II, method 10, contrasts a, b and h."""
    cases = {(56, 70, 48, 80): (0.0524, 0.3339), (9, 10, 3, 10): (0.1705, 0.8090), (10, 10, 0, 10): (0.6075, 1.0)}
    for case, (low, high) in cases.items():
        interval = of_difference(*case, 0.95)
        assert interval is not None
        assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(counts, counts)
@settings(deadline=None)
def test_a_difference_seen_from_the_other_side_is_mirrored(one: tuple[int, int], other: tuple[int, int]) -> None:
    there, back = of_difference(*one, *other, 0.95), of_difference(*other, *one, 0.95)
    assert there is not None
    assert back is not None
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


def test_an_exact_interval_misses_a_true_rate_no_more_often_than_it_says() -> None:
    """1,000 draws of 60 cases at 0.9: at confidence 0.95 at most 5 % may miss, and chance adds 2 % at the very most."""
    hits = np.random.default_rng(3).binomial(60, 0.9, 1000)
    held = {count: of_proportion(int(count), 60, 0.95) for count in set(hits)}
    missed = sum(not (interval.low <= 0.9 <= interval.high) for count in hits if (interval := held[count]))
    assert missed <= 70


def test_a_bootstrap_is_as_wide_as_the_standard_error_says() -> None:
    sample = np.random.default_rng(5).normal(size=400)
    interval = by_bootstrap(lambda rows: float(sample[rows].mean()), np.arange(400), Bootstrap(), 0.95)
    assert interval is not None
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * sample.std() / 20, rel=0.1)


@pytest.mark.parametrize(
    "statistic",
    [lambda rows: 1.0, lambda rows: float("nan"), lambda rows: float("nan") if 0 in rows else float(rows.mean())],
)
def test_resamples_that_agree_or_are_undefined_give_no_interval(statistic: object) -> None:
    assert by_bootstrap(statistic, np.arange(50), Bootstrap(resamples=100), 0.95) is None  # type: ignore[arg-type]  # a parameter


def test_one_row_gives_no_interval() -> None:
    assert by_bootstrap(lambda rows: float(rows.mean()), np.arange(1), Bootstrap(), 0.95) is None
