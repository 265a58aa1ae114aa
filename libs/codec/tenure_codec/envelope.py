"""How does an event look on the log, and what exactly does its digest cover?"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from struct import Struct
from typing import Any, NamedTuple

from tenure_eventlog.headers import KEEP_SHAPES, NULL, Shape, Values, taken_apart
from tenure_eventlog.headers import Header as Header

GENESIS = "0" * 64
MAX_NAME_BYTES = 65_535
MAX_SEQUENCE = 2**63 - 1

_PREFIX = b"tenure/event/1\n"
_U16, _U32, _U64 = Struct(">H"), Struct(">I"), Struct(">Q")
_MANDATORY = tuple(
    name.encode()
    for name in ("ce_id", "ce_source", "ce_subject", "ce_sequence", "ce_previous", "ce_recordedtime", "ce_commandid")
)
_WRITTEN = (
    "ce_authid",
    "ce_authtype",
    "ce_causationid",
    "ce_commanddigest",
    "ce_commandid",
    "ce_correlationid",
    "ce_dataschema",
    "ce_hops",
    "ce_id",
    "ce_previous",
    "ce_recordedtime",
    "ce_sequence",
    "ce_source",
    "ce_specversion",
    "ce_subject",
    "ce_time",
    "ce_type",
    "content-type",
    "traceparent",
)
_EXACT_LENGTHS = {b"ce_sequence": 19, b"ce_previous": 64, b"ce_recordedtime": 27}
_HELPFUL = (b"ce_type", b"ce_dataschema", b"ce_commanddigest")
_HEX_DIGITS = b"0123456789abcdef"
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Link(NamedTuple):
    """What the accept rule needs of a well-formed record. `recorded_us` is in microseconds since 1970, UTC.

    The last three are what a fold looks at first; the rule does not ask for them, and they may be empty.
    """

    subject: bytes
    source: bytes
    sequence: int
    previous: bytes
    recorded_us: int
    command_id: bytes
    event_id: bytes
    digest: str
    type: bytes
    dataschema: bytes
    command_digest: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Attributes:
    """The CloudEvents attributes of one event; instants are aware, digests and ids are text."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    recorded_time: datetime
    sequence: int
    previous: str
    dataschema: str
    command_id: str
    command_digest: str
    correlation_id: str
    hops: int
    auth_id: str
    auth_type: str
    causation_id: str | None = None
    traceparent: str | None = None


