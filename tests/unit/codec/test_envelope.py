"""What does an event's digest cover, and does the envelope come back as it was?"""

import re
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tenure_codec.envelope import (
    MAX_NAME_BYTES,
    Attributes,
    Header,
    digest,
    microseconds,
    read_attributes,
    read_instant,
    read_link,
    write_headers,
    write_instant,
)

from tests.unit.codec.any_event import any_of

Headers = list[Header]
law = settings(deadline=None)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
WORDS = st.text(string.ascii_letters + string.digits + "-/.é", min_size=1, max_size=12)
INSTANTS = any_of(datetime)
ATTRIBUTES = st.builds(
    Attributes,
    id=WORDS, source=WORDS, type=WORDS, subject=WORDS, time=INSTANTS, recorded_time=INSTANTS,
    sequence=st.integers(1, 2**63 - 1), previous=HEX, dataschema=WORDS, command_id=WORDS, command_digest=HEX,
    correlation_id=WORDS, hops=st.integers(0, 16), auth_id=WORDS, auth_type=WORDS, causation_id=st.none() | WORDS,
    traceparent=st.none() | WORDS,
)  # fmt: skip
WRITTEN = ATTRIBUTES.map(lambda attributes: list(write_headers(attributes)))
VALUES = st.binary(max_size=40)
MANDATORY = ("ce_id", "ce_source", "ce_subject", "ce_sequence", "ce_previous", "ce_recordedtime", "ce_commandid")
NAMES = [*MANDATORY, "ce_x", "content-type", "CE_id", "ce_ID", "Content-Type", "traceparent", "ce_é", ""]
CONTENTS = [
    b"", None, b"0", b"1" * 19, b"0" * 19, b"9" * 19, b"1" * 20, b"a" * 64, b"A" * 64, b"a" * 65, b"\xff",
    "٠".encode() * 19, b"2026-01-02T03:04:05.678901Z", b"2026-01-02T03:04:60.000000Z", b"2026-02-30T00:00:00.000000Z",
    b"0000-01-01T00:00:00.000000Z", b"2026-01-02T03:04:05.678901z", b"2026-01-02T03:04:05.678901Z\n",
]  # fmt: skip


def covered(name: str) -> bool:
    return name.startswith("ce_") or name == "content-type"


@law
@given(headers=WRITTEN, value=VALUES, order=st.randoms(use_true_random=False))
def test_the_order_of_headers_does_not_change_the_digest(headers: Headers, value: bytes, order: Any) -> None:
    assert digest(order.sample(headers, len(headers)), value) == digest(headers, value)


@law
@given(headers=WRITTEN, value=VALUES)
@example(headers=[("ce_%b%%", b"%s"), ("ce_x", b"x" * ord("%"))], value=b"%")
def test_the_digest_is_the_one_that_the_design_writes_down(headers: Headers, value: bytes) -> None:
    hashed = b"tenure/event/1\n"
    for name, content in sorted((n.encode(), c or b"") for n, c in headers if covered(n)):
        hashed += len(name).to_bytes(2, "big") + name + len(content).to_bytes(4, "big") + content
    assert digest(headers, value) == sha256(hashed + len(value).to_bytes(8, "big") + value).hexdigest()


@law
@given(headers=WRITTEN, value=VALUES, data=st.data())
def test_any_change_of_a_covered_header_changes_the_digest(headers: Headers, value: bytes, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([i for i, (name, _) in enumerate(headers) if covered(name)]))
    name, content = headers[at]
    other = data.draw(st.binary(max_size=30).filter(lambda drawn: drawn != content))
    changes: list[Headers] = [[(name, other)], [(name + "x", content)], [], [(name, content), ("ce_added", b"")]]
    for change in changes:
        assert digest([*headers[:at], *change, *headers[at + 1 :]], value) != digest(headers, value)


@law
@given(headers=WRITTEN, value=VALUES, other=VALUES)
def test_any_change_of_the_value_changes_the_digest(headers: Headers, value: bytes, other: bytes) -> None:
    assume(value != other)
    assert digest(headers, value) != digest(headers, other)


@law
@given(headers=WRITTEN, value=VALUES, data=st.data())
def test_bytes_that_move_from_one_field_to_the_next_change_the_digest(
    headers: Headers, value: bytes, data: st.DataObject
) -> None:
    """Every part is framed by its length, so no two events run together into the same bytes."""
    sorted_headers = sorted((name, content) for name, content in headers if covered(name) and content)
    at = data.draw(st.integers(0, len(sorted_headers) - 2))
    (name, content), (following, more) = sorted_headers[at : at + 2]
    moved = [(name, content[:-1]), (following, content[-1:] + more)]
    assert digest([*sorted_headers[:at], *moved, *sorted_headers[at + 2 :]], value) != digest(sorted_headers, value)


