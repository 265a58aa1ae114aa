"""How does a cluster run on one machine: Kafka, Postgres, a process for each service, a proxy in front?"""

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from rich.console import Console
from tenure_artifacts import LocalKeyRing
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import ALL_TOPICS
from tenure_service.tokens import TokenStore

from tenure.demo.platforms import PORT, Running, child, demand_free, fresh, ready
from tenure.localkafka import LocalKafka
from tenure.services import definition_of
from tenure.sources.ring import KEYS_DATABASE

HOME = Path(".tenure/cluster")
CACHE = Path(".cache")
REPLICAS = (("registry", 2), ("context-sync", 1), ("monitor", 1), ("rollout", 2), ("dispatch", 1))
CONFIGURATION = """
global
    maxconn 500
defaults
    mode http
    timeout connect 2s
    timeout client 90s
    timeout server 90s
    option redispatch
    retries 2
    retry-on conn-failure
frontend origin
    bind 127.0.0.1:{port}
{uses}
{backends}
"""


class ProxyMissing(Exception):
    """The cluster's one origin is HAProxy's: install it (Debian: `apt-get install haproxy`)."""

    def __str__(self) -> str:
        return str(type(self).__doc__)


@asynccontextmanager
async def cluster(clock: str) -> AsyncIterator[Running]:
    """Everything fresh, and stopped at the end. Raises ProxyMissing, JavaMissing, PortTaken."""
    if not shutil.which("haproxy"):
        raise ProxyMissing
    demand_free(PORT)
    await asyncio.to_thread(fresh, HOME)
    async with AsyncExitStack() as stack:
        kafka = LocalKafka(HOME / "kafka", CACHE)
        stack.push_async_callback(kafka.stop)
        await kafka.start()
        postgres = await EmbeddedPostgres.start(HOME / "postgres")
        stack.push_async_callback(postgres.stop)
        async with open_log(kafka.address) as log:
            await log.create_topics(ALL_TOPICS)
        tokens = HOME / "tokens.json"
        token = TokenStore(tokens).ensure_owner(HOME / "owner-token")
        master_keys = HOME / "master-keys.json"
        LocalKeyRing.open_or_make(master_keys)
        environment = {
            "TENURE_LOG": kafka.address,
            "TENURE_DATABASE": postgres.dsn,
            "TENURE_SUBJECT_KEYS": await postgres.create_database(KEYS_DATABASE),
            "TENURE_MASTER_KEYS": str(master_keys),
            "TENURE_TOKENS": str(tokens),
            "TENURE_CLOCK": clock,
        }
        pids = [kafka.pid, postgres.pid]
        instances = await _services(stack, environment, pids)
        origin = await _proxy(stack, instances, pids)
        yield Running(kafka.address, origin, tokens, token, instances, lambda: pids)


async def _services(stack: AsyncExitStack, environment: dict[str, str], pids: list[int]) -> list[tuple[str, str, str]]:
    started = []
    for service, count in REPLICAS:
        for number in range(count):
            port = free_port()
            own = {"TENURE_PORT": str(port), "TENURE_INSTANCE": f"{service}-{number}"}
            process = await stack.enter_async_context(child(["serve", service], {**environment, **own}))
            pids.append(process.pid)
            started.append((service, definition_of(service).prefix, f"http://127.0.0.1:{port}", process))
    for _, prefix, url, process in started:
        await ready(f"{url}{prefix}", process)
    return [(service, prefix, url) for service, prefix, url, _ in started]


async def _proxy(stack: AsyncExitStack, instances: Sequence[tuple[str, str, str]], pids: list[int]) -> str:
    path = HOME / "haproxy.cfg"
    path.write_text(configuration(instances, PORT))
    process = await asyncio.create_subprocess_exec("haproxy", "-db", "-f", str(path))
    stack.push_async_callback(_ended, process)
    pids.append(process.pid)
    origin = f"http://127.0.0.1:{PORT}"
    for prefix in sorted({prefix for _, prefix, _ in instances}):
        await ready(f"{origin}{prefix}", process)
    return origin


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        await process.wait()


def configuration(instances: Sequence[tuple[str, str, str]], port: int) -> str:
    """HAProxy's: the prefix chooses the service, the readiness check chooses the replica."""
    services = sorted({(service, prefix) for service, prefix, _ in instances})
    uses = "\n".join(f"    use_backend {service} if {{ path_beg {prefix}/ }}" for service, prefix in services)
    return CONFIGURATION.format(port=port, uses=uses, backends="\n".join(_backend(*s, instances) for s in services))


def _backend(service: str, prefix: str, instances: Sequence[tuple[str, str, str]]) -> str:
    lines = [f"backend {service}", "    balance roundrobin", f"    option httpchk GET {prefix}/readyz"]
    addresses = [url.removeprefix("http://") for name, _, url in instances if name == service]
    lines += [f"    server {service}-{n} {address} check inter 1s" for n, address in enumerate(addresses)]
    return "\n".join(lines)


async def keep_up() -> None:
    """For `make cluster`: starts it, says where it is, and waits for Ctrl-C."""
    async with cluster("wall") as running:
        console = Console()
        console.print(f"The cluster is up on [bold]{running.origin}[/bold]; the log is {running.log}.")
        console.print(
            f"TENURE_URL={running.origin} TENURE_LOG={running.log} TENURE_TOKEN={running.token}", soft_wrap=True
        )
        console.print(json.dumps([list(instance) for instance in running.instances], indent=1))
        await asyncio.Event().wait()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
