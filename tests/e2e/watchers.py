"""Two workers of context-sync on a real broker, which watch a real database through a real connector."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from tenure.client import AsyncClient
from tenure.localkafka import LocalKafka
from tenure.sources.capture import Folder
from tenure.sources.registering import topics_of
from tenure.sources.supervisor import Supervisor
from tenure_context_sync.app import definition
from tenure_context_sync.events import SlaBreached, SlaRestored
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import ALL_TOPICS
from tenure_journal import Replica
from tenure_service import TokenStore

from tests.e2e.faults import Worker, worker_of
from tests.integration.context_sync.engine.site import engines_python
from tests.integration.context_sync.engine.ward import BEAT_SECONDS, LIMIT_SECONDS, captured, roles

PATIENCE_SECONDS = 90
LOOK_EVERY_SECONDS = 0.1
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Told = SlaBreached | SlaRestored


@dataclass(slots=True)
class Watchers:
    """`asked` is the worker who is asked; `written` has of each order an instant after its commit."""

    broker: LocalKafka
    postgres: EmbeddedPostgres
    workers: list[Worker]
    token: str
    replica: Replica
    asked: Worker
    written: dict[int, datetime] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    complete_until: datetime = LONG_AGO
    age_seconds: float | None = None

    def client(self) -> AsyncClient:
        return AsyncClient(f"http://127.0.0.1:{self.asked.port}", self.token)

    async def write(self, orders: int) -> None:
        first = len(self.written) + 1
        connection = await asyncpg.connect(self.postgres.dsn)
        try:
            add = "insert into orders select *, 'x' from generate_series($1::int, $2::int)"
            await connection.execute(add, first, first + orders - 1)
            at: datetime = await connection.fetchval("select clock_timestamp()")
        finally:
            await connection.close()
        self.written.update(dict.fromkeys(range(first, first + orders), at))

    async def look(self) -> None:
        """Notes what is wrong: complete_until that goes back, or is past the commit of what is not in the store."""
        written, found = dict(self.written), await self.verdict()
        if found is None or found["complete_until"] is None:
            return
        instant, self.age_seconds = datetime.fromisoformat(found["complete_until"]), found["age_seconds"]
        if instant < self.complete_until:
            self.wrong.append(f"back from {self.complete_until} to {instant}")
        self.complete_until = instant
        due = {order for order, at in written.items() if at < instant}
        if missing := due - await self.stored():
            self.wrong.append(f"{len(missing)} orders from before {instant} are not in the store")

    async def verdict(self) -> dict[str, Any] | None:
        """None while nobody answers."""
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(timeout=5, headers={"Authorization": f"Bearer {self.token}"}) as http:
                answer = await http.get(f"http://127.0.0.1:{self.asked.port}/context/v1/liveness")
            if answer.status_code == 200:
                return next(map(dict, answer.json()), None)
        return None

    async def stored(self) -> set[int]:
        connection = await asyncpg.connect(self.postgres.dsn.rpartition("/")[0] + "/store")
        try:
            rows = await connection.fetch("select (key::json->>'id')::int as id from context_rows where not deleted")
        finally:
            await connection.close()
        return {row["id"] for row in rows}

    async def story(self) -> list[Told]:
        """The breaches and their ends, in order."""
        events = [event for _, event in await self.replica.events("context/binding/crm")]
        return [event for event in events if isinstance(event, Told)]

    async def whole(self) -> None:
        async def has() -> bool:
            return await self.stored() == {0, *self.written}

        await self.until(has, f"the store has {len(self.written)} orders")

    async def proven(self, seconds: float) -> None:
        """Waits until so many seconds more of the source are complete."""
        wanted = max(self.complete_until, max(self.written.values())) + timedelta(seconds=seconds)

        async def are() -> bool:
            return self.complete_until >= wanted

        await self.until(are, f"all before {wanted} is in the store")

    async def well(self) -> None:
        """Waits until the age is within its limit, and the record says so."""

        async def is_well() -> bool:
            story = await self.story()
            fresh = self.age_seconds is not None and self.age_seconds <= LIMIT_SECONDS
            return fresh and not (story and isinstance(story[-1], SlaBreached))

        await self.until(is_well, "all is well")

    async def says(self, words: str) -> None:
        """All workers say that they are not ready, and why."""

        async def said() -> bool:
            return all([any(words in reason for reason in await worker.reasons()) for worker in self.workers])

        await self.until(said, f"all say {words!r}")

    async def ready(self) -> None:
        async def all_are() -> bool:
            return not any([await worker.reasons() for worker in self.workers])

        await self.until(all_are, "all are ready")

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await holds():
                    await asyncio.sleep(LOOK_EVERY_SECONDS)
                    await self.look()
        except TimeoutError:
            said = {worker.name: await worker.reasons() for worker in self.workers}
            raise AssertionError(f"it never came about that {what}; the workers say {said}; {self.wrong}") from None


async def watchers(broker: LocalKafka, home: Path, directory: Path, stack: AsyncExitStack) -> Watchers:
    """With the source declared and bound, and all of it well."""
    postgres = await EmbeddedPostgres.start(home)
    stack.push_async_callback(postgres.stop)
    store = await postgres.create_database("store")
    folder = Folder(directory / "crm")
    capture = await captured(postgres.dsn, folder)
    log = await stack.enter_async_context(open_log(broker.address))
    await log.create_topics([*ALL_TOPICS, *topics_of(capture, partitions=2)])
    replica = Replica(log, [definition().fold])
    await replica.start()
    stack.push_async_callback(replica.stop)
    token = TokenStore(directory / "tokens.json").create("ada", ["admin", "engineer"])
    workers = [worker_of(name, "context-sync", broker, postgres, directory) for name in ("one", "two")]
    for worker in workers:
        worker.environment["TENURE_DATABASE"] = store
        stack.push_async_callback(worker.end)
        worker.supervisor = asyncio.create_task(worker.supervised())
    supervisor = Supervisor(folder, log, engines_python(), told=lambda trouble: None)
    capturing = asyncio.create_task(supervisor.run())
    stack.push_async_callback(asyncio.gather, capturing, return_exceptions=True)
    stack.callback(capturing.cancel)
    made = Watchers(broker, postgres, workers, token, replica, workers[1])
    await made.ready()
    await declare(made, roles(capture))
    return made


async def declare(made: Watchers, topics: Any) -> None:
    heartbeat = {"topic": topics["heartbeat"], "every_seconds": BEAT_SECONDS}
    fields = [{"name": "id", "type": "int4"}, {"name": "note", "type": "text", "nullable": True}]
    source = {"source": "crm", "topic": topics["rows"], "key": ["id"], "fields": fields, "heartbeat": heartbeat}
    context = {"context": "crm", "revision": 1, "source": "crm", "entity_key": ["id"], "fields": ["note"]}
    sla = {"lane": "streaming", "max_age_seconds": LIMIT_SECONDS, "on_breach": "alert"}
    binding = {"model": "crm", "model_version": "1", "context": "crm", "revision": 1, "sla": sla}
    async with made.client() as client:
        await client.post("/context/v1/sources", {**source, "transaction_topic": topics["markers"]})
        await client.post("/context/v1/contexts", context)
        await made.well()
        await client.post("/context/v1/bindings", binding)
