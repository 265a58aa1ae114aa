"""The kernel with the registry on it, over a log in memory, asked as a client would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import orjson
from tenure_eventlog import Partition
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ACCESS, ALL_TOPICS
from tenure_registry.app import definition as registry
from tenure_service import Platform, Runtime, ServiceDefinition, ServiceSettings, TokenStore, open_platform
from tenure_service.tokens import ApproverKind, Role

MODELS = "/registry/v1/models"
DIGEST = "sha256:" + "a" * 64
VERSION = {"model_version": "v1", "artifact_digest": DIGEST}
CAST: tuple[tuple[str, tuple[Role, ...], ApproverKind | None], ...] = (
    ("engineer", ("engineer",), None),
    ("approver", ("approver",), "risk"),
    ("author", ("engineer", "approver"), "risk"),
    ("viewer", ("viewer",), None),
    ("admin", ("admin",), None),
)


@dataclass(slots=True)
class Desk:
    """`secrets` are the cast's tokens, by name."""

    log: MemoryLog
    platform: Platform
    tokens: TokenStore
    secrets: dict[str, str]
    numbers: count[int]

    @property
    def runtime(self) -> Runtime:
        return self.platform.runtimes["registry"]

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str = "engineer",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """A request with a fresh idempotency key; a header that is given as "" is not sent."""
        sent = {"Authorization": f"Bearer {self.secrets[by]}", "Idempotency-Key": f"key-{next(self.numbers)}"}
        sent = {name: value for name, value in (sent | (headers or {})).items() if value}
        transport = httpx.ASGITransport(self.platform.app, raise_app_exceptions=False)
        content = orjson.dumps(body) if body is not None else more.pop("content", None)
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        async with httpx.AsyncClient(transport=transport, base_url="http://tenure") as client:
            return await client.request(method, path, content=content, headers=sent, **more)

    async def model(self, name: str = "delays", description: str = "", **more: Any) -> httpx.Response:
        """Creates a model; with another description than it has, that is a conflict."""
        return await self.ask("POST", MODELS, {"model": name, "description": description}, **more)

    async def noted(self, entries: int) -> list[dict[str, Any]]:
        """The first `entries` of `tenure.access`, once they are there."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(30), aclosing(self.log.read({Partition(ACCESS.name, 0): 0})) as batches:
            while len(found) < entries:
                found += [orjson.loads(record.value or b"") for record in (await anext(batches)).records]
        return found


@asynccontextmanager
async def desk_over(
    directory: Path,
    service: ServiceDefinition | None = None,
    log: MemoryLog | None = None,
    clock: str = "wall",
    *,
    requests_per_second: int = 1_000,
    available: bool = True,
) -> AsyncIterator[Desk]:
    """A running desk; `log` may be another desk's. Not `available`: the log goes away before the service starts."""
    log = log or MemoryLog()
    await log.create_topics(ALL_TOPICS)
    log.available = available
    tokens = TokenStore(directory / "tokens.json")
    secrets = {name: tokens.create(name, roles, kind) for name, roles, kind in CAST}
    settings = ServiceSettings(
        log="memory", tokens=directory / "tokens.json", clock=clock, requests_per_second=requests_per_second
    )
    definitions = [service or registry()]
    async with open_platform(settings, definitions, event_log=log, authenticator=tokens) as platform:
        yield Desk(log, platform, tokens, secrets, count(1))
