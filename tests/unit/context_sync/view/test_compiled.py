"""What does a view make of rows?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tenure_context_sync.view.compiled import CompiledView, compile_view, join_key
from tenure_context_sync.view.scope import Closed, Failure, Scope
from tenure_context_sync.view.windows import MOST_ROWS, Dated, aggregated

from tests.unit.context_sync.view.story import ALL, NOON, aggregate, column, compiled_view, expectation, published, view

FLIGHT = {"flight": "UA1", "tail": "N1", "hours": 3.5, "crew": 4}
PLANE, MAKER = {"tail": "N1", "maker": "boeing", "seats": 180}, {"maker": "boeing", "country": "us"}


def test_values_are_made_of_the_row_the_joined_rows_and_the_aggregates() -> None:
    scope = Scope(FLIGHT, {"plane": PLANE, "maker": MAKER}, {"delayed": 75.0})
    wanted = {"busy": 7.0, "seats": 180, "country": "US", "bad": True, "delayed": 75.0}
    assert compiled_view().values(scope) == wanted


def test_a_joined_row_that_is_not_there_makes_nulls() -> None:
    found = compiled_view().values(Scope(FLIGHT, {"plane": None, "maker": None}, {"delayed": 0}))
    assert (found["seats"], found["country"]) == (None, None)


def test_a_value_that_can_not_be_had_is_a_failure_and_the_others_are_there() -> None:
    found = compiled_view().values(Scope(FLIGHT, {"plane": {"tail": "N1"}}, {"delayed": 1}))
    assert (found["seats"], found["busy"]) == (Failure("field-missing:seats"), 7.0)


def test_joins_are_looked_up_in_the_order_of_their_keys() -> None:
    first, second = compiled_view().joins
    assert (first.join.name, join_key(first, Scope(FLIGHT))) == ("plane", '{"tail":"N1"}')
    assert (second.join.name, join_key(second, Scope(FLIGHT, {"plane": PLANE}))) == ("maker", '{"maker":"boeing"}')
    assert join_key(second, Scope(FLIGHT, {"plane": None})) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"note": {"any": "thing"}, "new": 1}, None),
        ({"hours": None, "tail": None}, None),
        ({"hours": 25}, "out-of-range:hours"),
        ({"hours": -0.5}, "out-of-range:hours"),
        ({"hours": "3"}, "type-does-not-fit:hours"),
        ({"crew": None}, "null:crew"),
        ({"flight": None}, "type-does-not-fit:flight"),
    ],
)
def test_a_row_is_readable_or_there_is_a_reason(change: dict[str, Any], reason: str | None) -> None:
    assert compiled_view().readable({**FLIGHT, **change}) == reason


def test_a_row_whose_field_was_renamed_can_not_be_read() -> None:
    renamed = {("time" if name == "hours" else name): value for name, value in FLIGHT.items()}
    assert compiled_view().readable(renamed) == "field-missing:hours"


def test_a_field_that_the_view_does_not_read_may_go() -> None:
    assert compiled_view(view(column("hours"))).readable({"flight": "UA1", "hours": 1}) is None


def test_an_expression_that_does_not_fit_the_row_makes_it_unreadable() -> None:
    assert compiled_view(view(column("x", "1 / hours"))).readable({**FLIGHT, "hours": 0}) == "division-by-zero"


def test_rows_that_it_refers_to_are_named_by_source_and_key() -> None:
    assert compiled_view().referred(FLIGHT) == [("planes", '{"tail":"N1"}')]
    assert compiled_view().referred({**FLIGHT, "tail": None}) == []


def test_it_says_what_it_reads_of_each_source() -> None:
    assert compiled_view().reads == {
        "flights": {"flight", "tail", "hours", "crew"},
        "planes": {"tail", "maker", "seats"},
        "makers": {"maker", "country"},
        "delays": {"flight", "at", "minutes"},
    }


def test_each_output_knows_its_groups() -> None:
    groups = {one.column.name: one.groups for one in compiled_view().columns}
    assert groups == {"busy": {"primary"}, "seats": {"plane"}, "country": {"maker"}, "bad": {"delayed"}}
    assert compiled_view().groups() == ("primary", "plane", "maker", "delayed")


def dated(*minutes: object) -> list[Dated]:
    return [
        Dated(NOON - timedelta(minutes=number), str(number), {"minutes": value}) for number, value in enumerate(minutes)
    ]


@pytest.mark.parametrize(
    ("function", "field", "wanted"),
    [
        ("count", None, 4),
        ("count", "minutes", 3),
        ("sum", "minutes", 11),
        ("last", "minutes", 3),
        ("distinct", "minutes", 2),
    ],
)
def test_an_aggregate_is_over_the_rows_in_any_order(function: str, field: str | None, wanted: int) -> None:
    rows = dated(3, None, 5, 3)
    over = aggregate(function=function, field=field)
    assert {aggregated(over, rows), aggregated(over, rows[::-1])} == {wanted}


def test_a_sum_over_what_is_no_number_and_too_many_rows_are_failures() -> None:
    assert aggregated(aggregate(), dated(1, "2")) == Failure("not-a-number")
    assert aggregated(aggregate(), dated(*[1] * (MOST_ROWS + 1))) == Failure("more-than-10000-rows")


def test_a_truth_value_is_not_the_number_one() -> None:
    assert aggregated(aggregate(function="distinct"), dated(1, True, 1.0)) == 2


def sealed_crew() -> CompiledView:
    """The crew's number is personal, and may not be null."""
    sources = tuple(
        (name, key, tuple(replace(one, personal=one.name == "crew", nullable=one.name != "crew") for one in fields))
        for name, key, fields in ALL
    )
    of = view(column("twice", "crew * 2"), column("hours"), expectations=(expectation("crew", "not_null"),))
    return compile_view(published(of), sources)


def test_only_what_it_reads_of_the_personal_fields_is_opened_for_it() -> None:
    assert sealed_crew().personal == {"flights": {"crew"}}
    assert compiled_view().personal == {}


def test_a_sealed_field_is_readable_whatever_its_type_but_not_where_it_is_null() -> None:
    assert sealed_crew().readable({**FLIGHT, "crew": "tenure.sealed.1.erased"}) is None
    assert sealed_crew().readable({**FLIGHT, "crew": None}) == "type-does-not-fit:crew"


@pytest.mark.parametrize("why", ["sealed", "erased", "broken"])
def test_nothing_is_reckoned_with_what_could_not_be_opened(why: Any) -> None:
    found = sealed_crew().values(Scope({**FLIGHT, "crew": Closed(why)}))
    assert found == {"twice": Failure(f"{why}:crew"), "hours": 3.5}
