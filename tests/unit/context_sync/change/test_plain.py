"""What do plain JSON rows say?"""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure_context_sync.change.change import Unreadable
from tenure_context_sync.change.layout import Layout

from tests.unit.context_sync.change.records import APPENDED_MS, JSON, TIMED, read

APPENDED = datetime.fromtimestamp(APPENDED_MS / 1_000, UTC)
PAIR = Layout(format="json", key=("company", "number"))


def test_without_more_the_append_time_and_the_offset_stand_in() -> None:
    change = read(JSON, b'{"id":1}', b'{"id":1,"a":1.10}')
    assert change == ("row", '{"id":1}', True, 7, APPENDED, '{"id":1,"a":1.10}', False, None, None, None, None)


def test_a_record_without_a_value_deletes_the_row_of_its_key() -> None:
    change = read(JSON, b'{"id":1}', None)
    assert (change.kind, change.key, change.position, change.source_at) == ("delete", '{"id":1}', 7, APPENDED)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (b'{"id":1}', '{"id":1}'),
        (b"1", '{"id":1}'),
        (b'"JFK"', '{"id":"JFK"}'),
        (b"JFK", '{"id":"JFK"}'),
        (b'{"schema":{},"payload":{"id":1}}', '{"id":1}'),
    ],
)
def test_a_bare_key_is_the_only_columns_value(key: bytes, name: str) -> None:
    assert read(JSON, key, None).key == name
    assert read(JSON, key, b'{"id":"another"}').key == name


@pytest.mark.parametrize("key", [None, b'{"partition":3}'])
def test_where_the_key_is_not_made_of_the_declared_columns_the_row_has_them(key: bytes | None) -> None:
    assert read(PAIR, key, b'{"number":2,"company":"DE","amount":3}').key == '{"company":"DE","number":2}'


def test_a_row_in_its_schema_reads_like_one_without() -> None:
    wrapped = b'{"schema":{"type":"struct"},"payload":{"id":1}}'
    assert read(JSON, b"1", wrapped) == read(JSON, b"1", b'{"id":1}')


@pytest.mark.parametrize(
    "at", ["1500", '"1970-01-01T00:00:01.5Z"', '"1970-01-01 00:00:01.500"', '"1970-01-01T02:00:01.5+02:00"']
)
def test_a_declared_time_is_milliseconds_or_iso_8601(at: str) -> None:
    change = read(TIMED, b"1", f'{{"id":1,"at":{at},"version":3}}'.encode())
    assert (change.source_at, change.position) == (datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC), 3)


@pytest.mark.parametrize(
    ("layout", "key", "value", "reason"),
    [
        (JSON, b"1", b"[]", "row-not-an-object"),
        (JSON, b"1", b'{"a":"\\u0000"}', "row-holds-a-null-character"),
        (JSON, None, b'{"a":1}', "no-key"),
        (JSON, None, b'{"id":null}', "no-key"),
        (JSON, None, None, "no-key"),
        (JSON, b"[1]", b'{"id":1}', "key-not-an-object"),
        (JSON, b"\xff", b'{"id":1}', "key-not-an-object"),
        (PAIR, b"DE", b'{"company":"DE","number":2}', "key-not-an-object"),
        (JSON, b"x" * 3_000, b'{"id":1}', "key-too-long"),
        (TIMED, b"1", None, "delete-without-position"),
        (TIMED, b"1", b'{"id":1,"version":3}', "no-commit-time"),
        (TIMED, b"1", b'{"id":1,"version":3,"at":"yesterday"}', "no-commit-time"),
        (TIMED, b"1", b'{"id":1,"version":3,"at":"0001-01-01T00:00:00+14:00"}', "no-commit-time"),
        (TIMED, b"1", b'{"id":1,"version":3,"at":true}', "no-commit-time"),
        (TIMED, b"1", b'{"id":1,"version":3,"at":-1}', "no-commit-time"),
        (TIMED, b"1", b'{"id":1,"version":3,"at":253402300799001}', "no-commit-time"),
        (TIMED, b"1", b'{"id":1,"version":3,"at":"1969-12-31T23:59:59Z"}', "no-commit-time"),
        (TIMED, b"1", b'{"id":1,"version":3,"at":1e3}', "no-commit-time"),
        (TIMED, b"1", b'{"id":1,"version":true,"at":1}', "no-position"),
        (TIMED, b"1", b'{"id":1,"version":-3,"at":1}', "no-position"),
        (TIMED, b"1", b'{"id":1,"version":9223372036854775808,"at":1}', "position-out-of-range"),
    ],
)
def test_is_unreadable(layout: Layout, key: bytes | None, value: bytes | None, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(layout, key, value)
    assert str(refused.value) == reason


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_declared_position_keeps_its_order_as_a_number_and_as_a_text(one: int, other: int) -> None:
    rows = [json.dumps({"id": 1, "at": 1, "version": told}).encode() for told in (one, str(other))]
    ranks = [read(TIMED, b"1", row).rank for row in rows]
    assert (ranks[0] < ranks[1]) == (one < other)
