"""When is a threshold passed, and can anything slip through?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tenure_evidence.measures import Interval, Metric
from tenure_evidence.verdicts import FROM_BEST_TO_WORST, Finding, Rigour, Threshold, Verdict, findings, judge, worst

RIGOUR = Rigour(minimum_n=30, confidence=0.95)

numbers = st.floats(-100, 100)
intervals = st.tuples(numbers, numbers).map(lambda ends: Interval(low=min(ends), high=max(ends), confidence=0.95))
verdicts = st.sampled_from(FROM_BEST_TO_WORST)


def measured(interval: Interval | None, *, n: int = 1000, value: float | None = 0.0) -> Metric:
    return Metric(name="accuracy", value=value, n=n, interval=interval)


def verdict(metric: Metric, *, at_least: float | None = None, at_most: float | None = None) -> Verdict:
    return judge(metric, Threshold(metric="accuracy", at_least=at_least, at_most=at_most), RIGOUR)[0]


def goodness(verdict: Verdict) -> int:
    return -FROM_BEST_TO_WORST.index(verdict)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.8, 0.9, "passed"),
        (0.81, 0.9, "passed"),
        (0.7, 0.9, "inconclusive"),
        (0.7, 0.8, "inconclusive"),
        (0.7, 0.79, "failed"),
    ],
)
def test_only_an_interval_that_excludes_the_bad_side_passes(low: float, high: float, expected: Verdict) -> None:
    assert verdict(measured(Interval(low=low, high=high, confidence=0.95)), at_least=0.8) == expected


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (measured(Interval(low=0.9, high=0.95, confidence=0.95), n=29), "rests on 29 cases, 30 are needed"),
        (measured(None), "has no interval"),
        (measured(Interval(low=0.9, high=0.95, confidence=0.9)), "has an interval of confidence 0.9 only"),
        (measured(Interval(low=0.9, high=0.95, confidence=0.95), value=None), "is undefined on these cases"),
        (measured(Interval(low=0.7, high=0.9, confidence=0.95)), "is 0 [0.7, 0.9], which straddles >= 0.8"),
    ],
)
def test_what_shows_too_little_is_inconclusive_and_says_why(metric: Metric, reason: str) -> None:
    assert judge(metric, Threshold(metric="accuracy", at_least=0.8), RIGOUR) == ("inconclusive", reason)


@given(intervals, numbers, st.integers(0, 29))
def test_a_small_slice_never_decides(interval: Interval, limit: float, n: int) -> None:
    assert verdict(measured(interval, n=n), at_least=limit) == "inconclusive"
    assert verdict(measured(interval, n=n), at_most=limit) == "inconclusive"


def test_the_declared_minimum_of_cases_is_enough() -> None:
    assert verdict(measured(Interval(low=0.9, high=0.95, confidence=0.95), n=30), at_least=0.8) == "passed"


@given(intervals, numbers, st.integers(0, 60), st.integers(0, 60))
def test_more_cases_can_decide_a_question_but_never_turn_its_answer(
    interval: Interval, limit: float, n: int, more: int
) -> None:
    few, many = (verdict(measured(interval, n=count), at_least=limit) for count in (n, n + more))
    assert few in ("inconclusive", many)


@given(intervals, numbers, numbers)
def test_a_stricter_threshold_never_helps(interval: Interval, one: float, other: float) -> None:
    lax, strict = sorted((one, other))
    assert goodness(verdict(measured(interval), at_least=strict)) <= goodness(verdict(measured(interval), at_least=lax))
    assert goodness(verdict(measured(interval), at_most=lax)) <= goodness(verdict(measured(interval), at_most=strict))


@given(intervals, numbers)
def test_at_most_is_at_least_seen_in_a_mirror(interval: Interval, limit: float) -> None:
    mirrored = Interval(low=-interval.high, high=-interval.low, confidence=0.95)
    assert verdict(measured(interval), at_least=limit) == verdict(measured(mirrored), at_most=-limit)


@given(intervals, numbers)
def test_a_passed_threshold_holds_on_the_whole_interval(interval: Interval, limit: float) -> None:
    assert (verdict(measured(interval), at_least=limit) == "passed") == (interval.low >= limit)
    assert (verdict(measured(interval), at_least=limit) == "failed") == (interval.high < limit)


@given(st.lists(verdicts), st.lists(verdicts))
def test_verdicts_add_up_to_the_worst_in_any_order(some: list[Verdict], others: list[Verdict]) -> None:
    assert worst(some + others) == worst(others + some)
    if some and others:
        assert worst(some + others) == worst([worst(some), worst(others)])


@given(st.lists(verdicts, min_size=1))
def test_the_whole_is_passed_only_if_every_part_is(parts: list[Verdict]) -> None:
    assert (worst(parts) == "passed") == all(part == "passed" for part in parts)
    assert ("failed" in parts) == (worst(parts) == "failed")


def test_nothing_tested_shows_nothing() -> None:
    assert worst([]) == "inconclusive"


def test_a_threshold_holds_for_each_slice_and_names_the_one_that_breaks_it() -> None:
    good, bad = (Interval(low=low, high=low + 0.01, confidence=0.95) for low in (0.9, 0.5))
    metric = Metric(
        name="accuracy",
        value=0.9,
        n=900,
        interval=good,
        slices={"carrier=AA": measured(bad), "carrier=UA": measured(good)},
    )
    assert findings([metric], [Threshold(metric="accuracy", at_least=0.8)], RIGOUR) == (
        Finding(name="accuracy >= 0.8", verdict="passed"),
        Finding(name="accuracy[carrier=AA] >= 0.8", verdict="failed", reason="is 0 [0.5, 0.51], must be >= 0.8"),
        Finding(name="accuracy[carrier=UA] >= 0.8", verdict="passed"),
    )


def test_a_threshold_may_name_one_slice() -> None:
    good = Interval(low=0.9, high=0.95, confidence=0.95)
    metric = Metric(name="accuracy", value=None, n=0, slices={"carrier=AA": measured(good)})
    assert findings([metric], [Threshold(metric="accuracy[carrier=AA]", at_least=0.8)], RIGOUR) == (
        Finding(name="accuracy[carrier=AA] >= 0.8", verdict="passed"),
    )


def test_a_threshold_for_what_was_not_measured_is_inconclusive() -> None:
    assert findings([], [Threshold(metric="recall", at_least=0.5)], RIGOUR) == (
        Finding(name="recall >= 0.5", verdict="inconclusive", reason="was not measured"),
    )


@pytest.mark.parametrize("limits", [{}, {"at_least": 0.5, "at_most": 0.9}, {"at_least": float("nan")}])
def test_a_threshold_has_one_direction_and_a_number(limits: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Threshold(metric="accuracy", **limits)
