"""What lies on some topics now, as ranges and a digest that anyone can compute again."""

from collections.abc import Sequence
from contextlib import aclosing

from tenure_codec.ranges import RangeDigest
from tenure_eventlog import EventLog, Partition

from tenure_context_sync.events import PartitionRange


async def pin(event_log: EventLog, topics: Sequence[str]) -> tuple[tuple[PartitionRange, ...], int, str]:
    """The topics' ranges as of now, topic by topic, how many records they hold, and their digest."""
    starts, ends = await event_log.start_offsets(topics), await event_log.end_offsets(topics)
    ranges = tuple(
        PartitionRange(topic=topic, partition=p.number, start=starts[p], end=end)
        for topic in topics
        for p, end in sorted(ends.items())
        if p.topic == topic
    )
    digest = RangeDigest()
    for one in ranges:
        await _add(event_log, one, digest)
    return ranges, digest.records, digest.hex()


async def _add(event_log: EventLog, one: PartitionRange, digest: RangeDigest) -> None:
    if one.start == one.end:
        return
    async with aclosing(event_log.read({Partition(one.topic, one.partition): one.start})) as batches:
        async for batch in batches:
            digest.add(record for record in batch.records if record.offset < one.end)
            if batch.next_offset >= one.end:
                return
