"""A real HAProxy before two servers that are named after releases, each of which stamps what it answers."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from tenure.actuators.runtime import RuntimeSocket
from tenure.cluster import free_port

from tests.kafka.broker import unavailable

CONFIGURATION = """
global
    stats socket {socket} mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    timeout check 2s
frontend in
    bind 127.0.0.1:{port}
    default_backend delays
backend delays
    balance roundrobin
    option httpchk GET /
    default-server check inter 50ms fall 1 rise 1
{servers}
"""


@dataclass(slots=True)
class Answering:
    """A server of one release; `down` it refuses whoever comes."""

    name: str
    port: int
    server: asyncio.Server | None = None

    async def up(self) -> None:
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)

    async def down(self) -> None:
        if self.server:
            self.server.close()
            self.server = None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        stamp = f"Tenure-Release: {self.name.partition(':')[0]}"
        writer.write(f"HTTP/1.1 200 OK\r\n{stamp}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()


@dataclass(slots=True)
class Balanced:
    home: Path
    port: int
    answering: dict[str, Answering]
    process: asyncio.subprocess.Process | None = None

    @property
    def socket(self) -> str:
        return str(self.home / "s")

    async def start(self) -> None:
        path = self.home / "haproxy.cfg"
        lines = [f"    server {one.name} 127.0.0.1:{one.port}" for one in self.answering.values()]
        path.write_text(CONFIGURATION.format(socket=self.socket, port=self.port, servers="\n".join(lines)))
        self.process = await asyncio.create_subprocess_exec("haproxy", "-db", "-f", str(path))
        while not await self._is_up():
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        if self.process:
            self.process.kill()
            await self.process.wait()
            self.process = None

    async def _is_up(self) -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"http://127.0.0.1:{self.port}/")).status_code == 200
        except httpx.TransportError:
            return False

    async def stamps(self, requests: int) -> Counter[str]:
        """Of so many answers, how many each release gave; an error is `none`."""
        found = Counter[str]()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            for _ in range(requests):
                answer = await client.get("/")
                found[answer.headers.get("tenure-release", "none")] += 1
        return found

    async def sees(self, server: str, status: str) -> None:
        """Waits until HAProxy's own checks have found it so."""
        while next(one.status for one in await self.by_hand().servers() if one.name == server) != status:
            await asyncio.sleep(0.02)

    def by_hand(self) -> RuntimeSocket:
        return RuntimeSocket(self.socket, "delays")


@asynccontextmanager
async def balanced(home: Path, *names: str) -> AsyncIterator[Balanced]:
    """All of them up, with equal weights."""
    if not shutil.which("haproxy"):
        unavailable("haproxy is not there (Debian: apt-get install haproxy)")
    home.mkdir()
    answering = {name: Answering(name, free_port()) for name in names}
    made = Balanced(home, free_port(), answering)
    try:
        for one in answering.values():
            await one.up()
        await made.start()
        yield made
    finally:
        await made.stop()
        for one in answering.values():
            await one.down()
