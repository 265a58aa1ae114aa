"""How does an event look on the log, and what exactly does its digest cover?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from struct import Struct
from typing import NamedTuple

GENESIS = "0" * 64
MAX_NAME_BYTES = 65_535
MAX_SEQUENCE = 2**63 - 1

_PREFIX = b"tenure/event/1\n"
_U16, _U32, _U64 = Struct(">H"), Struct(">I"), Struct(">Q")
_MANDATORY = ("ce_id", "ce_source", "ce_subject", "ce_sequence", "ce_previous", "ce_recordedtime", "ce_commandid")
_SEQUENCE = re.compile(rb"[0-9]{19}")
_DIGEST = re.compile(rb"[0-9a-f]{64}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Header = tuple[str, bytes | None]


class Link(NamedTuple):
    """What the accept rule needs of a well-formed record. `recorded_us` is in microseconds since 1970, UTC."""

    subject: bytes
    source: bytes
    sequence: int
    previous: bytes
    recorded_us: int
    command_id: bytes
    event_id: bytes
    digest: str


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
    at = instant.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at.year >= 1000 else f"{at:%Y-%m-%dT%H:%M:%S.%fZ}".rjust(27, "0")


def read_instant(text: bytes | str) -> datetime:
    """The instant in a header. Raises ValueError unless it is exactly `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    written = text if isinstance(text, str) else text.decode("ascii")
    if not _INSTANT.fullmatch(written):
        raise ValueError(f"{written!r} is not YYYY-MM-DDTHH:MM:SS.ffffffZ")
    return datetime.fromisoformat(written)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (instant - _EPOCH) // _MICROSECOND


def write_headers(a: Attributes) -> tuple[tuple[str, bytes], ...]:
    """The record headers of an event, in the order in which people read them."""
    pairs = [
        ("ce_specversion", "1.0"),
        ("ce_id", a.id),
        ("ce_source", a.source),
        ("ce_type", a.type),
        ("ce_subject", a.subject),
        ("ce_time", write_instant(a.time)),
        ("ce_recordedtime", write_instant(a.recorded_time)),
        ("ce_sequence", f"{a.sequence:019d}"),
        ("ce_previous", a.previous),
        ("ce_dataschema", a.dataschema),
        ("ce_commandid", a.command_id),
        ("ce_commanddigest", a.command_digest),
        ("ce_correlationid", a.correlation_id),
        ("ce_hops", str(a.hops)),
        ("ce_authid", a.auth_id),
        ("ce_authtype", a.auth_type),
        ("content-type", "application/avro"),
    ]
    if a.causation_id is not None:
        pairs.append(("ce_causationid", a.causation_id))
    if a.traceparent is not None:
        pairs.append(("traceparent", a.traceparent))
    return tuple((name, text.encode()) for name, text in pairs)


def read_attributes(headers: Iterable[Header]) -> Attributes:
    """The attributes of an accepted record. Raises KeyError or ValueError where a mandatory one is missing or odd."""
    text = {name: value.decode() for name, value in headers if value is not None and covered(name)}
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


@lru_cache(maxsize=4_096)
def covered(name: str) -> bool:
    """Is this header inside the digest? Judged by its ASCII-lower-cased name, so that `CE_id` can't hide."""
    return _lowered(name).startswith(b"ce_") or _lowered(name) == b"content-type"


@lru_cache(maxsize=4_096)
def _framed_name(name: str) -> bytes:
    raw = _encoded(name)
    return _U16.pack(len(raw)) + raw


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _lowered(name: str) -> bytes:
    return _encoded(name).lower()  # bytes.lower() touches ASCII only, as the rule wants


@lru_cache(maxsize=4_096)
def _well_named(name: str) -> bool:
    raw = _encoded(name)
    return raw == raw.lower() and len(raw) <= MAX_NAME_BYTES


def digest(headers: Iterable[Header], value: bytes) -> str:
    """SHA-256 in hex over the covered headers in bytewise name order and the value: what the next event points to."""
    # A name in upper case makes the record malformed; it is not one of the names that the digest covers.
    named = ((_encoded(n), _framed_name(n), v or b"") for n, v in headers if covered(n) and _well_named(n))
    return _digest_of(sorted(named), value)


def _digest_of(named: Sequence[tuple[bytes, bytes, bytes]], value: bytes) -> str:
    pack = _U32.pack
    parts = [_PREFIX]
    for _, name, content in named:
        parts += (name, pack(len(content)), content)
    parts += (_U64.pack(len(value)), value)
    return sha256(b"".join(parts)).hexdigest()


def read_link(headers: Sequence[Header], value: bytes) -> Link | None:
    """The record's place in its chain; None where it is malformed by DESIGN 3 (key and value null are the caller's)."""
    named = [(_encoded(name), _framed_name(name), content) for name, content in headers if covered(name)]
    named.sort(key=_by_name)
    if not _all_proper(headers, named):
        return None
    found = {name: content for name, _, content in named}
    try:
        return _link(found, _digest_of(named, value))  # type: ignore[arg-type]  # _all_proper saw no null
    except (KeyError, ValueError):
        return None


def _by_name(header: tuple[bytes, bytes, bytes | None]) -> bytes:
    return header[0]


def _all_proper(headers: Sequence[Header], named: Sequence[tuple[bytes, bytes, bytes | None]]) -> bool:
    if any(content is None for _, _, content in named):
        return False
    if any(left[0] == right[0] for left, right in pairwise(named)):
        return False
    return all(_well_named(name) for name, _ in headers if covered(name))


def _link(found: dict[bytes, bytes | None], own_digest: str) -> Link | None:
    seven = [found[name] for name in _MANDATORY_RAW]
    if not all(seven):
        return None
    event_id, source, subject, sequence, previous, recorded, command_id = seven
    assert subject is not None and source is not None and event_id is not None and command_id is not None
    if not (_SEQUENCE.fullmatch(sequence or b"") and _DIGEST.fullmatch(previous or b"")):
        return None
    subject.decode("utf-8")
    number = int(sequence or b"")
    if not 1 <= number <= MAX_SEQUENCE:
        return None
    recorded_us = microseconds(read_instant(recorded or b""))
    return Link(subject, source, number, previous or b"", recorded_us, command_id, event_id, own_digest)


_MANDATORY_RAW = tuple(name.encode() for name in _MANDATORY)
