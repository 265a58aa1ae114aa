"""What follows on the log, without a hole that nothing explains?"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from tenure_eventlog.port import Batch, OffsetOutOfRange, Partition, Record

LOOK_AGAIN_SECONDS = 1.0


class Hole(NamedTuple):
    """The offset that should follow, and the one that does."""

    expected: int
    met: int


async def batches(
    consumer: AIOKafkaConsumer, position: dict[TopicPartition, int], most: int
) -> AsyncGenerator[Batch, None]:
    """What follows from `position` on, which moves with it; a batch without records passes a hole at the log's end."""
    following = _Following(consumer, position)
    looked = asyncio.get_running_loop().time()
    while True:
        fetched = await consumer.getmany(timeout_ms=500, max_records=most)
        for place, records in fetched.items():
            if batch := following.take(place, records):
                yield batch
        for place in position.keys() - fetched.keys():
            if batch := await following.pass_end(place):
                yield batch
        if not fetched and asyncio.get_running_loop().time() - looked > LOOK_AGAIN_SECONDS:
            looked = asyncio.get_running_loop().time()
            await _demand_inside(consumer, position)


class _Following:
    """Believes a hole only when a fresh fetch from its edge meets it again.

    On a topic that is never compacted a broker can't lose single records from the middle, so that a hole which two
    separate fetches agree on is one of its own transaction markers. All of a fetch are looked at again together, or
    a topic full of markers would be fetched once for each.
    """

    def __init__(self, consumer: AIOKafkaConsumer, position: dict[TopicPartition, int]) -> None:
        self._consumer, self._position = consumer, position
        self._met: dict[TopicPartition, Sequence[Hole]] = {}

    def take(self, place: TopicPartition, records: Sequence[ConsumerRecord]) -> Batch | None:
        """The records up to the first hole that was not met before."""
        if hole := self._first_new(place, holes_of(records, self._position[place])):
            records = [record for record in records if record.offset < hole.expected]
        if not records:
            return None
        return self._passed(place, [_record(record) for record in records], records[-1].offset + 1)

    async def pass_end(self, place: TopicPartition) -> Batch | None:
        """The client goes past what it must not show, also where no record follows that would tell of it."""
        hole = Hole(self._position[place], await self._consumer.position(place))
        if hole.expected == hole.met or self._first_new(place, [hole]):
            return None
        return self._passed(place, [], hole.met)

    def _first_new(self, place: TopicPartition, holes: Sequence[Hole]) -> Hole | None:
        before, self._met[place] = self._met.get(place, ()), holes
        new = next((hole for hole in holes if hole not in before), None)
        if new:
            self._consumer.seek(place, new.expected)
        return new

    def _passed(self, place: TopicPartition, records: Sequence[Record], next_offset: int) -> Batch:
        self._position[place] = next_offset
        return Batch(Partition(*place), records, next_offset)


def holes_of(records: Sequence[ConsumerRecord], expected: int) -> list[Hole]:
    """Wherever a record does not have the offset that follows the one before it; `expected` is the first one's."""
    if records[-1].offset - expected + 1 == len(records):
        return []
    follows = [expected, *(record.offset + 1 for record in records)]
    return [Hole(due, record.offset) for due, record in zip(follows, records, strict=False) if record.offset != due]


async def _demand_inside(consumer: AIOKafkaConsumer, position: Mapping[TopicPartition, int]) -> None:
    """A consumer past the end waits for ever and says nothing; so the ends are asked for."""
    ends = await consumer.end_offsets(list(position))
    for place, offset in position.items():
        if offset > ends[place]:
            raise OffsetOutOfRange(f"{place} ends at {ends[place]}, before {offset}: it was truncated or made anew")


def _record(record: ConsumerRecord) -> Record:
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        tuple(record.headers),
    )
