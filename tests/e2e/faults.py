"""Two workers of one processor on a real broker and a real database, of which each may fail."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from tenure.client import AsyncClient
from tenure.cluster import free_port
from tenure.localkafka import LocalKafka
from tenure_eventlog import Message
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import ALL_TOPICS, OUTCOMES, PREDICTIONS
from tenure_monitor.telemetry import Outcome, Prediction, write
from tenure_service import TokenStore

NOON = datetime(2013, 3, 1, 12, tzinfo=UTC)
PATIENCE_SECONDS = 90
SLICE = 500
POISON = b"not telemetry"
PREFIXES = {"monitor": "/monitor/v1", "context-sync": "/context/v1"}


@dataclass(slots=True)
class Worker:
    """A `tenure serve` of one service that is started again when it ends, as a supervisor does."""

    name: str
    port: int
    environment: dict[str, str]
    output: Path
    service: str = "monitor"
    process: asyncio.subprocess.Process | None = None
    supervisor: asyncio.Task[None] | None = None

    async def supervised(self) -> None:
        while True:
            with self.output.open("ab") as out:
                self.process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "tenure",
                    "serve",
                    self.service,
                    env={**os.environ, **self.environment},
                    stdout=out,
                    stderr=out,
                )
            await self.process.wait()

    def signal(self, what: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(what)

    async def reasons(self) -> list[str]:
        """Why it is not ready; empty when it is."""
        try:
            async with httpx.AsyncClient(timeout=5) as http:
                answer = await http.get(f"http://127.0.0.1:{self.port}{PREFIXES[self.service]}/readyz")
        except httpx.TransportError:
            return ["it does not answer"]
        return list(answer.json()["reasons"])

    async def end(self) -> None:
        if self.supervisor:
            self.supervisor.cancel()
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@dataclass(slots=True)
class Site:
    """`fed`: the requests so far, each with its outcome; beside each slice of them one record that can't be read."""

    broker: LocalKafka
    postgres: EmbeddedPostgres
    home: Path
    workers: list[Worker]
    token: str
    fed: int = 0
    poison: int = 0
    paused: list[psutil.Process] = field(default_factory=list)

    def client(self, worker: Worker) -> AsyncClient:
        return AsyncClient(f"http://127.0.0.1:{worker.port}", self.token)

    async def feed(self) -> None:
        numbers = range(self.fed, self.fed + SLICE)
        told = [message for n in numbers for message in (predicted(n), came_of_it(n))]
        async with open_log(self.broker.address) as log:
            await log.append([*told, Message(PREDICTIONS.name, b"?", POISON)])
        self.fed, self.poison = self.fed + SLICE, self.poison + 1

    async def stop_database(self) -> None:
        await self.postgres.stop()

    async def start_database(self) -> None:
        self.postgres = await EmbeddedPostgres.start(self.home)

    async def freeze_database(self) -> None:
        server = psutil.Process(self.postgres.pid)
        self.paused = [server, *server.children(recursive=True)]
        for process in self.paused:
            process.suspend()

    async def thaw_database(self) -> None:
        while self.paused:
            self.paused.pop().resume()

    async def stop_broker(self) -> None:
        await self.broker.stop()

    async def start_broker(self) -> None:
        await self.broker.start(self.broker.port)

    async def say(self, words: str) -> None:
        """All workers say that they are not ready, and why."""

        async def said() -> bool:
            return all([any(words in reason for reason in await worker.reasons()) for worker in self.workers])

        await self.until(said, f"all say {words!r}")

    async def ready(self) -> None:
        async def all_are() -> bool:
            return not any([await worker.reasons() for worker in self.workers])

        await self.until(all_are, "all are ready")

    async def all_there_once(self) -> None:
        """Each request is in the windows once, each poisonous record in quarantine once; no more comes."""
        await self.until(self._as_fed, f"{self.fed} requests and {self.poison} in quarantine")

    async def _as_fed(self) -> bool:
        return await self.counted(self.workers[-1]) == (self.fed, self.poison)

    async def counted(self, worker: Worker) -> tuple[int, int]:
        """How many requests the windows have, and how many records are held."""
        async with self.client(worker) as client:
            windows = await client.get("/monitor/v1/windows", model="delays")
            held = await client.get("/monitor/v1/quarantine")
        return sum(one["n"] for one in windows["items"]), sum(one["records"] for one in held["counts"])

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await holds():
                    await asyncio.sleep(0.1)
        except TimeoutError:
            said = {worker.name: await worker.reasons() for worker in self.workers}
            raise AssertionError(f"it never came about that {what}; the workers say {said}") from None


def predicted(n: int) -> Message:
    told = Prediction(
        request_id=f"r{n}",
        model="delays",
        environment="production",
        release="r1",
        model_version="1",
        route_epoch=1,
        entity="N14228",
        score=0.5,
        context_age_seconds=3.0,
        predicted_at=NOON,
    )
    return Message(PREDICTIONS.name, f"r{n}".encode(), write(told))


def came_of_it(n: int) -> Message:
    told = Outcome(request_id=f"r{n}", model="delays", label=1.0, occurred_at=NOON)
    return Message(OUTCOMES.name, f"r{n}".encode(), write(told))


@asynccontextmanager
async def site(broker: LocalKafka, home: Path, directory: Path) -> AsyncIterator[Site]:
    """Two workers that are started while their database is away."""
    async with open_log(broker.address) as log:
        await log.create_topics(ALL_TOPICS)
    postgres = await EmbeddedPostgres.start(home)
    await postgres.stop()
    token = TokenStore(directory / "tokens.json").create("ada", ["admin", "engineer"])
    workers = [worker_of(name, "monitor", broker, postgres, directory) for name in ("one", "two")]
    made = Site(broker, postgres, home, workers, token)
    try:
        for worker in workers:
            worker.supervisor = asyncio.create_task(worker.supervised())
        yield made
    finally:
        await made.thaw_database()
        for worker in workers:
            await worker.end()
        await made.postgres.stop()


def worker_of(name: str, service: str, broker: LocalKafka, postgres: EmbeddedPostgres, directory: Path) -> Worker:
    port = free_port()
    environment = {
        "TENURE_LOG": broker.address,
        "TENURE_DATABASE": postgres.dsn,
        "TENURE_TOKENS": str(directory / "tokens.json"),
        "TENURE_PORT": str(port),
        "TENURE_INSTANCE": name,
    }
    return Worker(name, port, environment, directory / f"{name}.log", service)


async def declare(made: Site) -> dict[str, Any]:
    """The monitor whose windows count the requests."""
    async with made.client(made.workers[0]) as client:
        declared = {"model": "delays", "metrics": ["brier"], "window_seconds": 3_600}
        receipt: dict[str, Any] = await client.post("/monitor/v1/monitors", declared)
        return receipt
