"""What leaves a log on Postgres, and which of its topics are not as they were declared?"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict

import asyncpg

from tenure_eventlog.topics import FOR_EVER, TopicSpec

EXPIRE_RECORDS = 10_000

Ask = Callable[..., Awaitable[Sequence[asyncpg.Record]]]


async def tidy(ask: Ask, topic_id: int, spec: TopicSpec) -> None:
    """Drops what a topic need not keep: by age, by size of each partition, or all but each key's newest record."""
    if spec.cleanup == "compact":
        await ask("compact", topic_id)
        return
    for number in range(spec.partitions):
        if spec.retention_ms != FOR_EVER:
            before_ms = time.time_ns() // 1_000_000 - spec.retention_ms
            await _piece_by_piece(ask, "expire", topic_id, number, before_ms)
        if spec.retention_bytes != FOR_EVER:
            await _piece_by_piece(ask, "expire_oversize", topic_id, number, spec.retention_bytes)


async def _piece_by_piece(ask: Ask, query: str, topic_id: int, number: int, limit: int) -> None:
    while await ask(query, topic_id, number, limit, EXPIRE_RECORDS):  # noqa: ASYNC110 - not a wait
        await asyncio.sleep(0)  # a bounded piece at a time: appends get the partition in between


def compare(spec: TopicSpec, existing: Mapping[str, tuple[int, TopicSpec]]) -> list[str]:
    """One sentence for each setting that is not as declared."""
    if spec.name not in existing:
        return [f"{spec.name} does not exist"]
    declared, found = asdict(spec), asdict(existing[spec.name][1])
    return [f"{spec.name}: {k} is {found[k]}, declared is {v}" for k, v in declared.items() if found[k] != v]
