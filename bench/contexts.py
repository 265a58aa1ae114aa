"""Reads of a context over HTTP, and its change path, beside the bare queries and the bare COPY of the same rows."""

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
from tenure_context_sync.events import Aggregate, Column, ContextPublished, Expectation, Field, View
from tenure_context_sync.names import ContextName, PrincipalId, SourceName
from tenure_context_sync.source.feeds import envelopes
from tenure_context_sync.store.filling import begin
from tenure_context_sync.store.index import Wanted
from tenure_context_sync.store.processor import ChangeProcessor
from tenure_context_sync.view.compiled import compile_view
from tenure_eventlog import Message, TopicSpec
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import ALL_TOPICS
from tenure_ingest import migrate

from bench.figures import Beside, Figure, at_least, at_most, percentile, seen
from bench.processors import CHANGES, RECORDS, change, folded
from bench.serving import Served, context_sync_up

TOPIC = TopicSpec(name="bench.public.tails", partitions=2, retention_ms=3_600_000)
KEYS, CONNECTIONS, COUNT, BATCH = 10_000, 16, 15_000, 500
P50_MS, READS_PER_S, KEYS_PER_S, CHANGES_PER_S = 2.0, 3_000.0, 50_000.0, 30_000.0
READ = "/context/v1/contexts/tails/revisions/1/read"
TYPES = {"id": "integer", "name": "string", "tier": "string", "score": "double"}
CONTEXT = {
    "context": "tails",
    "source": "tails",
    "entity_key": ["id"],
    "columns": {
        "name": "name",
        "gold": "tier == 'gold'",
        "score": {"expression": "round(score * 100, 1)", "default": 0},
    },
    "expectations": [{"field": "score", "rule": "range", "minimum": 0, "maximum": 1}],
}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def contexts(dsn: str, home: Path) -> list[Figure]:
    """`dsn` is a database of its own."""
    return [*await _changes(dsn), *await _reads(dsn, home)]


async def _changes(dsn: str) -> list[Figure]:
    """With one live revision that expects something of each row, and one index."""
    connection = await asyncpg.connect(dsn)
    try:
        for package in ("tenure_ingest", "tenure_context_sync"):
            await migrate(connection, package)
        await begin(connection, Wanted("customers", ("tier",), "updated_at"))
    finally:
        await connection.close()
    views = {"customers": (compile_view(_published(), ((SourceName("customers"), ("id",), FIELDS),)),)}
    processor = ChangeProcessor(lambda: {CHANGES.name: envelopes("customers")}, lambda: views)
    messages = [change(number) for number in range(RECORDS)]
    return await folded(dsn, "context-sync, a revision and an index", processor, messages, CHANGES_PER_S)


FIELDS = tuple(
    Field(name=name, type=type, personal=False)
    for name, type in {"id": "integer", "tier": "string", "score": "double", "updated_at": "bigint"}.items()
)


def _published() -> ContextPublished:
    columns = (Column(name="points", expression="round(score * 100, 1)", default=None),)
    expected = Expectation(field="score", rule="range", minimum=0, maximum=1, source=None)
    window = Aggregate(
        name="busy",
        source=SourceName("customers"),
        by=("tier",),
        time_field="updated_at",
        window_seconds=60,
        function="count",
        field=None,
    )
    return ContextPublished(
        context=ContextName("customers"),
        revision=1,
        source=SourceName("customers"),
        entity_key=("id",),
        fields=("score",),
        view=View(columns=columns, joins=(), aggregates=(window,), expectations=(expected,), ttl_seconds=None),
        needs_approval=False,
        published_by=PrincipalId("p"),
        published_at=NOW,
    )


async def _reads(dsn: str, home: Path) -> list[Figure]:
    async with open_log(dsn) as log:
        await log.create_topics([*ALL_TOPICS, TOPIC])
        async with context_sync_up(home, dsn) as served:
            await _declare(served)
            rows = [_row(number) for number in range(KEYS)]
            for start in range(0, KEYS, 1_000):
                await log.append(rows[start : start + 1_000])
            await _folded(served)
            return await _measured(served, dsn)


