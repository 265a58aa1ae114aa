"""Dispatch over a log in memory and a real Postgres, with registry and monitor beside it to make events."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import orjson
from tenure_artifacts import LocalKeyRing
from tenure_dispatch.app import definition
from tenure_dispatch.dispatcher import Dispatcher
from tenure_eventlog import EventLog, Partition, Record
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ALL_TOPICS, LIFECYCLE
from tenure_monitor.app import definition as monitor
from tenure_registry.app import definition as registry
from tenure_service import Platform, Principal, ServiceSettings, open_platform

ROLES = ("engineer", "operator", "viewer", "admin")


class Desk:
    """An authenticator for whom the token is the role."""

    def __init__(self) -> None:
        self.ended: set[str] = set()

    def principal(self, token: str) -> Principal | None:
        if token not in ROLES or token in self.ended:
            return None
        return Principal(id=f"p-{token}", name=token, roles=frozenset({token}))

    def trouble(self) -> str | None:
        return None


@dataclass(slots=True)
class Post:
    log: EventLog
    dsn: str
    directory: Path
    desk: Desk
    platform: Platform
    numbers: count[int]

    @classmethod
    async def open(cls, dsn: str, directory: Path, stack: AsyncExitStack, log: EventLog | None = None) -> Post:
        log = log or MemoryLog()
        await log.create_topics(ALL_TOPICS)
        LocalKeyRing.open_or_make(directory / "master-keys.json")
        desk = Desk()
        platform = await opened(log, dsn, directory, desk, stack, [registry(), monitor(), definition()])
        return cls(log, dsn, directory, desk, platform, count(1))

    async def again(self, stack: AsyncExitStack) -> Post:
        """A second replica of dispatch over the same log and the same database."""
        platform = await opened(self.log, self.dsn, self.directory, self.desk, stack, [definition()])
        return Post(self.log, self.dsn, self.directory, self.desk, platform, self.numbers)

    @property
    def dispatcher(self) -> Dispatcher:
        return self.platform.runtimes["dispatch"].part(Dispatcher)

    async def ask(
        self, method: str, path: str, body: Any = None, role: str = "operator", **headers: str
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {role}", "Idempotency-Key": f"key-{next(self.numbers)}", **headers}
        transport = httpx.ASGITransport(self.platform.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tenure") as client:
            return await client.request(method, path, json=body, headers=sent)

    async def subscribe(self, name: str, url: str, **more: Any) -> str:
        """The secret."""
        body = {"subscription": name, "url": url, "start": "beginning", **more}
        response = await self.ask("POST", "/dispatch/v1/subscriptions", body)
        assert response.status_code == 201, response.text
        return response.json()["secret"]

    async def change(self, name: str, action: str, body: Any = None) -> dict[str, Any]:
        response = await self.ask("POST", f"/dispatch/v1/subscriptions/{name}/{action}", body)
        assert response.status_code == 200, response.text
        return response.json()

    async def show(self, name: str) -> dict[str, Any]:
        response = await self.ask("GET", f"/dispatch/v1/subscriptions/{name}")
        assert response.status_code == 200, response.text
        return response.json()

    async def happen(self, *models: str) -> list[str]:
        """One event for each model, each on a stream of its own; their ids."""
        found = []
        for model in models:
            declared = {"model": model, "metrics": ["brier"], "window_seconds": 3_600}
            response = await self.ask("POST", "/monitor/v1/monitors", declared, "engineer")
            assert response.status_code == 201, response.text
            found.append(response.json()["event_id"])
        return found

    async def ends(self) -> dict[Partition, int]:
        return await self.log.end_offsets([spec.name for spec in LIFECYCLE])


async def told_of(log: EventLog, topic: str, ids: Collection[str], times: int = 1) -> list[Record]:
    """The topic's records by partition and offset, as soon as each of these events is among them so often."""
    found, seen = list[Record](), Counter[str]()
    async with asyncio.timeout(30), aclosing(log.read(await log.start_offsets([topic]))) as batches:
        async for batch in batches:
            found += batch.records
            seen.update(orjson.loads(record.value or b"")["id"] for record in batch.records)
            if all(seen[event] >= times for event in ids):
                break
    return sorted(found, key=lambda record: (record.partition, record.offset))


async def opened(
    log: EventLog, dsn: str, directory: Path, desk: Desk, stack: AsyncExitStack, definitions: list[Any]
) -> Platform:
    settings = ServiceSettings(
        log="memory:", database=dsn, tokens=directory / "tokens.json", master_keys=directory / "master-keys.json"
    )
    return await stack.enter_async_context(open_platform(settings, definitions, event_log=log, authenticator=desk))
