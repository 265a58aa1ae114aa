"""Where do records go that a processor can't read, and how do they come back?"""

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
from tenure_eventlog.port import Partition, Record

from tenure_ingest.processor import Effects, Processor
from tenure_ingest.queries import QUERIES
from tenure_ingest.stops import QuarantineFull

QUARANTINE_LIMIT = 1_000


class Quarantined(NamedTuple):
    """A record and why it can't be read. `reason` is a short fixed word: it is counted by."""

    reason: str
    record: Record


async def quarantine(
    connection: asyncpg.Connection, processor: str, bad: Sequence[Quarantined], limit: int = QUARANTINE_LIMIT
) -> None:
    """Keeps the bad records, in the transaction that is open; call it from `Processor.apply`.

    Raises: QuarantineFull, when a partition would hold more than `limit`: nothing is written, the partition stops.
    """
    if not bad:
        return
    await connection.executemany(QUERIES["quarantine"], [_row(processor, one) for one in bad])
    topics, numbers = zip(*sorted({(one.record.topic, one.record.partition) for one in bad}), strict=True)
    full = await connection.fetchrow(QUERIES["fullest"], processor, topics, numbers, limit)
    if full:
        raise QuarantineFull(Partition(full["topic"], full["partition"]), limit)


async def quarantine_counts(connection: asyncpg.Connection, processor: str) -> dict[tuple[Partition, str], int]:
    """How many records are held, by partition and reason."""
    rows = await connection.fetch(QUERIES["quarantine_counts"], processor)
    return {(Partition(row["topic"], row["partition"]), row["reason"]): row["records"] for row in rows}


async def replay(connection: asyncpg.Connection, processor: Processor[Effects], at_most: int = 1_000) -> int:
    """Gives the oldest held records to the processor again, in one transaction; how many were given.

    Those that it still can't read are held again. A crash on the way leaves all as it was.
    """
    async with connection.transaction():
        rows = await connection.fetch(QUERIES["release"], processor.name, at_most)
        if rows:
            await processor.apply(connection, processor.process([_record(row) for row in rows]))
        return len(rows)


def _row(processor: str, bad: Quarantined) -> tuple[object, ...]:
    record = bad.record
    names, values = [name for name, _ in record.headers], [value for _, value in record.headers]
    place = (processor, record.topic, record.partition, record.offset)
    return (*place, bad.reason, record.append_time_ms, record.key, record.value, names, values)


def _record(row: asyncpg.Record) -> Record:
    headers = tuple(zip(row["header_names"], row["header_values"], strict=True))
    place = (row["topic"], row["partition"], row["offset"])
    return Record(*place, row["append_time_ms"], row["key"], row["value"], headers)
