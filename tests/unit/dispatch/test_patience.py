"""How long is a failing delivery tried, and how long is waited in between?"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_dispatch.cursors import Cursor
from tenure_dispatch.settings import DispatchSettings
from tenure_dispatch.webhooks.backoff import Patience
from tenure_dispatch.webhooks.sender import Outcome, outcome_of, seconds_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = DispatchSettings(attempts=5, longest_hours=2, first_retry_seconds=1, longest_retry_seconds=60)
PATIENCE = Patience(SETTINGS)
BROKEN = Outcome("it answered 500", 500, everything=True)


@pytest.mark.parametrize(("attempts", "most"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1_000, 60)])
def test_the_wait_doubles_up_to_the_longest_one(attempts: int, most: float) -> None:
    assert PATIENCE.wait_seconds(attempts, BROKEN, chance=1.0) == most


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_chance_takes_at_most_half_of_the_wait(attempts: int, chance: float) -> None:
    whole = PATIENCE.wait_seconds(attempts, BROKEN, 1.0)
    assert whole / 2 <= PATIENCE.wait_seconds(attempts, BROKEN, chance) <= whole


def test_a_receiver_may_ask_for_more_time_and_not_for_less() -> None:
    assert PATIENCE.wait_seconds(1, Outcome("x", 503, retry_after_seconds=500), 0.0) == 500
    assert PATIENCE.wait_seconds(7, Outcome("x", 503, retry_after_seconds=1), 0.0) == 30


def failed(attempts: int, since: datetime = NOON) -> Cursor:
    return Cursor(7, attempts=attempts, failing_since=since, not_before=since, failure="x")


def test_it_is_over_after_so_many_tries_or_so_long() -> None:
    assert not PATIENCE.is_over(failed(4), NOON)
    assert PATIENCE.is_over(failed(5), NOON)
    assert not PATIENCE.is_over(failed(1), NOON + timedelta(hours=1, minutes=59))
    assert PATIENCE.is_over(failed(1), NOON + timedelta(hours=2))


def test_failing_again_keeps_since_when_and_moving_on_forgets_it() -> None:
    once = Cursor(7).failed("a", NOON, NOON)
    twice = once.failed("b", NOON + timedelta(minutes=1), NOON)
    assert (twice.attempts, twice.failing_since, twice.failure) == (2, NOON, "b")
    assert twice.at(7) is twice
    assert twice.at(8) == Cursor(8)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_taken(status: int) -> None:
    assert outcome_of(status, None, NOON) == Outcome(status=status)


@pytest.mark.parametrize(
    ("status", "everything"),
    [(301, True), (302, True), (400, False), (401, True), (404, True), (408, True), (410, False), (413, False),
     (422, False), (429, True), (500, True), (503, True), (100, True)],
)  # fmt: skip
def test_a_refusal_of_one_event_does_not_keep_the_others_waiting(status: int, everything: bool) -> None:
    outcome = outcome_of(status, None, NOON)
    assert (outcome.failure, outcome.everything) == (f"it answered {status}", everything)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        ("999999999", 86_400),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_else_nothing(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header, NOON) == seconds
