"""How long after a dead source's age has passed its limit is the breach on the log? By this machine's clock."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
from tenure_context_sync.app import definition
from tenure_context_sync.events import SlaBreached
from tenure_eventlog import EventLog, Message
from tenure_eventlog.topics import ALL_TOPICS, DAY_MS, TopicSpec
from tenure_service import Platform, Principal, ServiceSettings, open_platform

from bench.figures import Figure, at_least, at_most, percentile

SOURCES, BEAT_SECONDS, LIMIT_SECONDS, LIVES_SECONDS = 30, 1, 4, 6.0
LATEST_SECONDS = 1.0 + 2 * BEAT_SECONDS
PATIENCE_SECONDS = 60
FIELDS = [{"name": "id", "type": "int"}]


class Engineer:
    """An authenticator who lets one person in."""

    def principal(self, token: str) -> Principal | None:
        return Principal(id="p-engineer", name="engineer", roles=frozenset({"engineer", "admin"}))


@dataclass(slots=True)
class Sources:
    """`last_beat` is of each source the commit time of its last heartbeat, in seconds since 1970."""

    log: EventLog
    platform: Platform
    last_beat: dict[str, float] = field(default_factory=dict)

    async def post(self, path: str, body: Mapping[str, object]) -> None:
        transport = httpx.ASGITransport(self.platform.app)
        headers = {"Authorization": "Bearer engineer", "Idempotency-Key": str(uuid4())}
        async with httpx.AsyncClient(transport=transport, base_url="http://tenure/context/v1") as client:
            (await client.post(path, json=body, headers=headers)).raise_for_status()

    async def declare(self, name: str) -> None:
        beat = {"topic": f"{name}.beats", "every_seconds": BEAT_SECONDS}
        source = {"source": name, "topic": name, "key": ["id"], "fields": FIELDS, "heartbeat": beat}
        await self.post("/sources", source)
        context = {"context": name, "revision": 1, "source": name, "entity_key": ["id"], "fields": ["id"]}
        await self.post("/contexts", context)

    async def bind(self, name: str) -> None:
        sla = {"lane": "streaming", "max_age_seconds": LIMIT_SECONDS, "on_breach": "pause_rollout"}
        bound = {"model": name, "model_version": "1", "context": name, "revision": 1, "sla": sla}
        await self.post("/bindings", bound)

    async def lives(self, name: str, begins: float, lives_seconds: float) -> None:
        """Beats each second from a moment of its own on, and then never again."""
        await asyncio.sleep(begins)
        end = time.monotonic() + lives_seconds
        while time.monotonic() < end:
            at_ms = time.time_ns() // 1_000_000
            value = {"op": "u", "source": {"ts_ms": at_ms, "lsn": at_ms, "snapshot": "false"}, "after": {"id": 1}}
            await self.log.append([Message(f"{name}.beats", b'{"id":1}', msgspec.json.encode(value))])
            self.last_beat[name] = at_ms / 1_000
            await asyncio.sleep(BEAT_SECONDS)

    async def late(self, name: str) -> float:
        """Seconds from when the age passed the limit to when the log had the breach, once it has."""
        replica = self.platform.runtimes["context-sync"].replica
        while True:
            for meta, event in await replica.events(f"context/binding/{name}"):
                if isinstance(event, SlaBreached):
                    return meta.recorded_at.timestamp() - self.last_beat[name] - LIMIT_SECONDS
            await asyncio.sleep(0.1)


async def lateness(log: EventLog, dsn: str, directory: Path) -> list[Figure]:
    """`dsn` is a database of its own. Sources die at moments that have nothing to do with the service's own seconds."""
    names, draw = [f"s{number}" for number in range(SOURCES)], random.Random(1)
    topics = [topic for name in names for topic in (name, f"{name}.beats")]
    specs = [TopicSpec(name=topic, partitions=1, retention_ms=DAY_MS) for topic in topics]
    await log.create_topics([*ALL_TOPICS, *specs])
    settings = ServiceSettings(log="embedded:bench", tokens=directory / "tokens.json", database=dsn)
    async with open_platform(settings, [definition()], event_log=log, authenticator=Engineer()) as platform:
        sources = Sources(log, platform)
        for name in names:
            await sources.declare(name)
        lives = [sources.lives(name, draw.random(), LIVES_SECONDS + 2 * draw.random()) for name in names]
        living = asyncio.gather(*lives)
        await asyncio.sleep(LIVES_SECONDS / 2)
        for name in names:
            await sources.bind(name)
        await living
        async with asyncio.timeout(PATIENCE_SECONDS):
            took = [await sources.late(name) for name in names]
    title = "from over the limit to its breach on the log, heartbeats of 1 s"
    return [
        at_least(f"{title}: earliest", min(took), "s", 0.0),
        at_most(f"{title}: p50", percentile(took, 0.5), "s", LATEST_SECONDS),
        at_most(f"{title}: latest", max(took), "s", LATEST_SECONDS),
    ]
