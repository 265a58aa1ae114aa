"""When is a consumer seen, and when is it quiet?"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tenure_decider import given
from tenure_monitor.callers.decider import CallerCommand, MissConsumer, Place, SeeConsumer, caller_decider
from tenure_monitor.callers.due import Heard, Traffic, commands
from tenure_monitor.events import CallerEvent, ConsumerQuiet, ConsumerSeen
from tenure_monitor.names import CallerName, ModelName, ModelVersion

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
DELAYS = ModelName("delays")
BOARD = Place(ModelVersion("1"), CallerName("departure-board"))
CREW = Place(ModelVersion("1"), CallerName("crew-planning"))

see = SeeConsumer(model=DELAYS, place=BOARD, seen_at=NOON, counted=3, now=NOON)
seen = ConsumerSeen(
    model=DELAYS, model_version=BOARD.model_version, consumer=BOARD.consumer, seen_at=NOON, counted=3, noticed_at=NOON
)
miss = MissConsumer(model=DELAYS, place=BOARD, last_seen_at=NOON, counted=3, now=NOON + DAY)
quiet = ConsumerQuiet(
    model=DELAYS,
    model_version=BOARD.model_version,
    consumer=BOARD.consumer,
    last_seen_at=NOON,
    counted=3,
    noticed_at=NOON + DAY,
)


def test_a_consumer_that_calls_is_seen() -> None:
    given(caller_decider).when(see).then(seen)


@pytest.mark.parametrize("later", [timedelta(), DAY - MOMENT])
def test_within_a_day_it_is_told_of_once(later: timedelta) -> None:
    given(caller_decider, seen).when(replace(see, seen_at=NOON + later, now=NOON + later)).then_nothing()


def test_after_a_day_it_is_told_of_again() -> None:
    tomorrow = NOON + DAY
    given(caller_decider, seen).when(replace(see, seen_at=tomorrow, counted=9, now=tomorrow)).then(
        replace(seen, seen_at=tomorrow, counted=9, noticed_at=tomorrow)
    )


def test_on_another_version_it_is_seen_for_itself() -> None:
    second = ModelVersion("2")
    given(caller_decider, seen).when(replace(see, place=Place(second, BOARD.consumer))).then(
        replace(seen, model_version=second)
    )


def test_a_call_that_is_a_day_old_when_it_is_told_makes_nobody_seen() -> None:
    given(caller_decider).when(replace(see, now=NOON + DAY)).then_nothing()


def test_a_day_after_its_last_call_it_is_quiet() -> None:
    given(caller_decider, seen).when(miss).then(quiet)


def test_before_that_it_is_not() -> None:
    given(caller_decider, seen).when(replace(miss, now=NOON + DAY - MOMENT)).then_nothing()


def test_it_goes_quiet_once() -> None:
    given(caller_decider, seen, quiet).when(miss).then_nothing()


def test_who_was_never_seen_is_not_missed() -> None:
    given(caller_decider).when(miss).then_nothing()


def test_who_comes_back_is_seen_at_once() -> None:
    back = NOON + DAY + MOMENT
    given(caller_decider, seen, quiet).when(replace(see, seen_at=back, now=back)).then(
        replace(seen, seen_at=back, noticed_at=back)
    )


def wanted(
    *told: CallerEvent, heard: Mapping[Place, Heard], now: datetime, complete_at: datetime | None
) -> list[CallerCommand]:
    return list(commands(DELAYS, caller_decider.fold(*told), Traffic({DELAYS: heard}, complete_at), now))


def test_what_is_heard_for_the_first_time_is_due_by_name() -> None:
    heard = {BOARD: Heard(NOON, 3), CREW: Heard(NOON, 1)}
    assert wanted(heard=heard, now=NOON, complete_at=None) == [replace(see, place=CREW, counted=1), see]


def test_what_was_told_of_today_is_not_due() -> None:
    later = NOON + timedelta(hours=20)
    assert wanted(seen, heard={BOARD: Heard(later, 9)}, now=later, complete_at=later) == []


def test_whoever_was_not_heard_since_is_missed_once_all_telemetry_of_that_day_is_read() -> None:
    now = NOON + 2 * DAY
    for heard in ({}, {BOARD: Heard(NOON, 3)}):
        assert wanted(seen, heard=heard, now=now, complete_at=NOON + DAY) == [replace(miss, now=now)]


@pytest.mark.parametrize("complete_at", [None, NOON + DAY - MOMENT])
def test_whoever_was_not_read_of_is_not_missed(complete_at: datetime | None) -> None:
    assert wanted(seen, heard={}, now=NOON + 2 * DAY, complete_at=complete_at) == []


def test_the_quiet_is_counted_from_the_newest_call_and_not_from_when_it_was_told() -> None:
    last = NOON + timedelta(hours=20)
    assert wanted(seen, heard={BOARD: Heard(last, 9)}, now=NOON + 30 * DAY, complete_at=last + DAY) == [
        replace(miss, last_seen_at=last, counted=9, now=NOON + 30 * DAY)
    ]


def test_whatever_is_due_is_decided_and_then_not_due_again() -> None:
    state, now, told = caller_decider.initial, NOON, []
    calls = {at: NOON + timedelta(hours=at) for at in (0, 5, 23, 30, 31, 90, 91)}
    for hour in range(150):
        now = NOON + timedelta(hours=hour)
        known = [at for at in calls.values() if at <= now]
        traffic = Traffic({DELAYS: {BOARD: Heard(known[-1], len(known))}}, now)
        for command in commands(DELAYS, state, traffic, now):
            event = caller_decider.decide(state, command)
            assert event is not None
            state = caller_decider.evolve(state, event)
            told.append((type(event).__name__, hour, event.counted))
        assert list(commands(DELAYS, state, traffic, now)) == []
    assert told == [
        ("ConsumerSeen", 0, 1),
        ("ConsumerSeen", 30, 4),
        ("ConsumerQuiet", 55, 5),
        ("ConsumerSeen", 90, 6),
        ("ConsumerQuiet", 115, 7),
    ]
