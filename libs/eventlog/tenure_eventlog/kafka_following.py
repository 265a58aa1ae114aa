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
    """Hands on what follows without a hole; a hole is believed only when a fresh fetch from its edge meets it again.

    On a topic that is never compacted a broker can't lose single records from the middle, so that a hole which two
    separate fetches agree on is one of its own transaction markers. All of a fetch are looked at again together, or
    a topic full of markers would be fetched once for each.
    """
    known: dict[TopicPartition, frozenset[Hole]] = {}
    looked = asyncio.get_running_loop().time()
    while True:
        fetched = await consumer.getmany(timeout_ms=500, max_records=most)
        for place, records in fetched.items():
            holes = holes_of(records, position[place])
            new = [hole for hole in holes if hole not in known.get(place, ())]
            known[place] = frozenset(holes)
            if new:
                consumer.seek(place, new[0].expected)
                records = [record for record in records if record.offset < new[0].expected]
            if records:
                position[place] = records[-1].offset + 1
                yield Batch(Partition(*place), [_record(record) for record in records], position[place])
        if not fetched and asyncio.get_running_loop().time() - looked > LOOK_AGAIN_SECONDS:
            looked = asyncio.get_running_loop().time()
            await _demand_inside(consumer, position)


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
