"""Do equal states give equal bytes, and different ones different bytes?"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rpds import HashTrieMap, HashTrieSet, List
from tenure_journal.canonical import canonical

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


def shape(value: object) -> object:
    """Equality that tells 1, 1.0 and True apart, as states must."""
    match value:
        case list():
            return ("list", tuple(shape(item) for item in value))
        case dict():
            return ("dict", frozenset((key, shape(item)) for key, item in value.items()))
        case float():
            return ("float", value.hex())
    return (type(value).__name__, value)


@given(VALUES, VALUES)
def test_bytes_are_equal_exactly_where_values_are(one: object, two: object) -> None:
    assert (canonical(one) == canonical(two)) == (shape(one) == shape(two))


@given(st.dictionaries(st.text(), st.integers()))
def test_the_order_in_which_a_map_was_built_does_not_show(items: dict[str, int]) -> None:
    backwards = dict(reversed(items.items()))
    assert canonical(items) == canonical(backwards) == canonical(HashTrieMap(backwards))


@given(st.sets(st.integers()))
def test_nor_does_that_of_a_set(items: set[int]) -> None:
    assert canonical(items) == canonical(HashTrieSet(sorted(items, reverse=True))) == canonical(frozenset(items))


def test_persistent_lists_are_lists() -> None:
    assert canonical(List([1, 2])) == canonical((1, 2)) == canonical([1, 2])


def test_an_instant_is_the_same_in_every_zone() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert canonical(at) == canonical(at.astimezone(timezone(timedelta(hours=5))))


@dataclass(frozen=True)
class One:
    field: int


@dataclass(frozen=True)
class Two:
    field: int


def test_dataclasses_of_different_names_differ() -> None:
    assert canonical(One(1)) != canonical(Two(1))
    assert canonical(One(1)) != canonical(One(2))
    assert canonical(One(1)) == canonical(One(1))


def test_what_a_state_may_not_hold_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical(object())
    with pytest.raises(TypeError):
        canonical(One)
