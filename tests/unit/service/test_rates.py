"""How many requests may one principal send?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure_service import Problem, limits
from tenure_service.limits import BURST_SECONDS, Rates

from tests.unit.service.desk import MODELS, desk_over

rates = st.integers(1, 1_000)
pauses = st.lists(st.floats(0, 5), min_size=1, max_size=60)
MOST_ASKED = 5_000
SLACK = 1e-6  # of the clock's floating point, in seconds


@dataclass(slots=True)
class Monotonic:
    """A clock that only the test moves; it starts where a machine's may after months."""

    seconds: float = 5e6

    def __call__(self) -> float:
        return self.seconds

    def pass_seconds(self, seconds: float) -> None:
        self.seconds += seconds


def refusal(limiter: Rates, principal: str = "ada") -> int | None:
    """The seconds to wait; None where the request was let through."""
    try:
        limiter.demand(principal)
    except Problem as refused:
        return int(refused.facts["retry_after_seconds"])
    return None


def spent(limiter: Rates, principal: str = "ada", pause: Callable[[], None] = lambda: None) -> tuple[int, int]:
    """How many requests a principal is let through that asks and asks, and how long it has to wait then."""
    for count in range(MOST_ASKED):
        if (wait := refusal(limiter, principal)) is not None:
            return count, wait
        pause()
    raise AssertionError("never refused")


def let_through(per_second: int, pauses: Sequence[float]) -> list[float]:
    """The moments at which a principal was let through that asks after each pause as often as it can."""
    clock = Monotonic()
    limiter, moments = Rates(per_second, clock), list[float]()
    for pause in pauses:
        clock.seconds += pause
        count, _ = spent(limiter)
        moments += [clock.seconds] * count
    return moments


@settings(deadline=None)
@given(st.integers(1, 50), pauses)
def test_in_no_span_of_time_are_more_let_through_than_the_rate_and_one_burst(
    per_second: int, pauses: list[float]
) -> None:
    moments = let_through(per_second, pauses)
    for first, start in enumerate(moments):
        for count, end in enumerate(moments[first:], start=1):
            assert count <= per_second * (end - start + BURST_SECONDS + SLACK)


@settings(deadline=None)
@given(st.integers(1, 50), st.floats(BURST_SECONDS + SLACK, 1e6))
def test_who_was_silent_for_long_enough_has_a_whole_burst_again_and_no_more(per_second: int, pause: float) -> None:
    moments = let_through(per_second, [0, pause])
    again = [moment for moment in moments if moment > moments[0]]
    assert len(again) in (per_second * BURST_SECONDS, per_second * BURST_SECONDS - 1)  # 1: the clock's last digit


@settings(deadline=None)
@given(rates, st.integers(1, 300))
def test_who_keeps_to_the_rate_is_never_refused(per_second: int, requests: int) -> None:
    clock = Monotonic()
    limiter = Rates(per_second, clock)
    for _ in range(requests):
        assert refusal(limiter) is None
        clock.seconds += 1 / per_second


@settings(deadline=None)
@given(rates, st.floats(0, 1))
def test_who_waits_as_long_as_he_was_told_is_let_through(per_second: int, phase: float) -> None:
    clock = Monotonic()
    limiter = Rates(per_second, clock)
    _, wait = spent(limiter, pause=lambda: clock.pass_seconds(phase / per_second / 2))
    assert wait == 1
    clock.seconds += wait
    assert refusal(limiter) is None


def test_a_refused_request_does_not_count() -> None:
    clock = Monotonic()
    limiter = Rates(1, clock)
    for _ in range(100):
        refusal(limiter)
    clock.seconds += 1 + SLACK
    assert refusal(limiter) is None


@settings(deadline=None)
@given(rates)
def test_one_principals_haste_is_not_anothers_loss(per_second: int) -> None:
    limiter = Rates(per_second, Monotonic())
    spent(limiter, "ada")
    assert refusal(limiter, "grace") is None


def test_only_those_are_remembered_who_asked_a_moment_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_REMEMBERED", 10)
    clock = Monotonic()
    limiter = Rates(10, clock)
    spent(limiter, "ada")
    for number in range(1_000):
        clock.seconds += 0.001
        limiter.demand(f"p-{number}")
        assert len(limiter._worked_off) <= 110  # what 0.1 s of work-off leaves, and the ten
    assert refusal(limiter, "ada") is None
    assert refusal(limiter, "p-999") is None


def test_who_is_not_worked_off_yet_is_never_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_REMEMBERED", 10)
    limiter = Rates(10, Monotonic())
    spent(limiter, "ada")
    for number in range(100):
        limiter.demand(f"p-{number}")
    assert refusal(limiter, "ada") == 1


async def test_too_many_requests_are_429_with_the_time_to_wait_and_only_for_that_principal(tmp_path: Path) -> None:
    async with desk_over(tmp_path, requests_per_second=1) as desk:
        answers = [await desk.ask("GET", MODELS) for _ in range(10)]
        refused = answers[-1]
        assert [answer.status_code for answer in answers][:2] == [200, 200]
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:tenure:problem:too-many-requests")
        assert refused.headers["retry-after"] == str(refused.json()["retry_after_seconds"])
        assert "1 requests a second" in refused.json()["detail"]
        assert (await desk.ask("GET", MODELS, by="viewer")).status_code == 200


async def test_mutations_hot_reads_and_the_origin_count_alike(tmp_path: Path) -> None:
    async with desk_over(tmp_path, requests_per_second=1) as desk:
        assert 429 in [(await desk.ask("GET", f"{MODELS}/none")).status_code for _ in range(10)]
        assert (await desk.model()).status_code == 429
        assert (await desk.ask("GET", "/log/newest")).status_code == 429
        assert desk.runtime.replica.accepted == 0


async def test_who_has_no_token_is_not_counted_and_neither_is_health(tmp_path: Path) -> None:
    async with desk_over(tmp_path, requests_per_second=1) as desk:
        nobody = {"Authorization": ""}
        assert [(await desk.ask("GET", MODELS, headers=nobody)).status_code for _ in range(5)] == [401] * 5
        assert [(await desk.ask("GET", "/readyz")).status_code for _ in range(5)] == [200] * 5