@law
@given(
    headers=WRITTEN, value=VALUES, trace=st.none() | VALUES, name=st.sampled_from(["traceparent", "baggage", "ce-id"])
)
def test_a_trace_header_does_not_change_the_digest(headers: Headers, value: bytes, trace: bytes, name: str) -> None:
    """Tracing may be added, sampled away or rewritten on the way, and the chain still verifies."""
    bare = [header for header in headers if header[0] != "traceparent"]
    assert digest([*bare, (name, trace)], value) == digest(headers, value) == digest(bare, value)


@law
@given(attributes=ATTRIBUTES)
def test_attributes_come_back_as_they_were(attributes: Attributes) -> None:
    """All but the trace, which is no part of the event."""
    assert read_attributes(write_headers(attributes)) == replace(attributes, traceparent=None)


@law
@given(attributes=ATTRIBUTES, value=VALUES)
def test_a_written_record_is_a_link_with_the_same_facts(attributes: Attributes, value: bytes) -> None:
    headers = write_headers(attributes)
    link = read_link(headers, value)
    assert link
    assert (link.sequence, link.previous, link.digest) == (
        attributes.sequence,
        attributes.previous.encode(),
        digest(headers, value),
    )
    assert link.recorded_us == microseconds(attributes.recorded_time)
    texts = (link.subject, link.source, link.command_id, link.event_id, link.type, link.dataschema, link.command_digest)
    assert [text.decode() for text in texts] == [
        attributes.subject, attributes.source, attributes.command_id, attributes.id, attributes.type,
        attributes.dataschema, attributes.command_digest,
    ]  # fmt: skip


@law
@given(instant=INSTANTS)
@example(instant=datetime.min.replace(tzinfo=UTC))
@example(instant=datetime.max.replace(tzinfo=UTC))
def test_instants_come_back_to_the_microsecond(instant: datetime) -> None:
    assert read_instant(write_instant(instant)) == instant
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds(instant)) == instant


@law
@given(instant=INSTANTS, data=st.data())
def test_an_instant_written_otherwise_is_refused(instant: datetime, data: st.DataObject) -> None:
    """One instant has one spelling, else one event could have two digests."""
    written = write_instant(instant)
    at = data.draw(st.integers(0, len(written) - 1))
    other = data.draw(st.characters(exclude_characters=string.digits + written[at]))
    for spoilt in (written[:at] + other + written[at + 1 :], written[:at] + written[at + 1 :], f"{written} "):
        with pytest.raises(ValueError, match="is not YYYY-MM-DD"):
            read_instant(spoilt)


@pytest.mark.parametrize("content", CONTENTS, ids=repr)
@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_malformed_exactly_where_the_design_says_so(name: str, content: bytes | None) -> None:
    """Each odd content in the place of each header, beside it, and with it left out."""
    others = [header for header in valid() if header[0] != name]
    for headers in (others, [*others, (name, content)], [*valid(), (name, content)]):
        assert (read_link(headers, b"") is None) == malformed(headers)


@given(
    headers=st.lists(st.tuples(st.text(max_size=6) | st.sampled_from(NAMES), st.none() | st.binary(max_size=30))),
    value=VALUES,
)
@example(headers=[("ce_\udcff", b"")], value=b"")
def test_no_headers_whatever_raise(headers: Headers, value: bytes) -> None:
    assert (read_link(headers, value) is None) == malformed(headers)


@pytest.mark.parametrize("length", [MAX_NAME_BYTES, MAX_NAME_BYTES + 1])
def test_a_name_longer_than_its_length_field_is_malformed(length: int) -> None:
    headers = [*valid(), ("ce_" + "x" * (length - 3), b"")]
    assert (read_link(headers, b"") is None) == (length > MAX_NAME_BYTES)


def valid() -> Headers:
    contents = {
        "ce_sequence": b"0" * 18 + b"1",
        "ce_previous": b"0" * 64,
        "ce_recordedtime": b"2026-01-02T03:04:05.678901Z",
    }
    return [(name, contents.get(name, b"x")) for name in MANDATORY]


def malformed(headers: Headers) -> bool:
    """DESIGN 3, word for word and slow."""
    inside = [(n, c) for n, c in headers if lowered(n).startswith("ce_") or lowered(n) == "content-type"]
    names = [n for n, _ in inside]
    if any(c is None or n != lowered(n) for n, c in inside) or len(set(names)) != len(names):
        return True
    found = {n: c or b"" for n, c in inside}
    if not all(found.get(name) for name in MANDATORY):
        return True
    sequence, previous, recorded = (found[name] for name in ("ce_sequence", "ce_previous", "ce_recordedtime"))
    return not (
        is_utf8(found["ce_subject"])
        and re.fullmatch(rb"[0-9]{19}", sequence)
        and 1 <= int(sequence) <= 2**63 - 1
        and re.fullmatch(rb"[0-9a-f]{64}", previous)
        and is_instant(recorded)
    )


def lowered(name: str) -> str:
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name)


def is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_instant(content: bytes) -> bool:
    try:
        datetime.strptime(content.decode(), "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return False
    return bool(re.fullmatch(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", content))
