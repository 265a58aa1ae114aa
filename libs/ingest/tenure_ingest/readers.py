"""What is held for one reader alone, the others having taken it? So much of it, and no more."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
from tenure_eventlog.port import Partition

from tenure_ingest.quarantined import Quarantined
from tenure_ingest.queries import QUERIES


class Passed(NamedTuple):
    """Records that a reader can't read and for which there was no room: counted, not kept."""

    partition: Partition
    scope: str
    reason: str
    records: int


async def with_room(
    connection: asyncpg.Connection, processor: str, bad: Sequence[Quarantined], limit: int
) -> list[Quarantined]:
    """Those that may be held: each reader has `limit` a partition. The others are counted, in the open transaction."""
    readers = sorted({reader_of(one) for one in bad if one.scope})
    rows = await connection.fetch(QUERIES["held_for"], processor, *zip(*readers, strict=True))
    held = Counter({(row["topic"], row["partition"], row["scope"]): row["records"] for row in rows})
    kept, passed = list[Quarantined](), Counter[tuple[str, int, str, str]]()
    for one in bad:
        reader = reader_of(one)
        if not one.scope or held[reader] < limit:
            kept.append(one)
            held[reader] += 1
        else:
            passed[*reader, one.reason] += 1
    await connection.executemany(QUERIES["pass_by"], [(processor, *place, n) for place, n in sorted(passed.items())])
    return kept


def reader_of(one: Quarantined) -> tuple[str, int, str]:
    return one.record.topic, one.record.partition, one.scope or ""


async def passed_by(connection: asyncpg.Connection, processor: str) -> list[Passed]:
    """What was counted and not kept, so far."""
    rows = await connection.fetch(QUERIES["passed_by"], processor)
    return [
        Passed(Partition(row["topic"], row["partition"]), row["scope"], row["reason"], row["records"]) for row in rows
    ]


async def forget(connection: asyncpg.Connection, processor: str, scope: str) -> None:
    """A reader is gone for good, and with it what was held for it or counted; what was discarded stays on record."""
    async with connection.transaction():
        await connection.execute(QUERIES["forget_held"], processor, scope)
        await connection.execute(QUERIES["forget_passed"], processor, scope)
