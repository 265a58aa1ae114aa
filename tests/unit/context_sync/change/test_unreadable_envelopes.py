"""Which envelopes can't be applied, and what does quarantine call them?"""

import msgspec
import pytest
from tenure_context_sync.change.change import Unreadable
from tenure_context_sync.change.debezium import read_envelope

KEY = b'{"id":1}'
SOURCE = {"ts_ms": 1, "lsn": 7, "snapshot": "false"}


def envelope(after: str = '{"id":1}', op: str = "c", **source: object) -> bytes:
    return f'{{"op":"{op}","source":{msgspec.json.encode({**SOURCE, **source}).decode()},"after":{after}}}'.encode()


BAD = {
    "no JSON": (KEY, b"\x00\x01", "not-an-envelope"),
    "a value that is no object": (KEY, b"[1]", "not-an-envelope"),
    "an object that is no envelope": (KEY, b'{"id":1}', "not-an-envelope"),
    "an operation without a source": (KEY, b'{"op":"c","ts_ms":1}', "not-an-envelope"),
    "an unknown operation": (KEY, envelope(op="x"), "not-an-envelope"),
    "an unknown kind of snapshot": (KEY, envelope(snapshot="perhaps"), "not-an-envelope"),
    "a place below zero": (KEY, envelope(lsn=-1), "not-an-envelope"),
    "a place that is no bigint": (KEY, envelope(lsn=2**63), "not-an-envelope"),
    "an instant after all calendars": (KEY, envelope(ts_ms=2**60), "not-an-envelope"),
    "a row that is null": (KEY, envelope("null"), "row-not-an-object"),
    "a row that is a list": (KEY, envelope("[]"), "row-not-an-object"),
    "half a surrogate pair": (KEY, envelope('{"a":"\\ud800"}'), "not-an-envelope"),
    "bytes that are no UTF-8": (KEY, envelope('{"a":"?"}').replace(b"?", b"\xff"), "row-not-an-object"),
    "a number beyond all columns": (KEY, envelope('{"a":1e999999}'), "row-not-an-object"),
    "a null character": (KEY, envelope('{"a":"\\u0000"}'), "row-holds-a-null-character"),
    "a null character after a backslash": (KEY, envelope('{"a":"\\\\\\u0000"}'), "row-holds-a-null-character"),
    "too deep a row": (KEY, envelope('{"a":' + "[" * 9_000 + "]" * 9_000 + "}"), "not-an-envelope"),
    "a change that does not say where": (KEY, envelope(lsn=None), "no-position"),
    "a change that does not say when": (KEY, envelope(ts_ms=None), "no-commit-time"),
    "a transaction without a name": (KEY, b'{"status":"BEGIN","ts_ms":1}', "no-transaction"),
    "no key": (None, envelope(), "no-key"),
    "a key that is no object": (b"1", envelope(), "key-not-an-object"),
    "a key too long for an index": (b'{"id":"%b"}' % (b"x" * 3_000), envelope(), "key-too-long"),
}


@pytest.mark.parametrize("name", BAD)
def test_is_unreadable(name: str) -> None:
    key, value, reason = BAD[name]
    with pytest.raises(Unreadable) as refused:
        read_envelope(key, value)
    assert str(refused.value) == reason


def test_the_text_of_an_escape_is_no_null_character() -> None:
    change = read_envelope(KEY, envelope('{"a":"\\\\u0000"}'))
    assert change is not None
    assert msgspec.json.decode(change.fields) == {"a": "\\u0000"}


def test_a_row_is_kept_to_the_letter() -> None:
    change = read_envelope(KEY, envelope('{"a":1.10, "b":12345678901234567890123}'))
    assert change is not None
    assert change.fields == '{"a":1.10, "b":12345678901234567890123}'


@pytest.mark.parametrize(
    "left_out",
    [
        '"__debezium_unavailable_value"',
        '["__debezium_unavailable_value"]',
        '"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="',
    ],
)
def test_a_text_a_list_and_bytes_that_were_not_sent_are_left_out(left_out: str) -> None:
    change = read_envelope(KEY, envelope(f'{{"id":1,"a":{left_out},"b":1.10}}', op="u"))
    assert change is not None
    assert (change.partial, change.fields) == (True, '{"b":1.10,"id":1}')


def test_a_text_that_only_mentions_the_placeholder_is_kept() -> None:
    change = read_envelope(KEY, envelope('{"a":"what is __debezium_unavailable_value?"}'))
    assert change is not None
    assert msgspec.json.decode(change.fields) == {"a": "what is __debezium_unavailable_value?"}
