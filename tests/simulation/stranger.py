"""Records that do not belong on the log, each fit to be accepted but for one part of the rule."""

from collections.abc import Callable
from datetime import datetime, timedelta

from tenure_codec.envelope import Attributes, write_headers
from tenure_eventlog import Message

from tests.simulation.lockroom import SERVICE, SPEC, JsonCodec, Noted

Forgery = Callable[[str, int, str, datetime], Message]


def gap(stream: str, sequence: int, digest: str, now: datetime) -> Message:
    return forged(stream, sequence + 2, digest, now)


def fork(stream: str, sequence: int, digest: str, now: datetime) -> Message:
    return forged(stream, sequence + 1, "f" * 64, now)


def late(stream: str, sequence: int, digest: str, now: datetime) -> Message:
    return forged(stream, max(1, sequence), digest if sequence else "f" * 64, now)


def untimely(stream: str, sequence: int, digest: str, now: datetime) -> Message:
    return forged(stream, sequence + 1, digest, now - timedelta(seconds=31))


def from_the_future(stream: str, sequence: int, digest: str, now: datetime) -> Message:
    return forged(stream, sequence + 1, digest, now + timedelta(seconds=6))


def foreign(stream: str, sequence: int, digest: str, now: datetime) -> Message:
    return forged(stream, sequence + 1, digest, now, source="/tenure/rollout")


def malformed(stream: str, sequence: int, digest: str, now: datetime) -> Message:
    whole = forged(stream, sequence + 1, digest, now)
    return whole._replace(headers=tuple(header for header in whole.headers if header[0] != "ce_sequence"))


FORGERIES: tuple[Forgery, ...] = (gap, fork, late, untimely, from_the_future, foreign, malformed)


def forged(stream: str, sequence: int, previous: str, now: datetime, source: str = f"/tenure/{SERVICE}") -> Message:
    encoded = JsonCodec().encode(Noted("forged"))
    headers = write_headers(
        Attributes(
            id="forged",
            source=source,
            type=encoded.type,
            subject=stream,
            time=now,
            recorded_time=now,
            sequence=sequence,
            previous=previous,
            dataschema=encoded.dataschema,
            command_id="forged",
            command_digest="0" * 64,
            correlation_id="forged",
            hops=0,
            auth_id="stranger",
            auth_type="user",
        )
    )
    return Message(SPEC.name, stream.encode(), encoded.value, headers)
