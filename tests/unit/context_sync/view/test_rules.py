"""Which views are refused when they are published, and for which reason?"""

from typing import Any

import pytest
from tenure_context_sync.context.rules import (
    AggregateDoesNotFitKey,
    AggregateWithoutField,
    AggregateWithoutTime,
    DefaultIsNotJson,
    ExpectationIncomplete,
    ExpressionUnreadable,
    FieldNotDeclared,
    JoinDoesNotFitKey,
    JoinNotDeclared,
    JoinsGoInACircle,
    NameAmbiguous,
    PersonalFieldIsSealed,
    SourceNotRegistered,
    TtlNotPositive,
    WindowEmpty,
    demand_view,
)
from tenure_context_sync.events import View
from tenure_context_sync.names import SourceName
from tenure_decider import Rejected

from tests.unit.context_sync.view.story import EVERYTHING, SOURCES, aggregate, column, expectation, join, view

FLIGHTS = SourceName("flights")


def refused(of: View) -> tuple[type[Rejected], dict[str, Any]]:
    with pytest.raises(Rejected) as found:
        demand_view(of, FLIGHTS, ("flight",), SOURCES)
    assert "{" not in str(found.value)
    return type(found.value), vars(found.value)


def test_a_view_with_everything_is_let_through_and_says_what_it_reads() -> None:
    assert demand_view(EVERYTHING, FLIGHTS, ("flight",), SOURCES) == {"hours", "tail", "crew"}


def test_an_expression_that_can_not_be_read() -> None:
    assert refused(view(column("x", "hours ** 2")))[0] is ExpressionUnreadable


def test_an_unknown_field() -> None:
    assert refused(view(column("speed"))) == (FieldNotDeclared, {"source": "flights", "missing": ("speed",)})


def test_an_unknown_field_of_a_joined_row() -> None:
    unknown = view(column("x", "plane.wings"), joins=(join("plane", "planes", "tail"),))
    assert refused(unknown) == (FieldNotDeclared, {"source": "planes", "missing": ("wings",)})


def test_an_unknown_field_in_an_expectation() -> None:
    assert refused(view(expectations=(expectation("speed", "not_null"),)))[0] is FieldNotDeclared


def test_an_alias_that_no_join_has() -> None:
    wanted = {"name": "x", "alias": "plane", "column": "seats"}
    assert refused(view(column("x", "plane.seats"))) == (JoinNotDeclared, wanted)


def test_a_source_that_is_not_registered() -> None:
    assert refused(view(joins=(join("gate", "gates", "tail"),))) == (SourceNotRegistered, {"source": "gates"})


@pytest.mark.parametrize(
    "of",
    [
        view(column("x", "hours"), column("x", "tail")),
        view(column("delayed", "hours"), aggregates=(aggregate("delayed"),)),
        view(aggregates=(aggregate("hours"),)),
        view(aggregates=(aggregate("plane"),), joins=(join("plane", "planes", "tail"),)),
        view(joins=(join("tail", "planes", "tail"),)),
        view(joins=(join("primary", "planes", "tail"),)),
        view(joins=(join("plane", "planes", "tail"), join("plane", "makers", "tail"))),
        view(column("flight", "tail")),
    ],
    ids=["columns", "column-aggregate", "aggregate-field", "aggregate-join", "join-field", "group", "joins", "key"],
)
def test_a_name_that_would_mean_two_things(of: View) -> None:
    assert refused(of)[0] is NameAmbiguous


def test_joins_that_wait_for_each_other() -> None:
    circle = view(joins=(join("plane", "planes", "maker.maker"), join("maker", "makers", "plane.maker")))
    assert refused(circle) == (JoinsGoInACircle, {"joins": ("maker", "plane")})


def test_a_join_on_itself() -> None:
    assert refused(view(joins=(join("plane", "planes", "plane.tail"),)))[0] is JoinsGoInACircle


def test_a_join_whose_on_does_not_fit_the_key() -> None:
    wanted = {"join": "leg", "source": "legs", "source_key": ("company", "leg"), "wanted": 2, "given": 1}
    assert refused(view(joins=(join("leg", "legs", "tail"),))) == (JoinDoesNotFitKey, wanted)


def test_a_key_made_of_an_aggregate() -> None:
    of = view(joins=(join("plane", "planes", "delayed"),), aggregates=(aggregate(),))
    assert refused(of)[0] is ExpressionUnreadable


@pytest.mark.parametrize("time_field", ["", "when"])
def test_an_aggregate_without_a_time(time_field: str) -> None:
    wanted = {"aggregate": "delayed", "source": "delays", "time_field": time_field}
    assert refused(view(aggregates=(aggregate(time_field=time_field),))) == (AggregateWithoutTime, wanted)


@pytest.mark.parametrize("by", [(), ("flight", "id"), ("flight", "flight")])
def test_an_aggregate_that_is_not_by_the_entitys_key(by: tuple[str, ...]) -> None:
    assert refused(view(aggregates=(aggregate(by=by),)))[0] is AggregateDoesNotFitKey


def test_an_aggregate_by_or_over_an_unknown_field() -> None:
    assert refused(view(aggregates=(aggregate(by=("gate",)),)))[0] is FieldNotDeclared
    assert refused(view(aggregates=(aggregate(field="cost"),)))[0] is FieldNotDeclared


def test_a_sum_of_nothing_named() -> None:
    wanted = {"aggregate": "delayed", "function": "sum"}
    assert refused(view(aggregates=(aggregate(field=None),))) == (AggregateWithoutField, wanted)


def test_an_empty_window() -> None:
    assert refused(view(aggregates=(aggregate(window_seconds=0),)))[0] is WindowEmpty


@pytest.mark.parametrize(
    "incomplete",
    [
        expectation("hours", "range"),
        expectation("hours", "range", minimum=2, maximum=1),
        expectation("tail", "references"),
        expectation("tail", "references", source=SourceName("legs")),
    ],
)
def test_an_expectation_that_nothing_can_be_held_to(incomplete: Any) -> None:
    assert refused(view(expectations=(incomplete,)))[0] is ExpectationIncomplete


def test_a_default_that_is_no_json() -> None:
    wanted = {"column": "hours", "default": "none"}
    assert refused(view(column("hours", default="none"))) == (DefaultIsNotJson, wanted)


def test_a_ttl_that_nothing_outlives() -> None:
    assert refused(view(ttl_seconds=0)) == (TtlNotPositive, {"ttl_seconds": 0})


SEALED = {
    name: declared._replace(personal=frozenset({"crew", "minutes"} & set(declared.fields)))
    for name, declared in SOURCES.items()
}


@pytest.mark.parametrize(
    ("of", "name"),
    [
        (view(joins=(join("leg", "planes", "text(crew)"),)), "leg"),
        (view(aggregates=(aggregate(),)), "delayed"),
        (view(expectations=(expectation("crew", "range", minimum=1),)), "the range expectation"),
    ],
    ids=["join", "aggregate", "expectation"],
)
def test_what_is_sealed_is_no_key_no_aggregate_and_in_no_range(of: View, name: str) -> None:
    with pytest.raises(PersonalFieldIsSealed) as found:
        demand_view(of, FLIGHTS, ("flight",), SEALED)
    assert found.value.name == name


def test_columns_may_be_made_of_what_is_sealed_and_it_may_be_demanded() -> None:
    of = view(column("twice", "crew * 2"), expectations=(expectation("crew", "not_null"),))
    assert demand_view(of, FLIGHTS, ("flight",), SEALED) == {"crew"}
