"""Does a decider's test fail where it should, and does it say why?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, assert_never

import pytest
from tenure_decider import Decider, Given, Rejected, given
from tenure_decider.differences import differences

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class SetWeight:
    weight_percent: int
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightSet:
    weight_percent: int
    arms: tuple[str, ...]
    shares: Mapping[str, float]
    set_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightLost:
    weight_percent: int


@dataclass(eq=False)
class OverWhole(Rejected):
    """No arm gets {weight_percent} percent: the whole is {most_percent}."""

    weight_percent: int
    most_percent: int


@dataclass(eq=False)
class OverWholeByFar(OverWhole):
    """{weight_percent} is far over {most_percent}."""


@dataclass(eq=False)
class Speechless(Rejected):
    """ """

    weight_percent: int


def decide(state: int, command: SetWeight) -> WeightSet | None:
    if command.weight_percent == -1:
        raise Speechless(weight_percent=-1)
    if command.weight_percent > 100:
        raise OverWhole(weight_percent=command.weight_percent, most_percent=100)
    return None if command.weight_percent == state else weight_set(command.weight_percent)


def evolve(state: int, event: WeightSet | WeightLost) -> int:
    match event:
        case WeightSet():
            return event.weight_percent
        case WeightLost():
            raise RuntimeError("evolve was not told of this")
        case _:
            assert_never(event)


def weight_set(weight_percent: int) -> WeightSet:
    return WeightSet(weight_percent=weight_percent, arms=("a", "b"), shares={"a": 0.5}, set_at=NOON)


def order(weight_percent: int) -> SetWeight:
    return SetWeight(weight_percent=weight_percent, now=NOON)


weights: Decider[int, SetWeight, Any] = Decider(0, decide, evolve)
five = weight_set(5)
Outcome = Given[int, SetWeight, Any]


def when(weight_percent: int) -> Outcome:
    return given(weights).when(order(weight_percent))


def failure_of(then: Callable[[], None]) -> str:
    with pytest.raises(AssertionError) as failed:
        then()
    return str(failed.value)


def test_an_event_a_repeat_and_a_refusal_are_told_apart() -> None:
    when(5).then(five)
    given(weights, five).when(order(5)).then_nothing()
    when(101).then_rejected(OverWhole, weight_percent=101, most_percent=100)


def test_the_state_is_the_fold_of_what_was_given() -> None:
    given(weights, weight_set(9), five).when(order(5)).then_nothing()
    given(weights, five, weight_set(9)).when(order(5)).then(five)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (replace(five, weight_percent=6), ".weight_percent: expected 6, found 5"),
        (replace(five, weight_percent=5.0), ".weight_percent: expected 5.0, found 5"),
        (replace(five, arms=["a", "b"]), ".arms: expected ['a', 'b'], found ('a', 'b')"),
        (replace(five, arms=("a", "c")), ".arms[1]: expected 'c', found 'b'"),
        (replace(five, arms=("a",)), ".arms: expected ('a',), found ('a', 'b')"),
        (replace(five, shares={"a": 1}), ".shares['a']: expected 1, found 0.5"),
        (replace(five, shares={"a": 0.5, "b": 0.5}), ".shares['b']: expected 0.5, found nothing"),
        (replace(five, shares={}), ".shares['a']: expected nothing, found 0.5"),
        (replace(five, set_at=NOON.astimezone(timezone(timedelta(hours=1)))), ".set_at: expected "),
        (replace(five, set_at=NOON + timedelta(microseconds=1)), ".set_at: expected "),
    ],
)
def test_an_event_that_differs_fails_with_each_field_that_differs(expected: WeightSet, said: str) -> None:
    told, *lines = failure_of(lambda: when(5).then(expected)).splitlines()
    assert told == f"this happened: {five!r}, which differs in"
    assert len(lines) == 1
    assert said in lines[0]


def test_all_differences_are_told_at_once() -> None:
    expected = replace(five, weight_percent=6, arms=(), shares={})
    assert len(failure_of(lambda: when(5).then(expected)).splitlines()) == 4


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (lambda: when(5).then(WeightLost(weight_percent=5)), "expected WeightLost, but this happened: WeightSet("),
        (lambda: when(5).then_nothing(), "expected nothing, but this happened: WeightSet("),
        (lambda: when(5).then_rejected(OverWhole), "expected OverWhole, but this happened: WeightSet("),
        (lambda: when(0).then(five), "expected WeightSet, but nothing happened"),
        (lambda: when(101).then(five), "expected WeightSet, but OverWhole said no with {'weight_percent': 101"),
        (lambda: when(101).then_nothing(), "No arm gets 101 percent: the whole is 100."),
        (lambda: when(101).then_rejected(Rejected), "expected Rejected, but OverWhole said no"),
        (lambda: when(101).then_rejected(OverWholeByFar), "expected OverWholeByFar, but OverWhole said no"),
        (
            lambda: when(101).then_rejected(OverWhole, weight_percent=101),
            "['most_percent']: expected nothing, found 100",
        ),
        (
            lambda: when(101).then_rejected(OverWhole, weight_percent=102, most_percent=100),
            "['weight_percent']: expected 102, found 101",
        ),
        (lambda: when(-1).then_rejected(Speechless, weight_percent=-1), "Speechless has no sentence"),
        (lambda: given(weights).then_nothing(), ".when(command) comes first"),
        (lambda: given(weights).then(five), ".when(command) comes first"),
        (lambda: given(weights).then_rejected(OverWhole), ".when(command) comes first"),
        (lambda: when(5).when(order(5)).then(five), "one command a test"),
    ],
)
def test_another_outcome_fails_and_says_what_happened(then: Callable[[], None], said: str) -> None:
    assert said in failure_of(then)


def test_an_event_that_does_not_fold_fails() -> None:
    """What is decided is read back by every replica, so a test of `decide` alone would show half."""
    lost: Decider[int, SetWeight, Any] = Decider(0, lambda state, command: WeightLost(weight_percent=5), evolve)
    with pytest.raises(RuntimeError, match="was not told"):
        given(lost).when(order(5)).then(WeightLost(weight_percent=5))


def test_a_bug_in_decide_is_no_refusal() -> None:
    def buggy(state: int, command: SetWeight) -> WeightSet | None:
        raise KeyError(state)

    with pytest.raises(KeyError):
        given(Decider(0, buggy, evolve)).when(order(5))


def test_equal_values_do_not_differ() -> None:
    assert differences(five, weight_set(5)) == []
    assert differences({"b": 1, "a": (NOON,)}, {"a": (NOON,), "b": 1}) == []