async def _declare(served: Served) -> None:
    fields = [{"name": name, "type": type} for name, type in TYPES.items()]
    sla = {"lane": "streaming", "max_age_seconds": 86_400, "on_breach": "alert"}
    bound = {"model": "m", "model_version": "1", "context": "tails", "revision": 1, "sla": sla}
    async with _client(served) as client:
        for number, (path, body) in enumerate(
            (
                ("sources", {"source": "tails", "topic": TOPIC.name, "key": ["id"], "fields": fields}),
                ("contexts", CONTEXT),
                ("bindings", bound),
            )
        ):
            answer = await client.post(f"/context/v1/{path}", json=body, headers={"Idempotency-Key": str(number)})
            answer.raise_for_status()


async def _folded(served: Served) -> None:
    body = json.loads(_body([KEYS - 1, KEYS - 2, 0]))
    async with _client(served) as client:
        for _ in range(600):
            rows = (await client.post(READ, json=body)).json()["rows"]
            if all(row["verdict"] != "missing" for row in rows):
                return
            await asyncio.sleep(0.1)
    raise RuntimeError("the rows don't come")


def _client(served: Served) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {served.token}"}
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", headers=headers, timeout=30)


async def _measured(served: Served, dsn: str) -> list[Figure]:
    one, many = served.request("POST", READ, _body([7])), served.request("POST", READ, _body(range(BATCH)))
    await served.under(one, 500, 1)
    alone = await served.under(one, 3_000, 1)
    full = await served.under(one, COUNT, CONNECTIONS)
    batches = await served.under(many, 400, 4)
    bare_one, bare_many = await _bare(dsn, 1, 3_000), await _bare(dsn, BATCH, 200)
    return [
        at_most("context read of one key, p50", alone.outcome.p50_ms, "ms", P50_MS, Beside("bare fetch ms", bare_one)),
        at_least(
            f"context reads of one key, {CONNECTIONS} clients",
            full.outcome.per_second,
            "/s",
            READS_PER_S,
            Beside("bare fetch/s, one client", 1_000 / bare_one),
        ),
        seen("context read of one key, processor time but Postgres's", full.cpu_us, "us"),
        at_least(
            f"context keys, {BATCH} a read",
            batches.outcome.per_second * BATCH,
            "/s",
            KEYS_PER_S,
            Beside("bare fetch, keys/s", BATCH * 1_000 / bare_many),
        ),
        seen("context read, processor time a key", batches.cpu_us / BATCH, "us"),
    ]


async def _bare(dsn: str, keys: int, times: int) -> float:
    """The p50 of asyncpg alone that fetches the same rows, in milliseconds."""
    connection = await asyncpg.connect(dsn)
    query = "select key, source_at, fields from context_rows where source = 'tails' and key = any($1::text[])"
    wanted, took = [f'{{"id":{number}}}' for number in range(keys)], list[float]()
    try:
        for _ in range(times):
            began = time.perf_counter()
            await connection.fetch(query, wanted)
            took.append(time.perf_counter() - began)
    finally:
        await connection.close()
    return percentile(took, 0.5) * 1_000


def _body(numbers: Sequence[int]) -> str:
    return json.dumps({"keys": [{"id": number} for number in numbers], "model": "m"})


def _row(number: int) -> Message:
    after = {"id": number, "name": f"Customer {number}", "tier": "gold", "score": number / KEYS}
    source = {"ts_ms": int(time.time() * 1_000), "lsn": number + 1, "snapshot": "false"}
    return Message(
        TOPIC.name,
        json.dumps({"id": number}).encode(),
        json.dumps({"op": "c", "source": source, "after": after}).encode(),
    )
