"""Which records of the last hours are still on a topic?"""

from collections.abc import AsyncIterator
from contextlib import aclosing

from tenure_eventlog.port import EventLog, Partition, Record

AT_ONCE = 200  # so that who is served meanwhile does not wait for long


async def retained(event_log: EventLog, topic: str, since_ms: int, most: int) -> AsyncIterator[Record]:
    """What was appended since then, partition by partition in order; no more than `most` in all.

    Raises: TopicMissing, LogUnavailable.
    """
    starts, ends = await event_log.start_offsets([topic]), await event_log.end_offsets([topic])
    left = most
    for partition in sorted(starts):
        begin = await _first_since(event_log, partition, starts[partition], ends[partition], since_ms)
        async for record in stretch(event_log, partition, begin, ends[partition], at_once=AT_ONCE):
            if left == 0:
                return
            left -= 1
            yield record


async def _first_since(event_log: EventLog, partition: Partition, start: int, end: int, since_ms: int) -> int:
    """By halving, since the log's clock only rises within a partition."""
    while start < end:
        middle = (start + end) // 2
        async for record in stretch(event_log, partition, middle, end, at_once=1):
            if record.append_time_ms < since_ms:
                start = record.offset + 1
            else:
                end = middle
            break
        else:
            end = middle
    return start


async def stretch(
    event_log: EventLog, partition: Partition, start: int, end: int, *, at_once: int = 2_000
) -> AsyncIterator[Record]:
    """The records of one partition from `start` to before `end`."""
    if start >= end:
        return
    async with aclosing(event_log.read({partition: start}, max_records=at_once)) as batches:
        async for batch in batches:
            for record in batch.records:
                if record.offset < end:
                    yield record
            if batch.next_offset >= end:
                return
