"""Accepted events on their way to those outside: one receiver of webhooks, a hundred listeners."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from bench.figures import Figure, at_most, percentile, seen
from bench.load import NUMBER
from bench.serving import Served

BACKLOG, STEADY, STEADY_PER_S, CLIENTS = 4_000, 300, 30, 16
LISTENERS = 100
P50_MS, P99_MS = 50.0, 250.0
TAKEN = b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"
REACHABLE = {"TENURE_DISPATCH_ALLOWED_NETWORKS": "127.0.0.0/8", "TENURE_DISPATCH_ALLOW_HTTP": "true"}


@dataclass(slots=True)
class Arrivals:
    """How long after its writer decided it each event came, in milliseconds, and how many."""

    late_ms: list[float] = field(default_factory=list)
    count: int = 0
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def came(self, body: bytes) -> None:
        decided = datetime.fromisoformat(orjson.loads(body)["recordedtime"]).timestamp()
        self.late_ms.append((time.time() - decided) * 1_000)
        self.count += 1
        self._more.set()

    async def until(self, count: int) -> None:
        while self.count < count:
            self._more.clear()
            await self._more.wait()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a sender of webhooks."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.came(await reader.readexactly(length_of(head)))
                writer.write(TAKEN)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def length_of(head: bytes) -> int:
    [line] = [one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")]
    return int(line.partition(b":")[2])


@contextmanager
def reachable() -> Iterator[None]:
    """Servers that are started meanwhile may deliver to this machine."""
    os.environ |= REACHABLE
    try:
        yield
    finally:
        for name in REACHABLE:
            del os.environ[name]


@asynccontextmanager
async def receiving(arrivals: Arrivals) -> AsyncIterator[int]:
    server = await asyncio.start_server(arrivals.take, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def listen(served: Served, arrivals: Arrivals, ready: asyncio.Semaphore) -> None:
    """One listener, until it is cancelled."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(served.request("GET", "/dispatch/v1/events").encode())
    while line := await reader.readline():
        if line.startswith(b"retry:"):
            ready.release()
        elif line.startswith(b"data:"):
            arrivals.came(line[5:])


async def happen(served: Served, count: int, first: int, **steady: float) -> None:
    """So many events, each on a stream of its own."""
    request = served.request("POST", "/registry/v1/models", f'{{"model":"m{NUMBER.decode()}"}}', f"m-{NUMBER.decode()}")
    await served.under(request, count, CLIENTS, first=first, **steady)


async def subscribed(served: Served, port: int, name: str, start: str) -> None:
    body = f'{{"subscription":"{name}","url":"http://127.0.0.1:{port}/","start":"{start}"}}'
    await served.under(served.request("POST", "/dispatch/v1/subscriptions", body, name), 1, 1)


async def dispatch(served: Served) -> list[Figure]:
    """`served` was started while `reachable`."""
    backlog, steady, heard = Arrivals(), Arrivals(), Arrivals()
    await happen(served, BACKLOG, 0)
    async with receiving(backlog) as port:
        began = time.perf_counter()
        await subscribed(served, port, "backlog", "beginning")
        await backlog.until(BACKLOG)
        per_second = BACKLOG / (time.perf_counter() - began)
        await served.under(served.request("DELETE", "/dispatch/v1/subscriptions/backlog", "", "end"), 1, 1)
    async with receiving(steady) as port:
        await subscribed(served, port, "steady", "now")
        await happen(served, STEADY, BACKLOG, per_second=STEADY_PER_S)
        await steady.until(STEADY)
        await served.under(served.request("DELETE", "/dispatch/v1/subscriptions/steady", "", "end2"), 1, 1)
    ready = asyncio.Semaphore(0)
    listeners = [asyncio.create_task(listen(served, heard, ready)) for _ in range(LISTENERS)]
    for _ in listeners:
        await ready.acquire()
    await happen(served, STEADY, BACKLOG + STEADY, per_second=STEADY_PER_S)
    await heard.until(STEADY * LISTENERS)
    for one in listeners:
        one.cancel()
    return [
        seen("webhooks, a backlog to one receiver", per_second, "/s"),
        at_most("webhook, decided to received, p50", percentile(steady.late_ms, 0.5), "ms", P50_MS),
        at_most("webhook, decided to received, p99", percentile(steady.late_ms, 0.99), "ms", P99_MS),
        at_most(f"{LISTENERS} listeners, decided to heard, p50", percentile(heard.late_ms, 0.5), "ms", P50_MS),
        at_most(f"{LISTENERS} listeners, decided to heard, p99", percentile(heard.late_ms, 0.99), "ms", P99_MS),
    ]
