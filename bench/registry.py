"""Does the registry stay fast with 10,000 models and a million events? Beside MLflow's figures, in bench/peers.json."""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import psutil
from tenure.cluster import free_port
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import ALL_TOPICS
from tenure_registry.app import definition
from tenure_service import TokenStore

from bench.figures import Beside, Figure, at_least, at_most, percentile, seen
from bench.ledger import fill
from bench.load import Connection
from bench.serving import ROOT, UNLIMITED, Served

MODELS, CLIENTS, ASKED = 10_000, 16, 500
REPLAY_PER_S, MEMORY_MIB, READ_MS, AS_OF_MS = 60_000.0, 1_536.0, 3.0, 20.0
FEW, MANY = 10, 1_000
START_SECONDS = 900
PATH = "/registry/v1/models"
PEER = json.loads((ROOT / "bench" / "peers.json").read_text())["mlflow"]


async def registry() -> list[Figure]:
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        server = await EmbeddedPostgres.start(home / "postgres")
        try:
            events, halfway = await filled(server.dsn)
            return await served(server.dsn, home, events, halfway)
        finally:
            await server.stop()


async def filled(dsn: str) -> tuple[int, datetime]:
    """How many events are on the log, and an instant at which half of them were."""
    async with open_log(dsn) as log:
        await log.create_topics(ALL_TOPICS)
        began = datetime.now(UTC)
        events = await fill(log, definition().fold.codec, MODELS)
        return events, began + (datetime.now(UTC) - began) / 2


async def served(dsn: str, home: Path, events: int, halfway: datetime) -> list[Figure]:
    began, idle = time.perf_counter(), Beside("MLflow, idle MiB", PEER["idle_mib"])
    async with process(dsn, home) as server:
        await ready(server)
        took = time.perf_counter() - began
        return [
            seen("registry: start until ready", took, "s"),
            at_least("registry: events replayed, by the wall", events / took, "/s", REPLAY_PER_S),
            seen("registry: processor time per event", cpu_seconds(server) / events * 1e6, "us"),
            at_most("registry: memory at rest", memory_mib(server), "MiB", MEMORY_MIB),
            *await reads(server, halfway),
            *await writes(server),
            seen("registry: memory at the end", memory_mib(server), "MiB", idle),
        ]


@asynccontextmanager
async def process(dsn: str, home: Path) -> AsyncIterator[Served]:
    """The registry alone, as `tenure serve registry` runs it."""
    token = TokenStore(home / "tokens.json").create("bench", ("engineer", "producer", "viewer"), None)
    port = free_port()
    told = {"TENURE_LOG": dsn, "TENURE_TOKENS": str(home / "tokens.json"), "TENURE_PORT": str(port)}
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tenure", "serve", "registry", env={**os.environ, **UNLIMITED, **told}, cwd=ROOT
    )
    try:
        yield Served(port, running.pid, token)
    finally:
        running.terminate()
        await running.wait()


