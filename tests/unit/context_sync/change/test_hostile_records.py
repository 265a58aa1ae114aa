"""Can bytes from anyone make a reader fail otherwise than by its own error, or let through what can't be stored?"""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure_context_sync.change.change import KEY_LIMIT_BYTES, Change, Unreadable
from tenure_context_sync.change.layout import Layout
from tenure_context_sync.change.read import read_change

from tests.unit.context_sync.change.records import DEBEZIUM, JSON, TIMED, UNWRAPPED, record
from tests.unit.context_sync.change.test_captured_envelopes import NUMBERS, captured
from tests.unit.context_sync.change.test_framed import ROW, framed, layout

LAYOUTS = {"debezium": DEBEZIUM, "unwrapped": UNWRAPPED, "json": JSON, "timed": TIMED, "avro": layout()}
every_layout = pytest.mark.parametrize("name", LAYOUTS)
WORDS = ["op", "source", "payload", "schema", "status", "ts_ms", "lsn", "file", "pos", "scn", "id", "at", "version"]
names = st.sampled_from([*WORDS, *(f"__{word}" for word in WORDS)]) | st.text(max_size=4)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["c", "END"])
values = st.recursive(
    leaves, lambda of: st.lists(of, max_size=3) | st.dictionaries(names, of, max_size=6), max_leaves=20
)
jsons = values.map(lambda value: json.dumps(value).encode())
keys = st.none() | st.binary(max_size=20) | jsons


def demand_storable(change: Change | None) -> None:
    """What Postgres takes as bigint, timestamptz, text and jsonb."""
    if change is None:
        return
    assert 0 <= change.position < 2**63
    assert len(change.key.encode()) <= KEY_LIMIT_BYTES
    assert change.source_at.tzinfo is not None
    assert isinstance(msgspec.json.decode(change.fields), dict)
    assert not any("\x00" in text for text in texts(json.loads(change.fields)))


def texts(value: object) -> Iterator[str]:
    """All that a JSON value holds, names included."""
    match value:
        case str():
            yield value
        case list():
            yield from chain.from_iterable(map(texts, value))
        case dict():
            yield from chain(value, chain.from_iterable(map(texts, value.values())))


def offer(read_by: Layout, key: bytes | None, value: bytes | None) -> None:
    with suppress(Unreadable):
        demand_storable(read_change(read_by, record(key, value)))


@every_layout
@given(key=keys, value=keys)
def test_any_bytes_are_a_change_or_unreadable(name: str, key: bytes | None, value: bytes | None) -> None:
    offer(LAYOUTS[name], key, value)


@every_layout
@settings(max_examples=150)
@given(data=st.data())
def test_spoilt_captured_records_are_a_change_or_unreadable(name: str, data: st.DataObject) -> None:
    """A piece of a real record is cut out or replaced, in the format that it was made for and in the others."""
    key, value = captured(data.draw(st.sampled_from(NUMBERS)))
    offer(LAYOUTS[name], data.draw(spoilt(key or b"{}")), data.draw(spoilt(value or b"null")))


@settings(max_examples=150)
@given(data=st.data())
def test_spoilt_avro_is_a_change_or_unreadable(data: st.DataObject) -> None:
    offer(LAYOUTS["avro"], data.draw(spoilt(framed(2, {"id": 5}))), data.draw(spoilt(framed(1, ROW))))


@every_layout
@pytest.mark.parametrize("value", [b"[" * 100_000, b'{"a":' * 100_000, b'{"payload":' * 2_000 + b"1" + b"}" * 2_000])
def test_what_never_ends_is_unreadable(name: str, value: bytes) -> None:
    offer(LAYOUTS[name], value, value)


@st.composite
def spoilt(draw: st.DrawFn, whole: bytes) -> bytes:
    start = draw(st.integers(0, len(whole)))
    end = draw(st.integers(start, min(len(whole), start + 20)))
    piece = draw(st.binary(max_size=6) | jsons | st.sampled_from([b"\\ud800", b"\\u0000", b"1e999999", b"NaN"]))
    return whole[:start] + piece + whole[end:]
