"""What does a client of an HTTP service see? A load generator in a process of its own: the server is measured, not it.

`python -m bench.load` takes a `Load` as JSON on its standard input and writes an `Outcome` to its standard output.
"""

import asyncio
import sys
import time
from collections import Counter
from pathlib import Path
from typing import cast

import msgspec
import uvloop

from bench.figures import percentile

NUMBER, STREAM = b"@number_____", b"@str"
STREAMS = 200


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """`request` is sent `count` times, with its number and stream put in. `per_second` None: as fast as answers come.

    At a steady rate a request's time begins when it is due, not when a connection is free for it.
    """

    port: int
    request: str
    count: int
    connections: int
    per_second: float | None = None
    first: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`statuses` counts the answers by their status."""

    per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]


async def load(asked: Load) -> Outcome:
    """Runs the load in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", stdin=-1, stdout=-1, cwd=Path(__file__).parents[1]
    )
    said, _ = await process.communicate(msgspec.json.encode(asked))
    return msgspec.json.decode(said, type=Outcome)


class Connection(asyncio.Protocol):
    """One request at a time over one kept connection; as little work per answer as Python allows."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answered: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        """The status of the answer, once it is here whole."""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        at = self._buffer.find(b"content-length: ", 0, head)
        if head < 0 or at < 0:
            return
        length = int(self._buffer[at + 16 : self._buffer.find(b"\r\n", at)])
        if len(self._buffer) >= head + 4 + length and self._answered:
            status, self._buffer = self._buffer[9:12], b""
            self._answered.set_result(status)

    def connection_lost(self, exception: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(exception or ConnectionResetError("the server closed the connection"))


class Generator:
    """Sends one load and keeps what came of each request."""

    def __init__(self, asked: Load) -> None:
        self._asked, self._request = asked, asked.request.encode()
        self._took, self._statuses = list[float](), Counter[bytes]()
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        self._next = asked.first

    async def run(self) -> Outcome:
        loop = asyncio.get_running_loop()
        for _ in range(self._asked.connections):
            _, connection = await loop.create_connection(Connection, "127.0.0.1", self._asked.port)
            self._free.put_nowait(connection)
        began = time.perf_counter()
        await (self._steadily(began) if self._asked.per_second else self._at_full_speed())
        return Outcome(
            per_second=len(self._took) / (time.perf_counter() - began),
            p50_ms=percentile(self._took, 0.5) * 1_000,
            p99_ms=percentile(self._took, 0.99) * 1_000,
            statuses={status.decode(): count for status, count in self._statuses.items()},
        )

    async def _at_full_speed(self) -> None:
        async with asyncio.TaskGroup() as group:
            while not self._free.empty():
                group.create_task(self._on_and_on(self._free.get_nowait()))

    async def _on_and_on(self, connection: Connection) -> None:
        while self._next < self._asked.first + self._asked.count:
            await self._one(connection, time.perf_counter())

    async def _steadily(self, began: float) -> None:
        rate = self._asked.per_second or 1
        async with asyncio.TaskGroup() as group:
            for number in range(self._asked.count):
                due = began + number / rate
                await asyncio.sleep(due - time.perf_counter())
                group.create_task(self._when_free(due))

    async def _when_free(self, due: float) -> None:
        connection = await self._free.get()
        await self._one(connection, due)
        self._free.put_nowait(connection)

    async def _one(self, connection: Connection, due: float) -> None:
        number, self._next = self._next, self._next + 1
        request = self._request.replace(NUMBER, b"%012d" % number).replace(STREAM, b"m%03d" % (number % STREAMS))
        self._statuses[await connection.ask(request)] += 1
        self._took.append(time.perf_counter() - due)


async def main() -> None:
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    sys.stdout.buffer.write(msgspec.json.encode(await Generator(asked).run()))


if __name__ == "__main__":
    uvloop.run(main())
