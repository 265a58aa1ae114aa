"""How do routers learn of routes? `tenure.routes` is the compacted projection of `RouteChanged`."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from datetime import datetime

import msgspec
import structlog
from tenure_eventlog import EventLog, LogUnavailable, Message, OffsetOutOfRange, OutcomeUnknown, Partition
from tenure_eventlog.topics import ROUTES
from tenure_journal import Replica

from tenure_rollout.events import RouteChanged
from tenure_rollout.world import KIND

LOOK_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 5.0  # others publish too

log = structlog.get_logger()


class _Epoch(msgspec.Struct):
    epoch: int


_decode = msgspec.json.Decoder(_Epoch).decode


def route_record(route: RouteChanged) -> bytes:
    """The routing record as JSON."""
    return msgspec.json.encode(route)


def epoch_of(value: bytes | None) -> int:
    """The record's epoch; 0 for what is no routing record, so that the right one is published over it."""
    try:
        return _decode(value or b"").epoch
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


class RoutePublisher:
    """Publishes a route while the topic's last record of its deployment differs from the folded state.

    Any number of replicas may: a reader ignores an epoch that is not higher than the one it holds.
    """

    def __init__(self, event_log: EventLog, replica: Replica) -> None:
        self._log, self._replica = event_log, replica
        # Of the topic's last record, not of its highest: a paused replica may have published an old one since.
        self._published: dict[str, int] = {}
        self._position = 0
        self._wake = asyncio.Event()
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.trouble: str | None = None

    async def start(self) -> None:
        self._replica.subscribe(self._note)
        self._task = asyncio.create_task(self._publish_on(), name="routes")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def settle(self, now: datetime) -> bool:
        """Publishes what is due; True where nothing was."""
        return await self._look() == 0

    def _note(self, names: frozenset[str]) -> None:
        self._wake.set()

    async def _publish_on(self) -> None:
        while True:
            try:
                await self._look()
                self.trouble = None
            except (LogUnavailable, OutcomeUnknown, OffsetOutOfRange) as trouble:
                self.trouble = str(trouble)
                log.warning("routes_not_published", reason=self.trouble)
                await asyncio.sleep(LOOK_SECONDS)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_AGAIN_SECONDS)
            self._wake.clear()

    async def _look(self) -> int:
        async with self._looking:
            await self._read_published()
            due = [route for route in self._routes() if self._published.get(route.deployment, 0) < route.epoch]
            if due:
                await self._log.append([Message(ROUTES.name, r.deployment.encode(), route_record(r)) for r in due])
                self._published.update((route.deployment, route.epoch) for route in due)
            return len(due)

    def _routes(self) -> list[RouteChanged]:
        streams = self._replica.streams(KIND).values()
        return [s.state.route for s in streams if not s.parked and s.state.route is not None]

    async def _read_published(self) -> None:
        partition = Partition(ROUTES.name, 0)
        ends: Mapping[Partition, int] = await self._log.end_offsets([ROUTES.name])
        starts = await self._log.start_offsets([ROUTES.name])
        if self._position > ends[partition]:  # the topic was made anew: its readers need every route again
            self._position = 0
            self._published.clear()
        self._position = max(self._position, starts[partition])
        if self._position >= ends[partition]:
            return
        async with aclosing(self._log.read({partition: self._position})) as batches:
            async for batch in batches:
                for record in batch.records:
                    self._published[(record.key or b"").decode("utf-8", "replace")] = epoch_of(record.value)
                self._position = batch.next_offset
                if self._position >= ends[partition]:
                    return
