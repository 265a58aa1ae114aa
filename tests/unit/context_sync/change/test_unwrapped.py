"""What do rows say that were taken out of their envelope?"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_context_sync.change.change import EPOCH, Unreadable

from tests.unit.context_sync.change.records import UNWRAPPED, read

KEY = b'{"id":5}'
ROW = b'{"id":5,"name":"Eve","credit":1.10,"__deleted":"false","__op":"u","__lsn":77,%b}' % (
    b'"__source_ts_ms":1500,"__ts_ms":1600'
)


def without(*parts: bytes) -> bytes:
    row = ROW
    for part in parts:
        assert part in row
        row = row.replace(part, b"")
    return row


def test_the_row_is_kept_and_what_was_added_is_taken_apart() -> None:
    change = read(UNWRAPPED, KEY, ROW)
    assert (change.kind, change.key, change.rank) == ("row", KEY.decode(), (True, 77))
    assert change.fields == '{"credit":1.10,"id":5,"name":"Eve"}'
    assert change.connector_at is not None
    assert [(at - EPOCH).total_seconds() for at in (change.source_at, change.connector_at)] == [1.5, 1.6]


@pytest.mark.parametrize(
    ("added", "position"),
    [
        (b'"__source_lsn":"77"', 77),
        (b'"__source_file":"binlog.000002","__source_pos":4', 2 << 32 | 4),
        (b'"__file":"binlog.000002","__pos":4', 2 << 32 | 4),
        (b'"__source_change_lsn":"00000001:00000000:0003"', 1 << 37 | 3),
        (b'"__scn":"9"', 9),
    ],
)
def test_a_place_is_read_with_and_without_the_sources_name(added: bytes, position: int) -> None:
    assert read(UNWRAPPED, KEY, ROW.replace(b'"__lsn":77', added)).position == position


def test_a_rewritten_delete_is_one_and_brings_nothing_but_its_key() -> None:
    change = read(UNWRAPPED, KEY, ROW.replace(b'"__deleted":"false","__op":"u"', b'"__deleted":"true"'))
    assert (change.kind, change.key, change.fields) == ("delete", KEY.decode(), "{}")


def test_a_snapshots_row_is_not_streamed() -> None:
    assert not read(UNWRAPPED, KEY, ROW.replace(b'"__op":"u"', b'"__op":"r"')).streamed
    assert not read(UNWRAPPED, KEY, ROW.replace(b'"__op":"u"', b'"__snapshot":"last"')).streamed


def test_a_row_in_its_schema_reads_like_one_without() -> None:
    assert read(UNWRAPPED, KEY, b'{"schema":{"type":"struct"},"payload":%b}' % ROW) == read(UNWRAPPED, KEY, ROW)


def test_a_transaction_is_named_as_in_an_envelope() -> None:
    change = read(UNWRAPPED, KEY, ROW.replace(b'"__op"', b'"__id":"775:24790704","__total_order":3,"__op"'))
    assert (change.transaction, change.order) == ("775", 3)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "delete-without-position"),
        (without(b',"__lsn":77'), "no-position"),
        (without(b',"__source_ts_ms":1500'), "no-commit-time"),
        (ROW.replace(b'"__op":"u"', b'"__op":"x"'), "metadata-not-as-added"),
        (ROW.replace(b"1500", b"-1"), "metadata-not-as-added"),
        (b"[1]", "row-not-an-object"),
        (b"{", "row-not-an-object"),
        (ROW.replace(b"Eve", b"\\u0000"), "row-holds-a-null-character"),
    ],
)
def test_is_unreadable(value: bytes | None, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(UNWRAPPED, KEY, value)
    assert str(refused.value) == reason


NAMES = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=5)


@given(st.dictionaries(NAMES.filter(lambda name: not name.startswith("__")), st.integers(), max_size=4))
def test_any_row_comes_back_as_it_went_in(row: dict[str, int]) -> None:
    added = {"__op": "c", "__lsn": 1, "__source_ts_ms": 1}
    assert json.loads(read(UNWRAPPED, KEY, json.dumps({**row, **added}).encode()).fields) == row