async def ready(server: Served) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as http:
        while True:
            try:
                if (await http.get(f"http://127.0.0.1:{server.port}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


def cpu_seconds(server: Served) -> float:
    took = psutil.Process(server.pid).cpu_times()
    return float(took.user + took.system)


def memory_mib(server: Served) -> float:
    return float(psutil.Process(server.pid).memory_info().rss / 2**20)


class Client:
    """One request at a time; `numbers` make the keys."""

    def __init__(self, server: Served, connection: Connection, numbers: "count[int]") -> None:
        self._server, self._connection, self._numbers = server, connection, numbers

    async def ask(self, method: str, path: str, body: object = None) -> float:
        """Milliseconds. Raises RuntimeError where it did not succeed."""
        text = "" if body is None else json.dumps(body)
        request = self._server.request(method, PATH + path, text, "" if body is None else f"key-{next(self._numbers)}")
        began = time.perf_counter()
        status = await self._connection.ask(request.encode())
        if not status.startswith(b"2"):
            raise RuntimeError(f"{status.decode()} for {method} {path}")
        return (time.perf_counter() - began) * 1_000

    async def version(self, model: str, version: str) -> float:
        return await self.ask(
            "POST", f"/{model}/versions", {"model_version": version, "artifact_digest": "sha256:" + "a" * 64}
        )

    async def alias(self, model: str, version: str) -> float:
        return await self.ask("PUT", f"/{model}/aliases/champion", {"model_version": version})


async def clients(server: Served) -> list[Client]:
    loop, numbers = asyncio.get_running_loop(), count()
    made = [await loop.create_connection(Connection, "127.0.0.1", server.port) for _ in range(CLIENTS)]
    return [Client(server, connection, numbers) for _, connection in made]


async def reads(server: Served, halfway: datetime) -> list[Figure]:
    """Each of another model, so that no answer was kept."""
    client = (await clients(server))[0]
    as_of = halfway.isoformat().replace("+00:00", "Z")
    now = [await client.ask("GET", f"/m{number:05d}") for number in range(ASKED)]
    version = [await client.ask("GET", f"/m{number:05d}/versions/7") for number in range(ASKED)]
    past = [await client.ask("GET", f"/m{number:05d}?as_of={as_of}") for number in range(0, MODELS, MODELS // ASKED)]
    beside = Beside("MLflow, champion p50 ms", PEER["read_champion_p50_ms"]["uvloop, REST"])
    return [
        at_most("registry: read a model, p50", percentile(now, 0.5), "ms", READ_MS, beside),
        at_most("registry: read a version, p50", percentile(version, 0.5), "ms", READ_MS, beside),
        at_most("registry: read a model as of halfway, p50", percentile(past, 0.5), "ms", AS_OF_MS),
        seen("registry: read a model as of halfway, p99", percentile(past, 0.99), "ms"),
    ]


async def writes(server: Served) -> list[Figure]:
    all_clients = await clients(server)
    few, many = await aliases(all_clients[0], "few", FEW), await aliases(all_clients[0], "many", MANY)
    alone = [await promotion(all_clients[0], "m00001", f"alone-{number}") for number in range(ASKED)]
    each = await at_once(all_clients, [f"m{number:05d}" for number in range(CLIENTS)])
    same = await at_once(all_clients, ["m00100"] * CLIENTS)
    by_versions, per_s = PEER["promote_ms_by_versions"], PEER["promotions_per_second_16_clients"]
    return [
        seen(f"registry: move an alias, {FEW} versions, p50", few, "ms", Beside("MLflow, ms", by_versions["10"])),
        at_most(
            f"registry: move an alias, {MANY:,} versions, p50",
            many,
            "ms",
            round(few * 1.5, 2),
            Beside("MLflow, ms", by_versions["1000"]),
        ),
        seen(
            "registry: promotion, p50",
            percentile(alone, 0.5),
            "ms",
            Beside("MLflow, uvloop ms", PEER["promote_p50_ms"]["uvloop, REST"]),
        ),
        seen("registry: promotions, 16 clients and models", each, "/s", Beside("MLflow/s", per_s["stock, REST"])),
        seen("registry: promotions, 16 clients, one model", same, "/s", Beside("MLflow/s", per_s["stock, SDK"])),
    ]


async def aliases(client: Client, model: str, versions: int) -> float:
    """The p50 of moving an alias to and fro in a model of so many versions."""
    await client.ask("POST", "", {"model": model})
    for number in range(versions):
        await client.version(model, f"v{number}")
    took = [await client.alias(model, f"v{number % 2}") for number in range(ASKED)]
    return percentile(took, 0.5)


async def promotion(client: Client, model: str, version: str) -> float:
    return await client.version(model, version) + await client.alias(model, version)


async def at_once(all_clients: Sequence[Client], models: Sequence[str]) -> float:
    """Promotions a second, each client on its model."""
    began = time.perf_counter()

    async def work(place: int) -> None:
        for number in range(ASKED // 5):
            await promotion(all_clients[place], models[place], f"p{place}-{number}")

    await asyncio.gather(*(work(place) for place in range(CLIENTS)))
    return CLIENTS * (ASKED // 5) / (time.perf_counter() - began)