def write_instant(instant: datetime) -> str:
    """RFC 3339 with microseconds and Z, as every instant in a header is written."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def read_instant(text: bytes | str) -> datetime:
    """The instant in a header. Raises ValueError unless it is exactly `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    written = text if isinstance(text, str) else text.decode("ascii")
    if not _INSTANT.fullmatch(written):
        raise ValueError(f"{written!r} is not YYYY-MM-DDTHH:MM:SS.ffffffZ")
    return datetime.fromisoformat(written)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970, exact."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def write_headers(a: Attributes) -> tuple[tuple[str, bytes], ...]:
    """The record headers of an event, in bytewise name order: that of the digest, which readers then need not make."""
    text = (
        a.auth_id,
        a.auth_type,
        a.causation_id,
        a.command_digest,
        a.command_id,
        a.correlation_id,
        a.dataschema,
        str(a.hops),
        a.id,
        a.previous,
        write_instant(a.recorded_time),
        f"{a.sequence:019d}",
        a.source,
        "1.0",
        a.subject,
        write_instant(a.time),
        a.type,
        "application/avro",
        a.traceparent,
    )
    return tuple([(name, value.encode()) for name, value in zip(_WRITTEN, text, strict=True) if value is not None])


def read_attributes(headers: Iterable[Header]) -> Attributes:
    """The attributes of an accepted record. Raises KeyError or ValueError where a mandatory one is missing or odd."""
    text = {name: value.decode() for name, value in headers if value is not None and name.startswith("ce_")}
    return Attributes(
        id=text["ce_id"],
        source=text["ce_source"],
        type=text["ce_type"],
        subject=text["ce_subject"],
        time=read_instant(text["ce_time"]),
        recorded_time=read_instant(text["ce_recordedtime"]),
        sequence=int(text["ce_sequence"]),
        previous=text["ce_previous"],
        dataschema=text["ce_dataschema"],
        command_id=text["ce_commandid"],
        command_digest=text["ce_commanddigest"],
        correlation_id=text["ce_correlationid"],
        hops=int(text["ce_hops"]),
        auth_id=text["ce_authid"],
        auth_type=text["ce_authtype"],
        causation_id=text.get("ce_causationid"),
    )


class _Plan(NamedTuple):
    """What can be told of a record from its headers' shape alone; most records share one of few."""

    proper: bool  # nothing in names or lengths makes it malformed
    preimage: bytes | None  # what the digest covers, with %b for each covered value, the event's length and the event
    covered: Callable[[Values], Sequence[bytes]]  # the covered values in bytewise order of their names
    asked: Callable[[Values], Sequence[bytes]]  # the values of _MANDATORY, then of _HELPFUL


@lru_cache(maxsize=KEEP_SHAPES)
def _plan(shape: Shape) -> _Plan:
    raw = [_encoded(name) for name in shape.names]
    places = sorted((i for i, name in enumerate(raw) if _is_covered(name)), key=lambda i: raw[i])
    covered = [(raw[i], shape.lengths[i]) for i in places]
    asked = [raw.index(name) if name in raw else None for name in (*_MANDATORY, *_HELPFUL)]
    return _Plan(_is_proper(raw, dict(covered)), _preimage(covered), _picker(places), _picker(asked))


def _is_proper(raw: Sequence[bytes], lengths: Mapping[bytes, int]) -> bool:
    claimed = [name for name in raw if _is_covered(name.lower())]
    return (
        len(set(claimed)) == len(claimed)
        and all(_well_named(name) for name in claimed)
        and NULL not in lengths.values()
        and all(lengths.get(name, 0) > 0 for name in _MANDATORY)
        and all(lengths[name] == length for name, length in _EXACT_LENGTHS.items())
    )


def _preimage(covered: Sequence[tuple[bytes, int]]) -> bytes | None:
    """None where a value is null; such a record has no digest."""
    if any(length == NULL for _, length in covered):
        return None
    parts = [_U16.pack(min(len(name), MAX_NAME_BYTES)) + name + _U32.pack(length) for name, length in covered]
    return _PREFIX + b"".join([part.replace(b"%", b"%%") + b"%b" for part in parts]) + b"%b%b"


def _picker(places: Sequence[int | None]) -> Callable[[Values], Sequence[Any]]:
    """What is at these places, in their order; nothing, not even null, at a place that is None."""
    if len(places) > 1 and None not in places:
        return itemgetter(*places)
    return lambda values: tuple([b"" if place is None else values[place] for place in places])


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _is_covered(name: bytes) -> bool:
    return name.startswith(b"ce_") or name == b"content-type"


def _well_named(name: bytes) -> bool:
    return name == name.lower() and len(name) <= MAX_NAME_BYTES  # bytes.lower() touches ASCII only, as the rule wants


def digest(headers: Sequence[Header], value: bytes) -> str:
    """SHA-256 in hex over the covered headers in bytewise name order and the value: what the next event points to.

    Raises TypeError where a covered header is null: such a record is malformed and has no digest.
    """
    shape, values = taken_apart(headers)
    return _digest(_plan(shape), values, value)


def _digest(plan: _Plan, values: Values, value: bytes) -> str:
    if plan.preimage is None:
        raise TypeError("a covered header is null")
    return sha256(plan.preimage % (*plan.covered(values), _U64.pack(len(value)), value)).hexdigest()


def read_link(headers: Sequence[Header], value: bytes) -> Link | None:
    """The record's place in its chain; None where it is malformed by DESIGN 3 (key and value null are the caller's)."""
    shape, values = taken_apart(headers)
    plan = _plan(shape)
    if not plan.proper:
        return None
    try:
        return _link(plan, values, value)
    except ValueError:  # unreadable content
        return None


def _link(plan: _Plan, values: Values, value: bytes) -> Link | None:
    event_id, source, subject, sequence, previous, recorded, command_id, kind, schema, command = plan.asked(values)
    if not sequence.isdigit() or previous.translate(None, _HEX_DIGITS):
        return None
    number = int(sequence)
    if not 1 <= number <= MAX_SEQUENCE:
        return None
    subject.decode()
    recorded_us = _recorded_us(recorded)
    return Link(
        subject,
        source,
        number,
        previous,
        recorded_us,
        command_id,
        event_id,
        _digest(plan, values, value),
        kind,
        schema,
        command,
    )


def _recorded_us(written: bytes) -> int:
    if not written[20:26].isdigit() or written[19] != 46 or written[26] != 90:
        raise ValueError(f"{written!r} is not YYYY-MM-DDTHH:MM:SS.ffffffZ")
    return _second_us(written[:19]) + int(written[20:26])


@lru_cache(maxsize=4_096)
def _second_us(written: bytes) -> int:
    """Records of one second share all but the fraction, so the calendar is asked once for each second."""
    return microseconds(read_instant(written + b".000000Z"))
