"""Change records and telemetry into Postgres, with their offsets, beside a bare COPY of the same records."""

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
from tenure_context_sync.source.feeds import envelopes
from tenure_context_sync.store.processor import ChangeProcessor
from tenure_eventlog import Message, TopicSpec
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import OUTCOMES, PREDICTIONS
from tenure_ingest import PostgresLoop, Processor
from tenure_monitor.events import MonitorDeclared
from tenure_monitor.names import ModelName, PrincipalId
from tenure_monitor.processor import TelemetryProcessor
from tenure_monitor.telemetry import Outcome, Prediction, write

from bench.figures import Beside, Figure, at_least, seen

RECORDS, ROWS = 120_000, 10_000
PER_S = 30_000.0
CHANGES = TopicSpec(name="bench.public.customers", partitions=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MONITOR = MonitorDeclared(
    model=ModelName("m"), metrics=("brier",), window_seconds=3_600, declared_by=PrincipalId("p"), declared_at=NOON
)
_json = msgspec.json.encode


async def processors(dsn: str) -> list[Figure]:
    """`dsn` is a database of its own."""
    changes = ChangeProcessor(lambda: {CHANGES.name: envelopes("customers")})
    telemetry = TelemetryProcessor(lambda: {"m": MONITOR})
    return [
        *await folded(dsn, "context-sync", changes, [change(number) for number in range(RECORDS)]),
        *await folded(dsn, "monitor", telemetry, [_telemetry(number) for number in range(RECORDS)]),
    ]


async def folded(
    dsn: str, name: str, processor: Processor[Any], messages: Sequence[Message], per_s: float = PER_S
) -> list[Figure]:
    """How fast one processor folds them."""
    log = MemoryLog()
    await log.create_topics([CHANGES, PREDICTIONS, OUTCOMES])
    loop = PostgresLoop(log, dsn, processor)
    await loop.start()
    await log.append(messages[:1_000])
    await loop.passed(await log.end_offsets(list(processor.topics())))
    await log.append(messages[1_000:])
    ends = await log.end_offsets(list(processor.topics()))
    began, busy = time.perf_counter(), time.process_time()
    await loop.passed(ends)
    took, worked = time.perf_counter() - began, time.process_time() - busy
    await loop.stop()
    beside = Beside("bare COPY/s", await _copied(dsn, messages))
    title = f"{name}: records into Postgres"
    return [
        at_least(title, (len(messages) - 1_000) / took, "/s", per_s, beside),
        seen(f"{title}, processor time but Postgres's", worked / (len(messages) - 1_000) * 1e6, "us"),
    ]


async def _copied(dsn: str, messages: Sequence[Message]) -> float:
    """Key and value of each record into a table without an index, 2,000 in a transaction."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("drop table if exists bare; create table bare (key bytea, value bytea)")
        rows = [(message.key, message.value) for message in messages]
        began = time.perf_counter()
        for start in range(0, len(rows), 2_000):
            await connection.copy_records_to_table("bare", records=rows[start : start + 2_000])
        return len(rows) / (time.perf_counter() - began)
    finally:
        await connection.close()


def change(number: int) -> Message:
    """An update as Debezium 3.6 writes it, of a row that is drawn anew each time."""
    row = random.Random(number).randrange(ROWS)
    at_ms = int(NOON.timestamp() * 1_000) + number
    after = {
        "id": row,
        "name": f"Customer {row}",
        "email": f"c{row}@example.com",
        "tier": "gold",
        "credit_limit": "1500.00",
        "score": number / RECORDS,
        "signup": 20_453,
        "created_at": "2026-01-02T03:04:05.678901Z",
        "updated_at": at_ms,
        "prefs": '{"lang": "en"}',
        "tags": ["a", "b"],
        "active": True,
        "notes": None,
    }
    source = {
        "version": "3.6.3.Final",
        "connector": "postgresql",
        "name": "bench",
        "ts_ms": at_ms,
        "snapshot": "false",
        "db": "postgres",
        "sequence": f'["{number}","{number}"]',
        "ts_us": at_ms * 1_000,
        "ts_ns": at_ms * 1_000_000,
        "schema": "public",
        "table": "customers",
        "txId": number,
        "lsn": number,
        "xmin": None,
    }
    envelope = {"before": None, "after": after, "source": source, "transaction": None, "op": "u", "ts_ms": at_ms}
    return Message(CHANGES.name, _json({"id": row}), _json(envelope))


def _telemetry(number: int) -> Message:
    """Predictions, each followed by its outcome 4,000 records later."""
    request, is_outcome = divmod(number, 2)
    if is_outcome:
        outcome = Outcome(request_id=f"r{max(0, request - 2_000):09}", model="m", label=request % 2, occurred_at=NOON)
        return Message(OUTCOMES.name, outcome.request_id.encode(), write(outcome))
    prediction = Prediction(
        request_id=f"r{request:09}",
        model="m",
        environment="production",
        release=f"r{request % 2}",
        model_version="1",
        route_epoch=1,
        entity=f"N{request % 1_000}",
        score=request % 100 / 100,
        context_age_seconds=3.0,
        predicted_at=NOON + timedelta(seconds=request // 10),
    )
    return Message(PREDICTIONS.name, prediction.request_id.encode(), write(prediction))
