"""Which records count? The accept rule: every reader settles every race alike, from the order on the log."""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tenure_codec.envelope import GENESIS, Link, read_link
from tenure_eventlog import Record, partition_of

Verdict = Literal["accepted", "malformed", "foreign", "late", "gap", "fork", "untimely"]
VERDICTS: tuple[Verdict, ...] = ("accepted", "malformed", "foreign", "late", "gap", "fork", "untimely")

DEADLINE_US = 30_000_000
CLOCK_AHEAD_US = 5_000_000


class Head(NamedTuple):
    """A stream's last accepted event."""

    sequence: int
    digest: str


START = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Realm:
    """Whose events a topic holds: `tenure.<service>.events` with a partition count fixed for ever."""

    service: str
    partitions: int
    source: bytes = field(init=False)
    prefix: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", f"/tenure/{self.service}".encode())
        object.__setattr__(self, "prefix", f"{self.service}/".encode())


def link_of(record: Record) -> Link | None:
    """The record's place in its chain; None where it is malformed."""
    if record.key is None or record.value is None:
        return None
    return read_link(record.headers, record.value)


def judge(realm: Realm, record: Record, link: Link | None, head: Head) -> Verdict:
    """The verdict on one record, given its stream's head, tested in the order of DESIGN 3."""
    if link is None:
        return "malformed"
    if is_foreign(realm, record, link):
        return "foreign"
    if link.sequence <= head.sequence:
        return "late"
    if link.sequence > head.sequence + 1:
        return "gap"
    if link.previous.decode() != head.digest:
        return "fork"
    delay_us = record.append_time_ms * 1_000 - link.recorded_us
    return "untimely" if delay_us > DEADLINE_US or delay_us < -CLOCK_AHEAD_US else "accepted"


def is_foreign(realm: Realm, record: Record, link: Link) -> bool:
    """Does the record belong to another topic, partition or service than the one that it lies in?"""
    return (
        record.key != link.subject
        or link.source != realm.source
        or not link.subject.startswith(realm.prefix)
        or partition_of(link.subject, realm.partitions) != record.partition
    )


class Orphan(NamedTuple):
    """A record that extends no chain: where it is, why, and what stood at its place when it came."""

    topic: str
    partition: int
    offset: int
    verdict: Verdict
    stream: str | None
    sequence: int | None
    event_id: str | None
    head: Head


@dataclass(slots=True)
class Orphans:
    """Orphans counted by verdict, and the newest of them kept to be listed."""

    counts: dict[Verdict, int] = field(default_factory=dict)
    newest: deque[Orphan] = field(default_factory=lambda: deque(maxlen=10_000))

    def add(self, record: Record, link: Link | None, verdict: Verdict, head: Head) -> None:
        self.counts[verdict] = self.counts.get(verdict, 0) + 1
        stream = link.subject.decode() if link else None
        event_id = link.event_id.decode("utf-8", "replace") if link else None
        sequence = link.sequence if link else None
        self.newest.append(
            Orphan(record.topic, record.partition, record.offset, verdict, stream, sequence, event_id, head)
        )
