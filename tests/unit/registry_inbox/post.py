"""Somebody who doesn't call the API: signs records, puts them on the inbox, and reads what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import orjson
from tenure_eventlog import Message, Partition, Record
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import INBOX, INBOX_OUTCOMES, QUARANTINE
from tenure_registry.inbox.keys import InboxKeys, keys_beside
from tenure_registry.inbox.outcomes import Outcome
from tenure_registry.inbox.signing import sign

from tests.unit.service.desk import Desk, desk_over

DIGEST = "sha256:" + "a" * 64
VERSION = {"model_version": "v1", "artifact_digest": DIGEST}
SOURCE = "/ci/train"


@dataclass(slots=True)
class Post:
    """`key` and `secret` are the engineer's; `ids` number what is sent."""

    desk: Desk
    keys: InboxKeys
    key: str
    secret: str
    ids: count[int] = field(default_factory=lambda: count(1))

    @property
    def log(self) -> MemoryLog:
        return self.desk.log

    def headers(self, command: str, subject: str, **more: str) -> tuple[tuple[str, bytes], ...]:
        """A CloudEvent in binary mode."""
        kind = command if "." in command else f"dev.tenure.command.{command}.v1"
        attributes = {
            "specversion": "1.0",
            "id": f"id-{next(self.ids)}",
            "source": SOURCE,
            "type": kind,
            "subject": subject,
            "time": datetime.now(UTC).isoformat(),
        } | more
        named = tuple((f"ce_{name}", value.encode()) for name, value in attributes.items() if value)
        return (*named, ("content-type", b"application/json"))

    async def put(self, headers: tuple[tuple[str, bytes], ...], value: bytes, *, key: bytes = b"k") -> Outcome:
        """Appends the record as it is, and gives what became of it."""
        [offset] = await self.log.append([Message(INBOX.name, key, value, headers, 0)])
        return await self.outcome(0, offset)

    async def send(
        self, command: str, subject: str, body: Any, *, by: tuple[str, str] | None = None, **more: str
    ) -> Outcome:
        """Signs and appends one command."""
        value = orjson.dumps(body)
        key, secret = by or (self.key, self.secret)
        return await self.put(sign(key, secret, self.headers(command, subject, **more), value), value)

    async def outcome(self, partition: int, offset: int) -> Outcome:
        """The first that is told of a record of the inbox, once it is there."""
        async with asyncio.timeout(20), aclosing(self.log.read({Partition(INBOX_OUTCOMES.name, 0): 0})) as batches:
            async for batch in batches:
                for record in batch.records:
                    found = msgspec.json.decode(record.value or b"", type=Outcome)
                    if (found.partition, found.offset) == (partition, offset):
                        return found
        raise AssertionError

    async def all_of(self, topic: str) -> list[Record]:
        partition = Partition(topic, 0)
        end = (await self.log.end_offsets([topic]))[partition]
        found: list[Record] = []
        async with aclosing(self.log.read({partition: 0})) as batches:
            while len(found) < end:
                found += (await anext(batches)).records
        return found

    async def quarantined(self) -> list[Mapping[str, Any]]:
        return [orjson.loads(record.value or b"") for record in await self.all_of(QUARANTINE.name)]

    async def model(self, name: str = "delays") -> Mapping[str, Any]:
        found: Mapping[str, Any] = (await self.desk.ask("GET", f"/registry/v1/models/{name}")).json()
        return found

    def key_of(self, name: str, expires_at: datetime | None = None) -> tuple[str, str]:
        return self.keys.create(name, expires_at)


@asynccontextmanager
async def post_over(directory: Path, log: MemoryLog | None = None) -> AsyncIterator[Post]:
    """A running registry that follows the inbox, with a model `delays`; `log` may be another one's."""
    async with desk_over(directory, log=log) as desk:
        keys = InboxKeys(desk.tokens, keys_beside(directory / "tokens.json"))
        await desk.model()
        yield Post(desk, keys, *keys.create("engineer"))
