"""What does a replica keep of one stream?"""

from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from tenure_codec.binding import EventCodec
from tenure_codec.envelope import Attributes, Link, read_attributes
from tenure_decider import Decider
from tenure_eventlog import Partition, Record, TopicSpec

from tenure_journal.chain import START, Head, Realm

BACKDATED_AFTER = timedelta(minutes=5)
KEEP_IDS_FOR_US = 30 * 86_400_000_000
KEEP_IDS_AT_LEAST = 1_000

State = Any  # what a kind folds to; the journal carries states and never looks inside
Event = Any  # likewise


class Meta:
    """What the log says about an accepted event, read from its headers when first asked."""

    def __init__(self, record: Record, link: Link, recorded_us: int) -> None:
        self._record, self.link, self._recorded_us = record, link, recorded_us

    @property
    def sequence(self) -> int:
        return self.link.sequence

    @property
    def digest(self) -> str:
        return self.link.digest

    @property
    def partition(self) -> int:
        return self._record.partition

    @property
    def offset(self) -> int:
        return self._record.offset

    @property
    def dataschema(self) -> str:
        return _text(self.link.dataschema)

    @cached_property
    def attributes(self) -> Attributes:
        return read_attributes(self._record.headers)

    @property
    def event_id(self) -> str:
        return self.link.event_id.decode("utf-8", "replace")

    @property
    def type(self) -> str:
        return _text(self.link.type)

    @property
    def stream(self) -> str:
        return self.link.subject.decode()

    @property
    def time(self) -> datetime:
        """When it happened, as the writer says."""
        return self.attributes.time

    @property
    def recorded_at(self) -> datetime:
        """When the log took it, as a running maximum per partition."""
        return instant_of(self._recorded_us)

    @property
    def backdated(self) -> bool:
        """Was it told only later than a busy writer needs? Then somebody used their right to say so."""
        return self.attributes.recorded_time - self.attributes.time > BACKDATED_AFTER

    @property
    def correlation_id(self) -> str:
        return self.attributes.correlation_id

    @property
    def causation_id(self) -> str | None:
        return self.attributes.causation_id

    @property
    def hops(self) -> int:
        return self.attributes.hops

    @property
    def auth_id(self) -> str:
        return self.attributes.auth_id

    @property
    def auth_type(self) -> str:
        return self.attributes.auth_type

    @property
    def command_id(self) -> str:
        return self.attributes.command_id


@lru_cache(maxsize=4_096)
def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def instant_of(microseconds: int) -> datetime:
    """The aware instant of microseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of stream folds; `name` is the first two parts of its streams' names (`registry/model`)."""

    name: str
    initial: State
    fold: Callable[[State, Event, Meta], State]

    @classmethod
    def of_decider(cls, name: str, decider: Decider[Any, Any, Any]) -> "Kind":
        """The kind that a decider of this service folds."""
        evolve = decider.evolve
        return cls(name, decider.initial, lambda state, event, meta: evolve(state, event))


@dataclass(frozen=True, slots=True)
class TopicFold:
    """How a replica reads one lifecycle topic. A stream of a kind that is not named keeps its chain and no state."""

    spec: TopicSpec
    service: str
    codec: EventCodec
    kinds: tuple[Kind, ...]

    @property
    def realm(self) -> Realm:
        return Realm(self.service, self.spec.partitions)


class Accepted(NamedTuple):
    """Where a command became an event."""

    event_id: str
    sequence: int
    digest: str
    partition: int
    offset: int
    command_digest: str


@dataclass(slots=True)
class Stream:
    """A stream's head, state and compact history; changed by its replica only.

    `voided` has the sequence and digest of what is skipped, and the sequence of the event that said so first.
    """

    name: str
    partition: Partition
    kind: Kind | None
    state: State
    head_at: Head = START
    head: Meta | None = None
    parked: str | None = None
    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    recorded_us: "array[int]" = field(default_factory=lambda: array("q"))
    ids: dict[str, int] = field(default_factory=dict)
    voided: dict[tuple[int, str], int] = field(default_factory=dict)

    @property
    def sequence(self) -> int:
        return self.head_at.sequence

    @property
    def digest(self) -> str:
        return self.head_at.digest

    def extend(self, link: Link, meta: Meta, recorded_us: int) -> None:
        """Takes an accepted event as the new head; the state is folded apart."""
        self.head_at, self.head = Head(link.sequence, link.digest), meta
        self.offsets.append(meta.offset)
        self.recorded_us.append(recorded_us)
        self.ids.setdefault(link.command_id.decode(), link.sequence)
        if len(self.ids) > KEEP_IDS_AT_LEAST:
            self._forget_old_ids(recorded_us)

    def _forget_old_ids(self, now_us: int) -> None:
        while len(self.ids) > KEEP_IDS_AT_LEAST:
            oldest = next(iter(self.ids))
            if now_us - self.recorded_us[self.ids[oldest] - 1] <= KEEP_IDS_FOR_US:
                return
            del self.ids[oldest]

    def meta_of(self, record: Record, link: Link) -> Meta:
        """What the log says of one of its records."""
        return Meta(record, link, self.recorded_us[link.sequence - 1])

    def is_voided(self, link: Link, by: int) -> bool:
        """Was it said within the first `by` events that this one is to be skipped?"""
        voided_at = self.voided.get((link.sequence, link.digest))
        return voided_at is not None and voided_at <= by

    def sequence_at(self, recorded_us: int) -> int:
        """The sequence of the newest event recorded at or before this instant; 0 where there was none."""
        return bisect_right(self.recorded_us, recorded_us)

    def sequence_before(self, offset: int) -> int:
        """The sequence of the newest event at a lower offset; 0 where there is none."""
        return bisect_right(self.offsets, offset - 1)
