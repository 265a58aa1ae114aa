"""Reading a stretch of a log, for tests."""

import asyncio
from contextlib import aclosing

from tenure_eventlog import EventLog, Partition, Record

PATIENCE_SECONDS = 30


async def first_records(log: EventLog, partition: Partition, count: int, start: int = 0) -> list[Record]:
    """The next `count` records; waits for them."""
    found: list[Record] = []
    if not count:
        return found
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(log.read({partition: start})) as batches:
        async for batch in batches:
            assert batch.partition == partition
            found += batch.records
            if len(found) >= count:
                break
    return found[:count]


async def read_until_it_fails(log: EventLog, partition: Partition, start: int) -> list[Record]:
    """Reads on until the log says why not."""
    found: list[Record] = []
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(log.read({partition: start})) as batches:
        async for batch in batches:
            found += batch.records
    return found
