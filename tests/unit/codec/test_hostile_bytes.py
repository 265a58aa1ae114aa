"""Can bytes from anyone crash a reader, or make it take memory without bound?"""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tenure_codec.binding import MAX_VALUE_BYTES, EventCodec
from tenure_codec.errors import SchemaUnknown, TooLarge, TrailingBytes, Undecodable

from tests.contract.schemas.publish import UNIONS, events_of
from tests.contract.schemas.samples import sample
from tests.unit.codec.any_event import CODECS, EVERY_EVENT, any_of, law

every_event = pytest.mark.parametrize(
    ("service", "kind"), EVERY_EVENT, ids=lambda part: getattr(part, "__name__", part)
)
HUGE_COUNTS = [b"\xfe\xff\xff\xff\x0f", b"\xff" * 9 + b"\x01", b"\xfe" + b"\xff" * 8 + b"\x01", b"\x80" * 40]
RESERVE_BYTES, MOST_PER_BYTE = 65_536, 150  # measured: 7 kB, and 96 bytes for each byte of empty list items


def urn_of(service: str, kind: type) -> str:
    return CODECS[service].encode(sample(kind, full=True)).dataschema


@st.composite
def spoilt(draw: st.DrawFn, whole: bytes) -> bytes:
    """An event's bytes with a piece replaced: by random bytes, or by the count of a list that is not there."""
    start = draw(st.integers(0, len(whole)))
    end = draw(st.integers(start, len(whole)))
    return whole[:start] + draw(st.sampled_from(HUGE_COUNTS) | st.binary(max_size=12)) + whole[end:]


def checked_decode(codec: EventCodec, dataschema: str, value: bytes) -> object:
    """The event, or None where it was refused by the codec's own error. Anything else fails the test."""
    with suppress(Undecodable):
        codec.decode(dataschema, b"")  # what is made once for a schema is no value's doing
    tracemalloc.start()
    try:
        return codec.decode(dataschema, value)
    except Undecodable:
        return None
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < RESERVE_BYTES + MOST_PER_BYTE * len(value), f"{len(value)} bytes took {peak}"


@every_event
@law
@given(value=st.binary(max_size=60))
@example(value=b"")
@example(value=b"\x00" * 60)
@example(value=b"\xff" * 60)
def test_random_bytes_are_an_event_or_undecodable(service: str, kind: type, value: bytes) -> None:
    event = checked_decode(CODECS[service], urn_of(service, kind), value)
    assert event is None or type(event) is kind


@every_event
@law
@given(data=st.data())
def test_spoilt_bytes_are_an_event_or_undecodable(service: str, kind: type, data: st.DataObject) -> None:
    encoded = CODECS[service].encode(data.draw(any_of(kind)))
    event = checked_decode(CODECS[service], encoded.dataschema, data.draw(spoilt(encoded.value)))
    assert event is None or type(event) is kind


@every_event
def test_no_value_within_the_limit_takes_much_more_memory_than_it_has_bytes(service: str, kind: type) -> None:
    """The worst there is: as many of the smallest items as the limit lets in."""
    whole = CODECS[service].encode(sample(kind, full=False)).value
    for at in range(len(whole)):
        bomb = whole[:at] + b"\x80\x80\x40" + b"\x00" * 200_000
        checked_decode(CODECS[service], urn_of(service, kind), bomb)


@every_event
def test_every_shorter_piece_of_an_event_is_undecodable(service: str, kind: type) -> None:
    for full in (True, False):
        encoded = CODECS[service].encode(sample(kind, full=full))
        for length in range(len(encoded.value)):
            with pytest.raises(Undecodable):
                CODECS[service].decode(encoded.dataschema, encoded.value[:length])


@every_event
@law
@given(more=st.binary(min_size=1, max_size=20))
def test_bytes_after_the_event_are_refused_by_name(service: str, kind: type, more: bytes) -> None:
    encoded = CODECS[service].encode(sample(kind, full=True))
    with pytest.raises(TrailingBytes):
        CODECS[service].decode(encoded.dataschema, encoded.value + more)


@pytest.mark.parametrize("service", UNIONS)
def test_a_value_over_the_limit_is_refused_unread(service: str) -> None:
    """Even though it begins with a whole event, which a reader would find first."""
    encoded = CODECS[service].encode(sample(events_of(service)[0], full=True))
    with pytest.raises(TooLarge):
        CODECS[service].decode(encoded.dataschema, encoded.value.ljust(MAX_VALUE_BYTES + 1, b"\x00"))


def test_an_event_over_the_limit_is_not_encoded_either() -> None:
    """Else a service could write what nobody would read."""
    kind = events_of("monitor")[0]
    event = sample(kind, full=True)
    size = len(CODECS["monitor"].encode(event).value)
    exact, short = (EventCodec("monitor", kind, max_value_bytes=limit) for limit in (size, size - 1))
    assert exact.decode(*exact.encode(event)[::2]) == event
    with pytest.raises(ValueError, match=f"takes {size} bytes, the limit is {size - 1}"):
        short.encode(event)


@given(st.text(max_size=30))
@example("urn:tenure:schema:registry.ModelCreated.v1:sha256:" + "0" * 64)
@example("urn:tenure:schema:registry.ModelCreated.v2:sha256:" + "0" * 64)
def test_a_schema_that_nobody_published_is_refused_by_name(urn: str) -> None:
    with pytest.raises(SchemaUnknown):
        CODECS["registry"].decode(urn, b"")


def test_another_services_event_is_undecodable_rather_than_guessed() -> None:
    encoded = CODECS["rollout"].encode(sample(events_of("rollout")[0], full=True))
    with pytest.raises(Undecodable, match="not an event that this service folds"):
        CODECS["registry"].decode(encoded.dataschema, encoded.value)
