"""How old is what came of a source, how sure is that, and does the source live?"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tenure_context_sync.events import Heartbeat
from tenure_context_sync.freshness.verdict import Evidence, age_of, state_of, verdict_of
from tenure_context_sync.source.state import Source

from tests.unit.context_sync.story import NOON, registered

BEATING = Source(replace(registered, heartbeat=Heartbeat(topic="beats", every_seconds=5)))
LOADED = Source(replace(registered, format="json", every_seconds=3_600))
FAST = timedelta(milliseconds=20)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def beaten(at: float, delay: timedelta | None = FAST, changed: float | None = None) -> Evidence:
    changed_at = None if changed is None else after(changed)
    return Evidence(complete_until=after(at), heartbeat_at=after(at), changed_at=changed_at, least_delay=delay)


@pytest.mark.parametrize(("now", "state"), [(10.02, "idle"), (10.03, "silent")])
def test_a_source_is_silent_when_two_heartbeats_are_missed(now: float, state: str) -> None:
    assert state_of(BEATING, beaten(0), after(now)) == state


@pytest.mark.parametrize(("now", "state"), [(2.9, "idle"), (3.1, "silent")])
def test_heartbeats_of_a_second_are_not_missed_because_they_are_looked_for_each_second(now: float, state: str) -> None:
    """The newest one known is up to a heartbeat and a look old, which is two seconds and some delay."""
    each_second = Source(replace(registered, heartbeat=Heartbeat(topic="beats", every_seconds=1)))
    assert state_of(each_second, beaten(0), after(now)) == state


def test_a_source_that_never_beat_is_silent_two_heartbeats_after_it_was_registered() -> None:
    assert state_of(BEATING, Evidence(), after(10)) == "idle"
    assert state_of(BEATING, Evidence(), after(10.1)) == "silent"


@pytest.mark.parametrize("skew", [-5.0, 0.0, 5.0])
def test_a_wrong_clock_of_the_source_makes_it_neither_silent_nor_alive_for_longer(skew: float) -> None:
    """It beat at the true second 0 and stamped that with its own clock; the log's delay shows what is wrong."""
    seen = beaten(skew, FAST - timedelta(seconds=skew), changed=skew)
    assert [state_of(BEATING, seen, after(now)) for now in (9.9, 10.1)] == ["alive", "silent"]


def test_a_clock_that_is_ahead_makes_nothing_younger() -> None:
    """Twenty milliseconds of true delay can't be told from the clock's being that much less ahead."""
    seen = beaten(5, FAST - timedelta(seconds=5))
    verdict = verdict_of(BEATING, seen, after(3))
    assert verdict.age_seconds == pytest.approx(3 - FAST.total_seconds())
    assert verdict.skew_seconds == pytest.approx(5 - FAST.total_seconds())
    assert verdict.error_seconds == 0.0


def test_a_clock_that_is_behind_makes_it_older_by_no_more_than_the_error_that_is_shown() -> None:
    verdict = verdict_of(BEATING, beaten(-5, FAST + timedelta(seconds=5)), after(3))
    assert verdict.age_seconds == 8.0
    assert verdict.error_seconds == pytest.approx(5 + FAST.total_seconds())
    assert verdict.age_seconds - verdict.error_seconds <= 3 <= verdict.age_seconds


@pytest.mark.parametrize("delay", [timedelta(days=4_000), timedelta(days=-1), None])
def test_history_that_is_loaded_says_nothing_of_clocks(delay: timedelta | None) -> None:
    verdict = verdict_of(BEATING, beaten(0, delay), after(3))
    assert (verdict.age_seconds, verdict.skew_seconds, verdict.error_seconds) == (3.0, 0.0, None)


def test_of_what_never_came_no_age_is_known() -> None:
    assert age_of(Evidence(), NOON) is None


def test_an_age_is_never_below_zero() -> None:
    assert age_of(beaten(1), NOON) == 0.0


def test_a_transaction_that_is_open_for_two_heartbeats_is_incomplete() -> None:
    seen = replace(beaten(12), open_since=after(0))
    assert state_of(BEATING, seen, after(10)) == "idle"
    assert state_of(BEATING, seen, after(11)) == "incomplete"


def test_a_batch_source_beats_by_its_loads() -> None:
    loaded = Evidence(complete_until=NOON, changed_at=NOON)
    assert [state_of(LOADED, loaded, after(now)) for now in (7_200, 7_201)] == ["alive", "silent"]


def test_without_a_cadence_idle_cannot_be_told_from_dead() -> None:
    assert state_of(Source(registered), beaten(0, changed=0), after(1)) == "unwatched"
