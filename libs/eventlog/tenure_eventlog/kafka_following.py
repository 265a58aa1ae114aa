"""What follows on the log, without a hole that nothing explains?"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from tenure_eventlog.holes import Hole, Holes
from tenure_eventlog.port import Batch, OffsetOutOfRange, Partition, Record

LOOK_AGAIN_SECONDS = 1.0


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
    """Where reading is, partition by partition."""

    def __init__(self, consumer: AIOKafkaConsumer, position: dict[TopicPartition, int]) -> None:
        self._consumer, self._position, self._holes = consumer, position, Holes()

    def take(self, place: TopicPartition, records: Sequence[ConsumerRecord]) -> Batch | None:
        """The records up to the first hole that was not met before."""
        readable, hole = self._holes.readable(place, records, self._position[place])
        if hole:
            self._consumer.seek(place, hole.expected)
        if not readable:
            return None
        return self._passed(place, [_record(record) for record in readable], readable[-1].offset + 1)

    async def pass_end(self, place: TopicPartition) -> Batch | None:
        """The client goes past what it must not show, also where no record follows that would tell of it."""
        hole = Hole(self._position[place], await self._consumer.position(place))
        if hole.expected == hole.met:
            return None
        if self._holes.first_new(place, [hole]):
            self._consumer.seek(place, hole.expected)
            return None
        return self._passed(place, [], hole.met)

    def _passed(self, place: TopicPartition, records: Sequence[Record], next_offset: int) -> Batch:
        self._position[place] = next_offset
        return Batch(Partition(*place), records, next_offset)


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
