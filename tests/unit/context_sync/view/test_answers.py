"""What is answered of a row, an hour after its sources were complete?"""

from datetime import datetime, timedelta
from typing import Any

from tenure_context_sync.events import EntityClass, Sla
from tenure_context_sync.view.answers import Limits, OnStale, ages, answer, limits_of, not_fresh, on_stale_of
from tenure_context_sync.view.compiled import CompiledView
from tenure_context_sync.view.reading import Found, Reading
from tenure_context_sync.view.scope import Closed

from tests.unit.context_sync.view.story import NOON, column, compiled_view, join, view

AT = NOON - timedelta(hours=1)
PLANE = compiled_view(
    view(
        column("hours", default="0"),
        column("seats", "plane.seats", "150"),
        joins=(join("plane", "planes", "tail"),),
        ttl_seconds=7_200,
    )
)
FLIGHT = {"flight": "UA1", "tail": "N1", "hours": 3}
WHOLE = Reading(Found(AT, FLIGHT), {"plane": Found(AT, {"tail": "N1", "seats": 180})})
NO_PLANE = Reading(Found(AT, FLIGHT), {"plane": None})
COMPLETE: dict[str, datetime] = {"flights": AT, "planes": NOON}


def answered(
    reading: Reading, limits: Limits = Limits(60), on_stale: OnStale = "flag", of: CompiledView = PLANE
) -> Any:
    return answer(of, {"flight": "UA1"}, reading, ages(of, COMPLETE.get, NOON), limits, on_stale)


def verdicts(reading: Reading, **more: Any) -> dict[str, str]:
    return {name: group.verdict for name, group in answered(reading, **more).groups.items()}


def test_each_group_is_as_old_as_its_source_and_the_row_as_its_worst() -> None:
    found = answered(WHOLE)
    assert {name: group.age_seconds for name, group in found.groups.items()} == {"primary": 3_600, "plane": 0}
    assert verdicts(WHOLE) == {"primary": "stale", "plane": "fresh"}
    assert (found.age_seconds, found.verdict, found.values["seats"]) == (3_600, "stale", 180)


def test_without_a_limit_nothing_is_stale() -> None:
    assert verdicts(WHOLE, limits=Limits()) == {"primary": "fresh", "plane": "fresh"}


def test_only_what_is_made_of_a_group_that_is_not_fresh_falls_back() -> None:
    assert answered(WHOLE, on_stale="default").values == {"flight": "UA1", "hours": 0, "seats": 180}
    assert answered(NO_PLANE, Limits(), "default").values == {"flight": "UA1", "hours": 3, "seats": 150}


def test_a_row_that_is_not_there_falls_back_whole_without_a_word_of_failures() -> None:
    found = answered(Reading(None, {"plane": None}), on_stale="default")
    assert (found.values, found.failures) == ({"flight": "UA1", "hours": 0, "seats": 150}, {})


def test_a_row_that_is_held_is_as_old_as_itself() -> None:
    held = Reading(Found(AT - timedelta(minutes=1), FLIGHT, held=True), {"plane": None})
    assert answered(held).groups["primary"].age_seconds == 3_660


def test_a_row_older_than_its_ttl_is_expired_however_fresh_its_source() -> None:
    old = Reading(Found(NOON - timedelta(hours=3), FLIGHT), {"plane": None})
    assert verdicts(old, limits=Limits()) == {"primary": "expired", "plane": "missing"}


def test_a_source_of_which_nothing_came_is_stale_under_any_limit() -> None:
    found = answer(PLANE, {"flight": "UA1"}, WHOLE, ages(PLANE, {}.get, NOON), Limits(9**9), "flag")
    assert (found.verdict, found.age_seconds) == ("stale", None)


def test_entities_of_a_class_have_a_limit_of_their_own() -> None:
    sla = Sla(
        lane="batch",
        max_age_seconds=60,
        on_breach="alert",
        classes=(EntityClass(field="seats", value="180", max_age_seconds=7_200),),
    )
    assert verdicts(WHOLE, limits=limits_of(sla))["primary"] == "fresh"
    assert verdicts(NO_PLANE, limits=limits_of(sla))["primary"] == "stale"


def test_what_is_not_fresh_is_counted_by_group_and_verdict() -> None:
    rows = [answered(WHOLE), answered(NO_PLANE), answered(NO_PLANE)]
    assert not_fresh(rows) == {"plane": {"missing": 2}, "primary": {"stale": 3}}


def test_the_caller_says_what_then_else_the_binding() -> None:
    falls_back = Sla(lane="batch", max_age_seconds=1, on_breach="fall_back")
    assert on_stale_of(None, falls_back) == "default"
    assert on_stale_of("fail", falls_back) == "fail"
    assert on_stale_of(None, None) == "flag"


def test_a_group_of_which_something_was_erased_is_erased_even_where_it_is_stale_or_expired() -> None:
    gone = Reading(Found(AT - timedelta(days=1), {**FLIGHT, "hours": Closed("erased")}, erased=True), WHOLE.joined)
    found = answered(gone)
    assert (found.groups["primary"].verdict, found.groups["plane"].verdict, found.verdict) == (
        "erased",
        "fresh",
        "erased",
    )
    assert (found.values["hours"], found.failures) == (None, {"hours": "erased:hours"})
