"""What is asked over HTTP: the platform as a user starts it, and bare servers beside it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from tenure.cluster import free_port
from tenure.demo.platforms import ready
from tenure_service import TokenStore

from bench.load import Load, Outcome, load

ROOT = Path(__file__).parents[1]
# The load comes from one principal: what one may ask for in a second is no measure of the server.
UNLIMITED = {"TENURE_REQUESTS_PER_SECOND": "1000000000"}


@dataclass(frozen=True, slots=True)
class Served:
    """A server in a process of its own."""

    port: int
    pid: int
    token: str = ""

    def request(self, method: str, path: str, body: str = "", key: str = "") -> str:
        """The text of a request with the token."""
        lines = [f"{method} {path} HTTP/1.1", "Host: tenure", f"Authorization: Bearer {self.token}"]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []
        lines += [f"Idempotency-Key: {key}"] if key else []
        return "\r\n".join([*lines, "", body])

    async def under(self, request: str, count: int, connections: int, first: int = 0, **more: float) -> "Seen":
        """A load of `request`, with the processor time that it took here."""
        before = self._cpu_seconds()
        outcome = await load(
            Load(port=self.port, request=request, count=count, connections=connections, first=first, **more)
        )
        if not all(status.startswith("2") for status in outcome.statuses):
            raise RuntimeError(f"{request.splitlines()[0]}: not all was answered with success: {outcome.statuses}")
        return Seen(outcome, (self._cpu_seconds() - before) / count * 1e6)

    def _cpu_seconds(self) -> float:
        took = psutil.Process(self.pid).cpu_times()
        return float(took.user + took.system)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the client saw, and the server's own processor time for each request; its Postgres not included."""

    outcome: Outcome
    cpu_us: float


@asynccontextmanager
async def tenure_up(home: Path) -> AsyncIterator[Served]:
    """The whole platform in one process, on a fresh directory."""
    port = free_port()
    async with _child(["-m", "tenure", "up", "--dir", str(home), "--port", str(port)]) as process:
        await ready(f"http://127.0.0.1:{port}", process)
        yield Served(port, process.pid, (home / "owner-token").read_text().strip())


@asynccontextmanager
async def peer(name: str) -> AsyncIterator[Served]:
    """One of `bench.peers.APPS`."""
    port = free_port()
    async with _child(["-m", "bench.peers", name, str(port)]) as process:
        await ready(f"http://127.0.0.1:{port}", process)
        yield Served(port, process.pid)


@asynccontextmanager
async def context_sync_up(home: Path, dsn: str) -> AsyncIterator[Served]:
    """Context-sync alone, on a log and a database that are there."""
    port, tokens = free_port(), home / "tokens.json"
    token = TokenStore(tokens).create("bench", ["admin", "engineer"])
    env = {"TENURE_LOG": dsn, "TENURE_DATABASE": dsn, "TENURE_TOKENS": str(tokens), "TENURE_PORT": str(port)}
    async with _child(["-m", "tenure", "serve", "context-sync"], env) as process:
        await ready(f"http://127.0.0.1:{port}", process)
        yield Served(port, process.pid, token)


@asynccontextmanager
async def _child(
    arguments: Sequence[str], settings: Mapping[str, str] = UNLIMITED
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env={**os.environ, **UNLIMITED, **settings}, cwd=ROOT
    )
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()
