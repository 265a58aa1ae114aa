"""What lies on a topic now, as ranges and a digest that anyone can compute again."""

from contextlib import aclosing

from tenure_codec.ranges import RangeDigest
from tenure_eventlog import EventLog, Partition

from tenure_context_sync.events import PartitionRange


async def pin(event_log: EventLog, topic: str) -> tuple[tuple[PartitionRange, ...], int, str]:
    """The topic's ranges as of now, how many records they hold, and their digest."""
    starts, ends = await event_log.start_offsets([topic]), await event_log.end_offsets([topic])
    ranges = tuple(
        PartitionRange(topic=topic, partition=p.number, start=starts[p], end=end) for p, end in sorted(ends.items())
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
