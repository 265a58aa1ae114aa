"""How does the demo start the platform it plays on?"""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tenure_service import bound

from tenure.services import definition_of

READY_SECONDS = 60
PORT = 8600
HOME = Path(".tenure/demo")


@dataclass(frozen=True, slots=True)
class Running:
    """A platform that is up. `instances` are (service, prefix, direct url), in the order in which facts flow."""

    log: str
    origin: str
    tokens: Path
    token: str
    instances: Sequence[tuple[str, str, str]]
    pids: Callable[[], Sequence[int]]


ORDER = ("registry", "context-sync", "monitor", "rollout")


@asynccontextmanager
async def running_embedded(clock: str) -> AsyncIterator[Running]:
    """`tenure up` as a process of its own, on a fresh directory. Raises PortTaken."""
    demand_free(PORT)
    await asyncio.to_thread(fresh, HOME)
    origin = f"http://127.0.0.1:{PORT}"
    command = ["up", "--dir", str(HOME), "--port", str(PORT), "--clock", clock]
    async with child(command, {}) as process:
        await ready(origin, process)
        instances = [(name, definition_of(name).prefix, origin) for name in ORDER]
        token = (HOME / "owner-token").read_text().strip()
        yield Running(f"embedded:{HOME}", origin, HOME / "tokens.json", token, instances, lambda: [process.pid])


def demand_free(port: int) -> None:
    """Whoever has the port would be asked in place of what is started. Raises PortTaken."""
    bound("127.0.0.1", port).close()


def fresh(directory: Path) -> None:
    """An empty directory: the demo never touches the data of a platform that somebody uses."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)


@asynccontextmanager
async def running_cluster(clock: str) -> AsyncIterator[Running]:
    """Kafka, Postgres, a process for each service, a proxy in front."""
    from tenure.cluster import cluster

    async with cluster(clock) as running:
        yield running


@asynccontextmanager
async def child(arguments: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A `tenure` command as a child process, stopped at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tenure", *arguments, env={**os.environ, **environment}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()


async def ready(url: str, process: asyncio.subprocess.Process) -> None:
    """Returns when /readyz says so. Raises RuntimeError where the process ends first, TimeoutError after a minute."""
    async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient() as http:
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"the service at {url} ended with {process.returncode}; what it said is above")
            try:
                if (await http.get(f"{url}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
