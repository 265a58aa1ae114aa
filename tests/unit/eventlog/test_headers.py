"""Do headers come out of a row as they went in, now and from rows of before?"""

from struct import error

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tenure_eventlog.headers import NULL, Header, packed, taken_apart, unpacked

HEADERS = st.lists(st.tuples(st.text(max_size=8), st.none() | st.binary(max_size=300)), max_size=20).map(tuple)
TWO: tuple[Header, ...] = (("a", b"1"), ("b", None))


@given(HEADERS)
@example(())
@example((("none", None), ("empty", b""), ("none", None)))
def test_headers_come_back_as_they_were(headers: tuple[Header, ...]) -> None:
    """Equal, in their order, and again packed to the same bytes: nulls, nothing at all and repeated names included."""
    found = unpacked(packed(headers))
    assert found == headers
    assert headers == found
    assert tuple(found) == headers
    assert packed(found) == packed(headers)


@given(HEADERS)
def test_taken_apart_they_are_the_same_packed_or_not(headers: tuple[Header, ...]) -> None:
    (shape, values), (unpacked_shape, unpacked_values) = taken_apart(headers), taken_apart(unpacked(packed(headers)))
    assert (shape, tuple(values)) == (unpacked_shape, tuple(unpacked_values))
    assert shape.lengths == tuple(NULL if value is None else len(value) for value in values)


@given(HEADERS)
@example(())
@example(tuple((str(n), b"x" * 70_000) for n in range(20)))
def test_a_row_of_before_shapes_is_read_as_it_was_written(headers: tuple[Header, ...]) -> None:
    """Nothing rewrites a lifecycle topic, so rows of pairs in msgpack stay for ever."""
    assert unpacked(msgspec.msgpack.encode(headers)) == headers


@given(HEADERS, HEADERS)
def test_packed_headers_are_equal_exactly_where_tuples_are(one: tuple[Header, ...], other: tuple[Header, ...]) -> None:
    """A record is recognised after a reconnect, however it came the first time."""
    assert (unpacked(packed(one)) == unpacked(packed(other))) is (one == other)
    assert (unpacked(packed(one)) == other) is (one == other)
    assert hash(unpacked(packed(one))) == hash(one)


def test_they_can_be_asked_like_a_tuple() -> None:
    found = unpacked(packed(TWO))
    assert (len(found), found[0], found[-1], found[1:]) == (2, TWO[0], TWO[1], TWO[1:])
    assert repr(found) == repr(TWO)
    assert found != list(TWO)


@pytest.mark.parametrize("cut", range(len(packed(TWO))))
def test_a_row_that_was_cut_short_is_refused(cut: int) -> None:
    with pytest.raises((msgspec.DecodeError, error)):
        unpacked(packed(TWO)[:cut])


def test_bytes_after_the_values_are_refused() -> None:
    """They would be in no digest."""
    with pytest.raises(error):
        unpacked(packed(TWO) + b"x")


@pytest.mark.parametrize("shape", [(("a",), (1, 1)), (("a", "b"), (1,)), (("a",), (-2,))])
def test_a_shape_that_no_record_can_have_is_refused(shape: tuple[tuple[str, ...], tuple[int, ...]]) -> None:
    written = msgspec.msgpack.encode(shape)
    with pytest.raises(ValueError, match="is no shape of headers"):
        unpacked(b"\xc1" + len(written).to_bytes(4, "big") + written + b"12")
