"""How is a poisonous record skipped, for ever and on the record?"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from tenure_codec.binding import EventCodec
from tenure_codec.envelope import Link
from tenure_decider import Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class VoidRecord:
    """An admin's order to skip the event at `sequence` of this stream when folding."""

    sequence: int
    digest: str
    reason: str
    principal: str
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordVoided:
    sequence: int
    digest: str
    reason: str
    voided_by: str
    voided_at: datetime


@dataclass(eq=False)
class NothingToVoid(Unknown):
    """{stream} has no event {sequence} with digest {digest}."""

    stream: str
    sequence: int
    digest: str


@cache
def void_codec(service: str) -> EventCodec:
    """Every service's streams can have their records voided, whatever else it writes."""
    return EventCodec(service, RecordVoided)


def voided(command: VoidRecord) -> RecordVoided:
    """The event of the order; readers check the digest against the record before they skip it."""
    return RecordVoided(
        sequence=command.sequence,
        digest=command.digest,
        reason=command.reason,
        voided_by=command.principal,
        voided_at=command.now,
    )


def is_void(link: Link) -> bool:
    return b".record-voided." in link.type
