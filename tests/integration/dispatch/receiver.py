"""A real HTTP server that takes deliveries, or does not, as a test wants it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try, as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return orjson.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified_by(self, secret: str) -> bool:
        """As a receiver checks it, with the library that the standard names. Raises WebhookVerificationError."""
        Webhook(secret).verify(self.body, self.headers)
        return True


Answer = Callable[[Delivery], bytes | None]
"""The bytes of an HTTP answer; None: nothing is answered, ever."""


def status(code: int, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {code} X", "content-length: 0", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def take(delivery: Delivery) -> bytes:
    return status(204)


@dataclass(slots=True)
class Receiver:
    """Keeps all tries; `answer` may be changed at any time."""

    port: int = 0
    answer: Answer = take
    tries: list[Delivery] = field(default_factory=list)
    taken: list[Delivery] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"

    @property
    def ids(self) -> list[str]:
        """Of what was taken, each once, in the order of the first time."""
        return list(dict.fromkeys(one.id for one in self.taken))

    async def until(self, enough: Callable[[], bool]) -> None:
        """Looks at each try. Raises TimeoutError after half a minute, in which nothing came of it."""
        async with asyncio.timeout(30):
            while not enough():
                self._more.clear()
                await self._more.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._one(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = head.decode().split("\r\n")[1:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        delivery = Delivery(headers, await reader.readexactly(int(headers.get("content-length", "0"))))
        self.tries.append(delivery)
        answered = self.answer(delivery)
        if answered is not None and answered.startswith(b"HTTP/1.1 2"):
            self.taken.append(delivery)
        self._more.set()
        if answered is None:
            await asyncio.Event().wait()
        else:
            writer.write(answered)
            await writer.drain()


@asynccontextmanager
async def receiving(answer: Answer = take) -> AsyncIterator[Receiver]:
    receiver = Receiver(answer=answer)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


def in_order(deliveries: Sequence[Delivery]) -> bool:
    """Of each stream's events the first times come in order, without a gap."""
    last: dict[str, int] = {}
    for event in (one.event for one in deliveries):
        sequence, before = int(event["sequence"]), last.get(event["subject"], 0)
        if sequence > before + 1:
            return False
        last[event["subject"]] = max(sequence, before)
    return True
