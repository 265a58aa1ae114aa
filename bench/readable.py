"""How long after a source's commit can the change be read? On the embedded log, one change after the other."""

import time

import asyncpg
from tenure_context_sync.source.feeds import envelopes
from tenure_context_sync.store.processor import ChangeProcessor
from tenure_eventlog import EventLog, Message
from tenure_ingest import PostgresLoop

from bench.figures import Figure, at_most, percentile
from bench.processors import CHANGES, change

CHANGED = 500
P50_MS, P99_MS = 50.0, 250.0


async def readable(log: EventLog, dsn: str) -> list[Figure]:
    """From when the record is handed to the log, which is when a connector has it, to when a read answers it.

    `dsn` is a database of its own.
    """
    await log.create_topics([CHANGES])
    loop = PostgresLoop(log, dsn, ChangeProcessor(lambda: {CHANGES.name: envelopes("customers")}))
    await loop.start()
    connection = await asyncpg.connect(dsn)
    try:
        took = [await _one(log, loop, connection, change(number)) for number in range(CHANGED)]
    finally:
        await connection.close()
        await loop.stop()
    title = "from commit to readable, embedded log"
    return [
        at_most(f"{title}: p50", percentile(took, 0.5), "ms", P50_MS),
        at_most(f"{title}: p99", percentile(took, 0.99), "ms", P99_MS),
    ]


async def _one(log: EventLog, loop: PostgresLoop, connection: asyncpg.Connection, message: Message) -> float:
    began = time.perf_counter()
    await log.append([message])
    await loop.passed(await log.end_offsets([CHANGES.name]))
    found = await connection.fetchval("select count(*) from context_rows where key = $1", (message.key or b"").decode())
    if not found:
        raise LookupError(f"row {message.key!r} can't be read")
    return (time.perf_counter() - began) * 1_000
