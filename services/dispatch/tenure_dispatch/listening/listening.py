"""What does a listener get, and when is it cut off?

Nothing is kept for a listener but its position: one that is behind reads off the log at its own pace. It is cut off
when it takes nothing for a while, when its token ends, and when the service stops; it goes on with the id that it had.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import anyio
import structlog
from sse_starlette import EventSourceResponse
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send
from tenure_eventlog import LogUnavailable, OffsetOutOfRange, Partition

from tenure_dispatch.choice import Choice
from tenure_dispatch.feed import Feed
from tenure_dispatch.listening.position import written
from tenure_dispatch.outward import Notice

PAGE = 100
HEARTBEAT_SECONDS = 10.0
SEND_SECONDS = 30.0
GRACE_SECONDS = 2.0
RETRY_MS = 2_000
HEARTBEAT = b": heartbeat\n\n"

Cut = Literal["log-unavailable", "position-lost", "stopping", "token-ended"]

log = structlog.get_logger()


class Listeners:
    """How many listen now, and how many may."""

    def __init__(self, most: int, counted: Callable[[int], None]) -> None:
        self.most, self.count, self._counted = most, 0, counted

    def add(self, number: int) -> None:
        self.count += number
        self._counted(self.count)

    @property
    def full(self) -> bool:
        return self.count >= self.most


@dataclass(frozen=True, slots=True)
class Listener:
    """`allowed`: is the token still good?"""

    feed: Feed
    choice: Choice
    positions: dict[Partition, int]
    allowed: Callable[[], bool]
    stopping: anyio.Event

    async def frames(self) -> AsyncIterator[bytes]:
        """Its position at once, so that who is cut off before the first event misses none; then what there is."""
        yield f"retry: {RETRY_MS}\n".encode() + positioned(self.positions)
        try:
            while (cut := self._cut()) is None:
                async for frame in self._news():
                    yield frame
        except LogUnavailable:
            cut = "log-unavailable"
        except OffsetOutOfRange:
            cut = "position-lost"
        yield f'event: cut\ndata: {{"reason":"{cut}"}}\n\n'.encode()

    def _cut(self) -> Cut | None:
        if self.stopping.is_set():
            return "stopping"
        return None if self.allowed() else "token-ended"

    async def _news(self) -> AsyncIterator[bytes]:
        """What is there now; else waits for more, no longer than a heartbeat."""
        told = False
        for at in [at for at, end in self.feed.ends.items() if end > self.positions.get(at, 0)]:
            notices, end = await self.feed.page(at, self.positions.get(at, 0), PAGE)
            for notice in notices:
                self.positions[at] = notice.offset + 1
                if self.choice.takes(notice.type, notice.stream):
                    told = True
                    yield framed(notice, self.positions)
            self.positions[at] = end
        if not await self._more():
            yield HEARTBEAT if told else positioned(self.positions)

    async def _more(self) -> bool:
        stop = asyncio.ensure_future(self.stopping.wait())
        more = asyncio.ensure_future(self.feed.beyond(self.positions))
        try:
            done, _ = await asyncio.wait({stop, more}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            return bool(done)
        finally:
            stop.cancel()
            more.cancel()


def framed(notice: Notice, positions: Mapping[Partition, int]) -> bytes:
    """One event. Its JSON has no line break, so it is one line of data."""
    return f"id: {written(positions)}\nevent: {notice.type}\ndata: ".encode() + notice.body + b"\n\n"


def positioned(positions: Mapping[Partition, int]) -> bytes:
    """Moves a listener's last id and tells it nothing. Source: HTML Living Standard, section 9.2.6."""
    return f"id: {written(positions)}\n\n".encode()


class Listening(EventSourceResponse):
    """The answer to one listener; `listeners` counts it until it goes."""

    def __init__(self, listener: Listener, listeners: Listeners) -> None:
        super().__init__(
            listener.frames(),
            ping=0,
            send_timeout=SEND_SECONDS,
            shutdown_event=listener.stopping,
            shutdown_grace_period=GRACE_SECONDS,
        )
        self._listeners = listeners

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._listeners.add(1)
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            log.info("listener_cut", reason="slow-client", seconds=SEND_SECONDS)
        finally:
            self._listeners.add(-1)
