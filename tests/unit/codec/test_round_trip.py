"""Does every event come back as it was, and out of the same bytes each time?"""

import random
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.contract.schemas.samples import sample
from tests.unit.codec.any_event import CODECS, EVERY_EVENT, any_of, law, rebuilt

every_event = pytest.mark.parametrize(
    ("service", "kind"), EVERY_EVENT, ids=lambda part: getattr(part, "__name__", part)
)
WEST = timezone(timedelta(hours=-5))  # the last instant there is after the last one of UTC
ODD_VALUES: list[Any] = [
    None, True, 7, 2**53 + 1, 2**63, 10**400, 0.5, "text", "\ud800", b"bytes", (), ("a",), (1,), {}, {1: "a"}, {"a": 1},
    {1: 2, "a": 1}, datetime(2026, 1, 2), datetime.max, datetime.max.replace(tzinfo=WEST), object(),
]  # fmt: skip
NESTED: list[Any] = [*((odd,) for odd in ODD_VALUES), *({"key": odd} for odd in ODD_VALUES)]


@every_event
@law
@given(data=st.data())
def test_an_event_decodes_to_what_was_encoded(service: str, kind: type, data: st.DataObject) -> None:
    event, codec = data.draw(any_of(kind)), CODECS[service]
    encoded = codec.encode(event)
    assert codec.decode(encoded.dataschema, encoded.value) == event


@every_event
@law
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_equal_events_give_equal_bytes(service: str, kind: type, data: st.DataObject, seed: int) -> None:
    """In whichever order a map was filled, and in whichever zone an instant was written down."""
    event = data.draw(any_of(kind))
    other = rebuilt(event, random.Random(seed))
    assert other == event
    assert CODECS[service].encode(other) == CODECS[service].encode(event)


@every_event
@law
@given(data=st.data())
def test_different_events_give_different_bytes(service: str, kind: type, data: st.DataObject) -> None:
    one, other = data.draw(any_of(kind)), data.draw(any_of(kind))
    assume(one != other)
    assert CODECS[service].encode(one) != CODECS[service].encode(other)


@every_event
def test_a_value_that_would_not_come_back_is_refused(service: str, kind: type) -> None:
    """Whatever a field holds is either refused by TypeError or ValueError, or comes back equal."""
    codec, whole = CODECS[service], sample(kind, full=True)
    for name, odd in product([f.name for f in fields(kind)], [*ODD_VALUES, *NESTED]):
        event = replace(whole, **{name: odd})
        try:
            encoded = codec.encode(event)
        except (TypeError, ValueError):
            continue
        assert codec.decode(encoded.dataschema, encoded.value) == event, (name, odd)


@every_event
def test_the_same_words_decode_to_the_same_objects(service: str, kind: type) -> None:
    """A state of a million events would else hold each of its few thousand names hundreds of times."""
    codec, whole = CODECS[service], sample(kind, full=True)
    encoded = codec.encode(whole)
    one, other = codec.decode(encoded.dataschema, encoded.value), codec.decode(encoded.dataschema, encoded.value)
    for name in (f.name for f in fields(kind)):
        if isinstance(getattr(one, name), str):
            assert getattr(one, name) is getattr(other, name)
