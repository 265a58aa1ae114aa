"""Context-sync over a log in memory and a real Postgres, asked over HTTP, on a clock that only the test moves."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self

import httpx
from tenure_artifacts import LocalKeyRing
from tenure_codec.ranges import RangeDigest
from tenure_context_sync.app import definition
from tenure_eventlog import Message, Partition
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ALL_TOPICS, CONTEXT_EVENTS, TopicSpec
from tenure_service import Platform, Principal, ServiceSettings, open_platform

from tests.integration.context_sync.story import TOPIC

MARCH = datetime(2013, 3, 1, tzinfo=UTC)
TIGHT = {"lane": "streaming", "max_age_seconds": 60, "on_breach": "pause_rollout"}
READ = "/contexts/weather/revisions/1/read"
ENGINEER = Principal(id="p-engineer", name="engineer", roles=frozenset({"engineer", "admin"}))


OFFICER = Principal(id="p-officer", name="officer", roles=frozenset({"approver"}))


class TwoPeople:
    """An authenticator who lets an engineer in, and one who approves."""

    def principal(self, token: str) -> Principal | None:
        return OFFICER if token == "officer" else ENGINEER


@dataclass(slots=True)
class Desk:
    log: MemoryLog
    database: str
    platform: Platform
    now: datetime = MARCH
    numbers: count[int] = field(default_factory=lambda: count(1))
    who: str = "engineer"
    topics: list[str] = field(default_factory=lambda: [TOPIC])

    @classmethod
    async def open(cls, directory: Path, database: str, stack: AsyncExitStack, subject_keys: str | None = None) -> Self:
        log = MemoryLog()
        await log.create_topics((*ALL_TOPICS, TopicSpec(name=TOPIC, partitions=2, retention_ms=3_600_000)))
        clock = f"stepped:{MARCH.isoformat()}"
        master_keys = directory / "master-keys.json"
        LocalKeyRing.open_or_make(master_keys)
        settings = ServiceSettings(
            log="memory",
            tokens=directory / "tokens.json",
            clock=clock,
            database=database,
            subject_keys=subject_keys,
            master_keys=master_keys,
        )
        opened = open_platform(settings, [definition()], event_log=log, authenticator=TwoPeople())
        return cls(log, database, await stack.enter_async_context(opened))

    async def ask(self, method: str, path: str, body: Any = None, **query: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.who}", "Idempotency-Key": f"key-{next(self.numbers)}"}
        transport = httpx.ASGITransport(self.platform.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tenure/context/v1") as client:
            return await client.request(method, path, json=body, params=query, headers=headers)

    async def done(self, path: str, body: Any) -> Any:
        """What a request that must succeed answers."""
        response = await self.ask("POST", path, body)
        assert response.status_code in (200, 201), response.text
        return response.json()

    async def got(self, path: str, **query: str) -> Any:
        response = await self.ask("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    async def refused(self, path: str, body: Any) -> tuple[int, str]:
        """The status, and the last word of the problem's type."""
        response = await self.ask("POST", path, body)
        return response.status_code, response.json()["type"].rpartition(":")[2]

    async def declared(self) -> None:
        """The weather: its source, its context, and a model that wants it no older than a minute."""
        fields = [{"name": "origin", "type": "string"}, {"name": "wind", "type": "double"}]
        await self.done("/sources", {"source": "observations", "topic": TOPIC, "key": ["origin"], "fields": fields})
        await self.done("/contexts", context())
        await self.done("/bindings", binding())

    async def source(self, name: str, key: list[str], **types: str) -> None:
        """One more source, with a topic of its name."""
        await self.log.create_topics([TopicSpec(name=name, partitions=2, retention_ms=3_600_000)])
        self.topics.append(name)
        fields = [{"name": field, "type": type} for field, type in types.items()]
        await self.done("/sources", {"source": name, "topic": name, "key": key, "fields": fields})

    async def fed(self, *messages: Message) -> None:
        await self.log.append(messages)

    async def settled(self, seconds: float = 0, topic: str = TOPIC) -> None:
        """Moves the clock once all that is on the log was read and folded; what is due then was done."""
        self.now += timedelta(seconds=seconds)
        ends = await self.log.end_offsets(sorted({CONTEXT_EVENTS.name, topic, *self.topics}))
        at_least = {f"{p.topic}/{p.number}": at for p, at in ends.items()}
        settled = False
        while not settled:
            response = await self.ask("PUT", "/clock", {"now": self.now.isoformat(), "at_least": at_least})
            assert response.status_code == 200, response.text
            settled = response.json()["settled"]

    async def story(self) -> list[str]:
        """The names of what happened to the model's bindings."""
        replica = self.platform.runtimes["context-sync"].replica
        return [type(event).__name__ for _, event in await replica.events("context/binding/delays")]

    async def reread(self, ranges: list[dict[str, Any]]) -> RangeDigest:
        """The digest of the ranges, as whoever trains on them computes it."""
        digest = RangeDigest()
        for one in ranges:
            place, end = one["start"], one["end"]
            async with aclosing(self.log.read({Partition(one["topic"], one["partition"]): place})) as batches:
                while place < end:
                    batch = await anext(batches)
                    digest.add(record for record in batch.records if record.offset < end)
                    place = batch.next_offset
        return digest


def context(revision: int = 1, **other: Any) -> dict[str, Any]:
    body = {"context": "weather", "revision": revision, "source": "observations"}
    return {**body, "entity_key": ["origin"], "fields": ["wind"], **other}


def binding(**other: Any) -> dict[str, Any]:
    return {"model": "delays", "model_version": "1", "context": "weather", "revision": 1, "sla": TIGHT, **other}
