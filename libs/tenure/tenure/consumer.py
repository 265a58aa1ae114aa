"""What was accepted, in order, with the chain checked by the reader itself?"""

import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import fastavro
from tenure_codec.catalogue import published
from tenure_codec.envelope import Attributes, Link, read_attributes
from tenure_codec.errors import SchemaUnknown
from tenure_eventlog import EventLog, Partition, Record
from tenure_eventlog.retained import stretch
from tenure_eventlog.topics import LIFECYCLE, TopicSpec
from tenure_journal import Head, Realm, Verdict, judge, link_of
from tenure_journal.chain import START


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted event. `fields` are decoded by the schema that it names; None where this build has it not."""

    attributes: Attributes
    digest: str
    fields: Mapping[str, Any] | None
    topic: str
    partition: int
    offset: int
    append_time_ms: int

    @property
    def name(self) -> str:
        """`version-registered`, say."""
        return self.attributes.type.rpartition(".v")[0].rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Loser:
    """An orphan, and the accepted event that stands in its place, if one does."""

    record: Record
    verdict: Verdict
    stream: str | None
    sequence: int | None
    beaten_by: str | None


@dataclass(slots=True)
class ChainReader:
    """Gives records their verdicts; holds each stream's head. Feed it every record of a topic, in order."""

    realms: dict[str, Realm]
    heads: dict[str, Head] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, specs: Sequence[TopicSpec]) -> "ChainReader":
        return cls({spec.name: Realm(spec.name.split(".")[1], spec.partitions) for spec in specs})

    def take(self, record: Record) -> tuple[Verdict, Link | None]:
        """The record's verdict; an accepted one becomes its stream's head."""
        link = link_of(record)
        name = link.subject.decode() if link else ""
        verdict = judge(self.realms[record.topic], record, link, self.heads.get(name, START))
        self.counts[verdict] = self.counts.get(verdict, 0) + 1
        if verdict == "accepted" and link:
            self.heads[name] = Head(link.sequence, link.digest)
        return verdict, link


class Consumer:
    """Reads lifecycle topics from the beginning and gives each accepted event in order, once per run.

    A run starts at offset 0, since only the whole chain can be checked; `after` (an offset vector, the checkpoint of
    the run before) keeps back what was given then: at least once per checkpoint. `positions` covers the event just
    given, so keep it only once that one is dealt with.
    """

    def __init__(
        self, log: EventLog, specs: Sequence[TopicSpec] = LIFECYCLE, after: Mapping[Partition, int] | None = None
    ) -> None:
        self._log, self._after = log, dict(after or {})
        self._topics = [spec.name for spec in specs]
        self.chain = ChainReader.of(specs)
        self.positions: dict[Partition, int] = {}

    async def events(self, *, until_end: bool = False) -> AsyncIterator[Event]:
        """Without end; with `until_end`, all that was there when the call began, or when it was called again."""
        ends = await self._log.end_offsets(self._topics) if until_end else {}
        if not self.positions:
            self.positions = dict.fromkeys(await self._log.end_offsets(self._topics), 0)
        if until_end and self._reached(ends):
            return
        async with aclosing(self._log.read(self.positions)) as batches:
            async for batch in batches:
                for record in batch.records:
                    verdict, link = self.chain.take(record)
                    # Before it is given: who breaks off while dealing with it must not meet it again as a duplicate.
                    self.positions[batch.partition] = record.offset + 1
                    if verdict == "accepted" and link and record.offset >= self._after.get(batch.partition, 0):
                        yield event_of(record, link)
                self.positions[batch.partition] = batch.next_offset
                if until_end and self._reached(ends):
                    return

    def _reached(self, ends: Mapping[Partition, int]) -> bool:
        return all(self.positions.get(partition, 0) >= end for partition, end in ends.items())


def event_of(record: Record, link: Link) -> Event:
    """An accepted record as an event."""
    attributes = read_attributes(record.headers)
    fields = decoded(attributes.dataschema, record.value or b"")
    place = (record.topic, record.partition, record.offset, record.append_time_ms)
    return Event(attributes, link.digest, fields, *place)


def decoded(urn: str, value: bytes) -> Mapping[str, Any] | None:
    """The fields as plain data. Raises what fastavro raises for bytes that are not of that schema."""
    try:
        schema = published().of_urn(urn)
    except SchemaUnknown:
        return None
    fields: Any = fastavro.schemaless_reader(io.BytesIO(value), schema.parsed, None)
    return fields  # type: ignore[no-any-return]  # a record schema gives a mapping


@dataclass(slots=True)
class Verification:
    """Every record of the lifecycle topics with its verdict."""

    records: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    losers: list[Loser] = field(default_factory=list)
    newest: datetime | None = None

    @property
    def orphans(self) -> dict[str, int]:
        return {verdict: n for verdict, n in self.counts.items() if verdict != "accepted"}


async def verify(log: EventLog, specs: Sequence[TopicSpec] = LIFECYCLE) -> Verification:
    """Reads everything from offset 0. Raises OffsetOutOfRange where a lifecycle topic no longer starts there."""
    chain, found = ChainReader.of(specs), Verification()
    ends = await log.end_offsets([spec.name for spec in specs])
    accepted: dict[tuple[str, int], str] = {}
    waiting: list[tuple[Record, Verdict, Link | None]] = []
    for partition, end in ends.items():
        async for record in stretch(log, partition, 0, end):
            verdict, link = chain.take(record)
            found.records += 1
            if verdict == "accepted" and link:
                accepted[link.subject.decode(), link.sequence] = link.event_id.decode()
            else:
                waiting.append((record, verdict, link))
    for record, verdict, link in waiting:
        stream, sequence = (link.subject.decode(), link.sequence) if link else (None, None)
        beaten_by = accepted.get((stream, sequence)) if stream and sequence else None
        found.losers.append(Loser(record, verdict, stream, sequence, beaten_by))
    found.counts, found.heads = chain.counts, chain.heads
    return found
