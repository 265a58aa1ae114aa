"""How many minutes may an SLA be broken, and how many was it?"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from tenure_context_sync.binding.budget import EPOCH, MOST_MINUTES, BadMinutes, allowed_minutes
from tenure_context_sync.binding.commands import CountBudget
from tenure_context_sync.binding.decider import binding_decider
from tenure_context_sync.binding.rules import NotBound
from tenure_context_sync.binding.state import Bound
from tenure_context_sync.events import BudgetExhausted, BudgetRecovered, Objective, SlaBreached, SlaRestored
from tenure_decider import given

from tests.unit.context_sync.story import DELAYS, NOON, TIGHT, V1, WEATHER, bound, breached, restored

HOUR = Objective(share=0.95, window_seconds=3_600)  # three minutes of sixty
watched = replace(bound, sla=replace(TIGHT, objective=HOUR))


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def broken(start: float, end: float, entity_class: str | None = None) -> tuple[SlaBreached, SlaRestored]:
    return (
        replace(breached, breached_at=at(start), entity_class=entity_class),
        replace(restored, restored_at=at(end), entity_class=entity_class),
    )


def count(minutes: float) -> CountBudget:
    return CountBudget(model=DELAYS, model_version=V1, context=WEATHER, now=at(minutes))


def exhausted(bad: int, minutes: float) -> BudgetExhausted:
    return BudgetExhausted(
        model=DELAYS,
        model_version=V1,
        context=WEATHER,
        objective=HOUR,
        bad_minutes=bad,
        allowed_minutes=3.0,
        exhausted_at=at(minutes),
    )


def recovered(bad: int, minutes: float) -> BudgetRecovered:
    return BudgetRecovered(
        model=DELAYS,
        model_version=V1,
        context=WEATHER,
        objective=HOUR,
        bad_minutes=bad,
        allowed_minutes=3.0,
        recovered_at=at(minutes),
    )


def test_as_many_bad_minutes_as_are_allowed_exhaust_nothing() -> None:
    given(binding_decider, watched, *broken(0, 3)).when(count(5)).then_nothing()


def test_a_minute_more_exhausts_the_budget_once() -> None:
    given(binding_decider, watched, *broken(0, 3.1)).when(count(5)).then(exhausted(4, 5))
    given(binding_decider, watched, *broken(0, 3.1), exhausted(4, 5)).when(count(6)).then_nothing()


def test_a_breach_that_stands_counts_up_to_now() -> None:
    standing = broken(0, 0)[0]
    given(binding_decider, watched, standing).when(count(2.5)).then_nothing()
    given(binding_decider, watched, standing).when(count(3.5)).then(exhausted(4, 3.5))


def test_the_budget_recovers_when_the_window_has_slid_past_a_bad_minute() -> None:
    story = (watched, *broken(0, 3.1), exhausted(4, 5))
    given(binding_decider, *story).when(count(59.9)).then_nothing()
    given(binding_decider, *story).when(count(60)).then(recovered(3, 60))


def test_a_minute_in_which_several_classes_are_broken_is_bad_once() -> None:
    overlapping = (broken(0, 2, "origin=JFK"), broken(1, 3, "origin=LGA"))
    events = (overlapping[0][0], overlapping[1][0], overlapping[0][1], overlapping[1][1])
    given(binding_decider, watched, *events).when(count(10)).then_nothing()


def test_many_short_breaches_in_a_minute_are_one_bad_minute() -> None:
    flapping = [event for tenth in range(5) for event in broken(tenth / 10, tenth / 10 + 0.01)]
    given(binding_decider, watched, *flapping).when(count(1)).then_nothing()


def test_without_an_objective_there_is_no_budget() -> None:
    given(binding_decider, bound, *broken(0, 59)).when(count(59)).then_nothing()


def test_an_objective_that_is_taken_away_takes_its_exhaustion_along() -> None:
    story = (watched, *broken(0, 3.1), exhausted(4, 5), bound, watched)
    given(binding_decider, *story).when(count(6)).then(exhausted(4, 6))


def test_a_looser_objective_recovers_at_the_next_count() -> None:
    half = Objective(share=0.5, window_seconds=3_600)
    story = (watched, *broken(0, 3.1), exhausted(4, 5), replace(watched, sla=replace(TIGHT, objective=half)))
    given(binding_decider, *story).when(count(6)).then(replace(recovered(4, 6), objective=half, allowed_minutes=30.0))


def test_what_is_not_bound_has_no_budget() -> None:
    given(binding_decider).when(count(0)).then_rejected(NotBound, model=DELAYS, model_version=V1, context=WEATHER)


@pytest.mark.parametrize(("share", "seconds", "minutes"), [(0.9, 600, 1.0), (0.995, 86_400, 7.2), (0.999, 60, 0.001)])
def test_allowed_minutes_are_not_falsified_by_binary_fractions(share: float, seconds: int, minutes: float) -> None:
    assert allowed_minutes(Objective(share=share, window_seconds=seconds)) == minutes


seconds_of_two_hours = st.integers(0, 7_200)


@for_all(
    breaks=st.lists(st.tuples(seconds_of_two_hours, st.integers(0, 900)), max_size=12),
    later=st.integers(0, 7_200),
    window=st.integers(1, 130),
)
def test_bad_minutes_are_what_counting_second_by_second_finds(
    breaks: list[tuple[int, int]], later: int, window: int
) -> None:
    """The oracle touches every second of every break. Breaks come one after the other, as the fold sees them."""
    bad, touched, free_from = BadMinutes(), set[int](), 0
    for start, length in sorted(breaks):
        begin, end = max(start, free_from), max(start, free_from) + length
        bad = bad.with_break(EPOCH + timedelta(days=1, seconds=begin), EPOCH + timedelta(days=1, seconds=end))
        touched |= {1_440 + second // 60 for second in range(begin, max(end, begin + 1))}
        free_from = end
    now = 1_440 * 60 + free_from + later
    expected = {minute for minute in touched if now // 60 - window < minute <= now // 60}
    assert bad.count(EPOCH + timedelta(seconds=now), window) == len(expected)


def test_a_breach_of_years_keeps_no_more_than_the_longest_window() -> None:
    bad = BadMinutes().with_break(EPOCH, NOON)
    assert bad.bits.bit_length() == MOST_MINUTES
    assert bad.count(NOON + timedelta(minutes=1), 2) == 0


def test_a_binding_begins_with_no_bad_minute() -> None:
    state = binding_decider.fold(bound)[V1, WEATHER]
    assert state == Bound(V1, WEATHER, 1, bound.source, TIGHT, NOON)
    assert state.bad_until(NOON).bits == 0
