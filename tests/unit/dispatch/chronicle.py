"""Any service's events on a log in memory, without the rules that lead to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from tenure.services import definition_of
from tenure_decider import Decider
from tenure_dispatch.app import definition
from tenure_dispatch.feed import Feed
from tenure_dispatch.outward import Notice
from tenure_eventlog import Partition
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import LIFECYCLE
from tenure_journal import Auth, Kind, Order, Receipt, Replica, TopicFold, Writer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVICES = {"registry": "registry", "rollout": "rollout", "monitor": "monitor", "context": "context-sync"}
AS_IT_IS: Decider[Any, Any, Any] = Decider(None, lambda state, event: event, lambda state, event: event)


@dataclass(slots=True)
class Chronicle:
    """`feed` and `replica` are dispatch's."""

    log: MemoryLog
    replica: Replica
    feed: Feed
    writers: dict[str, Writer] = field(default_factory=dict)
    own: list[Replica] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def record(self, stream: str, event: object) -> Receipt:
        """The event, on its stream; what the rules would say to it is not asked."""
        service, kind = stream.split("/")[:2]
        writer = await self._writer(service, f"{service}/{kind}")
        number = next(self.numbers)
        order = Order(
            stream=stream,
            command=event,
            command_id=UUID(int=number),
            command_digest=str(number),
            auth=Auth("p-1", "user"),
            occurred_at=NOON,
        )
        return await writer.execute(order)

    async def notices(self) -> list[Notice]:
        """All that may be told, by place on the log."""
        ends = await self.log.end_offsets([spec.name for spec in LIFECYCLE])
        await self.replica.wait_for(ends)
        return [one for at in sorted(ends) for one in await self.all_of(at, ends[at])]

    async def all_of(self, at: Partition, end: int) -> list[Notice]:
        found, offset = list[Notice](), 0
        while offset < end:
            if self.feed.ends[at] <= offset:
                await self.feed.beyond({at: offset})
            more, offset = await self.feed.page(at, offset, 3)
            found += more
        return found

    async def _writer(self, service: str, kind: str) -> Writer:
        if kind not in self.writers:
            real = definition_of(SERVICES[service]).fold
            assert real
            fold = TopicFold(real.spec, real.service, real.codec, (Kind.of_decider(kind, AS_IT_IS),))
            replica = Replica(self.log, [fold])
            await replica.start()
            self.own.append(replica)
            self.writers[kind] = Writer(self.log, replica, fold, {kind: AS_IT_IS})
        return self.writers[kind]


@asynccontextmanager
async def chronicle(keep: int = 1_000) -> AsyncIterator[Chronicle]:
    log = MemoryLog()
    await log.create_topics(LIFECYCLE)
    replica = Replica(log, definition().folds)
    await replica.start()
    feed = Feed(log, replica, keep)
    async with feed.following():
        made = Chronicle(log, replica, feed)
        yield made
    for one in (replica, *made.own):
        await one.stop()
