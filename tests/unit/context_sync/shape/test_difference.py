"""How bad is a change of a source's schema?"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_context_sync.events import Field, FieldChange
from tenure_context_sync.shape.difference import class_of, difference
from tenure_context_sync.shape.types import holds, json_type, relation

ORIGIN = Field(name="origin", type="string", personal=False, nullable=False)
WIND = Field(name="wind", type="double", personal=False)
TEMPERATURE = Field(name="temperature", type="int64", personal=False)
ROW = (ORIGIN, WIND, TEMPERATURE)
TYPES = ("int8", "smallint", "integer", "bigint", "real", "double", "numeric")

fields = st.lists(
    st.builds(
        Field,
        name=st.sampled_from("abcdef"),
        type=st.sampled_from(("string", "integer", "double", "boolean", "io.debezium.time.Date")),
        personal=st.just(False),
        nullable=st.booleans(),
    ),
    unique_by=lambda one: one.name,
    max_size=6,
).map(tuple)


def told(*after: Field) -> list[tuple[str, str]]:
    return [(change.kind, change.field) for change in difference(ROW, after, ("origin",))]


def test_the_same_fields_in_another_order_are_no_change() -> None:
    assert told(TEMPERATURE, WIND, ORIGIN) == []


def test_a_new_field_is_compatible() -> None:
    gust = Field(name="gust", type="double", personal=False)
    assert told(*ROW, gust) == [("added", "gust")]
    assert class_of(difference(ROW, (*ROW, gust), ())) == "compatible"


def test_a_field_that_went_breaks_whoever_reads_it() -> None:
    assert told(ORIGIN, WIND) == [("removed", "temperature")]
    assert class_of(difference(ROW, (ORIGIN, WIND), ())) == "breaking"


def test_one_that_went_and_one_of_its_type_that_came_are_probably_a_rename() -> None:
    [change] = difference(ROW, (ORIGIN, replace(WIND, name="wind_speed"), TEMPERATURE), ())
    assert change == FieldChange(kind="renamed", field="wind", before="wind", after="wind_speed", probable=True)


def test_a_rename_that_could_be_two_is_told_as_what_went_and_what_came() -> None:
    after = (ORIGIN, replace(WIND, name="a"), replace(WIND, name="b"), TEMPERATURE)
    assert told(*after) == [("removed", "wind"), ("added", "a"), ("added", "b")]


def test_a_narrower_type_loses_and_a_wider_one_does_not() -> None:
    assert told(ORIGIN, WIND, replace(TEMPERATURE, type="int16")) == [("narrowed", "temperature")]
    assert told(ORIGIN, WIND, replace(TEMPERATURE, type="double")) == [("widened", "temperature")]


def test_a_key_of_another_type_breaks_even_if_it_holds_more() -> None:
    before = (replace(ORIGIN, type="int32"),)
    [change] = difference(before, (replace(ORIGIN, type="int64"),), ("origin",))
    assert (change.kind, class_of([change])) == ("key_retyped", "breaking")


def test_a_field_that_may_be_null_now_is_lossy() -> None:
    assert told(replace(ORIGIN, nullable=True), WIND, TEMPERATURE) == [("nullable", "origin")]


@given(fields)
def test_nothing_differs_from_itself(some: tuple[Field, ...]) -> None:
    assert difference(some, some, ()) == ()


@given(fields, fields)
def test_every_field_that_differs_is_told_once(before: tuple[Field, ...], after: tuple[Field, ...]) -> None:
    """A rename tells two of them."""
    changes = difference(before, after, ())
    old, new = {f.name for f in before}, {f.name for f in after}
    gone = {c.field for c in changes if c.kind in ("removed", "renamed")}
    came = [c.field for c in changes if c.kind == "added"] + [c.after for c in changes if c.kind == "renamed"]
    assert (gone, sorted(map(str, came))) == (old - new, sorted(new - old))


@pytest.mark.parametrize("low", range(len(TYPES)))
def test_numbers_are_ordered_by_what_they_hold(low: int) -> None:
    assert all(relation(TYPES[low], wide) == "wider" for wide in TYPES[low + 1 :])
    assert all(relation(TYPES[low], narrow) == "narrower" for narrow in TYPES[:low])


@pytest.mark.parametrize(
    ("raw", "seen", "yes", "no"),
    [
        (b"1", "integer", "double", "boolean"),
        (b"1.5", "number", "double", "integer"),
        (b"-2e3", "number", "real", "int64"),
        (b'"x"', "string", "text", "double"),
        (b"true", "boolean", "bool", "string"),
        (b"null", "null", "integer", ""),
        (b"19000", "integer", "date", "text"),
    ],
)
def test_a_row_shows_its_types_by_the_values_first_letters(raw: bytes, seen: str, yes: str, no: str) -> None:
    found = json_type(raw)
    assert (found, holds(yes, found)) == (seen, True)
    assert not no or not holds(no, found)
