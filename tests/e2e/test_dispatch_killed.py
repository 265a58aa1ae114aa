"""Does a subscriber get every event though dispatch is killed in mid-delivery?"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tenure.client import AsyncClient
from tenure.cluster import free_port
from tenure.demo.platforms import ready
from tenure_artifacts import LocalKeyRing
from tenure_eventlog.postgres import PostgresLog
from tenure_eventlog.topics import ALL_TOPICS
from tenure_registry.app import definition as registry
from tenure_service import ServiceSettings, TokenStore, open_platform

from tests.e2e.test_kill_nine import Platform
from tests.integration.dispatch.receiver import Answer, Delivery, in_order, receiving, take

STREAMS, EACH = 10, 10
KILLED_AFTER = 30
SETTINGS = {"ALLOWED_NETWORKS": "127.0.0.0/8", "ALLOW_HTTP": "true", "LEASE_SECONDS": "2", "FIRST_RETRY_SECONDS": "0.1"}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(f"TENURE_DISPATCH_{name}", value)


def hanging_after(most: int) -> Answer:
    """Takes so many, then answers nobody: what is on its way then is in mid-delivery."""
    left = [most]

    def decide(delivery: Delivery) -> bytes | None:
        left[0] -= 1
        return take(delivery) if left[0] >= 0 else None

    return decide


async def live_through(client: AsyncClient) -> set[str]:
    """A hundred events on ten streams; their ids."""
    return {
        event for found in await asyncio.gather(*(stream(client, f"m{n}") for n in range(STREAMS))) for event in found
    }


async def stream(client: AsyncClient, model: str) -> list[str]:
    receipts = [await client.post("/registry/v1/models", {"model": model})]
    for number in range(EACH - 1):
        receipts.append(await client.post(f"/registry/v1/models/{model}/tags", {"tags": {"n": number}}))
    return [receipt["event_id"] for receipt in receipts]


async def subscribe(client: AsyncClient, url: str) -> None:
    wanted: dict[str, Any] = {"subscription": "ci", "url": url, "start": "beginning"}
    await client.post("/dispatch/v1/subscriptions", wanted)


async def test_the_whole_platform_killed_in_mid_delivery_loses_no_event(tmp_path: Path) -> None:
    """A hundred events, and the receiver gets each of them, in order per stream; MLflow lost 70 of 100 here."""
    platform = Platform(tmp_path / "home")
    await platform.start()
    async with receiving(hanging_after(KILLED_AFTER)) as receiver:
        async with AsyncClient(platform.url, token(platform.directory)) as client:
            ids = await live_through(client)
            await subscribe(client, receiver.url)
            await receiver.until(lambda: len(receiver.tries) > KILLED_AFTER)
        await platform.kill()
        assert len(receiver.ids) == KILLED_AFTER
        receiver.answer = take
        await platform.start()
        await receiver.until(lambda: len(receiver.ids) == len(ids))
        await platform.kill()
    assert set(receiver.ids) == ids
    assert in_order(receiver.taken)


def token(directory: Path) -> str:
    return (directory / "owner-token").read_text().strip()


@asynccontextmanager
async def registry_in_here(dsn: str, directory: Path) -> AsyncIterator[AsyncClient]:
    """The registry, in this process; a client with the token that is good everywhere."""
    log = await PostgresLog.open(dsn)
    await log.create_topics(ALL_TOPICS)
    tokens = TokenStore(directory / "tokens.json")
    secret = tokens.ensure_owner(directory / "owner-token")
    settings = ServiceSettings(log=dsn, tokens=directory / "tokens.json")
    async with open_platform(settings, [registry()], event_log=log, authenticator=tokens) as platform:
        transport = httpx.ASGITransport(platform.app)
        async with AsyncClient("http://registry", secret, transport=transport) as client:
            yield client
    await log.close()


@asynccontextmanager
async def replica(dsn: str, directory: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`tenure serve dispatch` in a process of its own, and where it is."""
    port = free_port()
    environment = {
        **os.environ,
        "TENURE_LOG": dsn,
        "TENURE_DATABASE": dsn,
        "TENURE_PORT": str(port),
        "TENURE_TOKENS": str(directory / "tokens.json"),
        "TENURE_MASTER_KEYS": str(directory / "master-keys.json"),
    }
    arguments = ("-m", "tenure", "serve", "dispatch")
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environment, stdout=quiet)
    try:
        await ready(f"http://127.0.0.1:{port}/dispatch/v1", process)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_when_the_replica_that_delivers_is_killed_the_other_one_delivers_the_rest(
    database: str, tmp_path: Path
) -> None:
    LocalKeyRing.open_or_make(tmp_path / "master-keys.json")
    async with receiving(hanging_after(KILLED_AFTER)) as receiver, AsyncExitStack() as stack:
        async with registry_in_here(database, tmp_path) as client:
            ids = await live_through(client)
        first, url = await stack.enter_async_context(replica(database, tmp_path))
        async with AsyncClient(url, token(tmp_path)) as client:
            await subscribe(client, receiver.url)
        await receiver.until(lambda: len(receiver.tries) > KILLED_AFTER)
        await stack.enter_async_context(replica(database, tmp_path))
        assert len(receiver.ids) == KILLED_AFTER
        first.kill()
        receiver.answer = take
        await receiver.until(lambda: len(receiver.ids) == len(ids))
    assert set(receiver.ids) == ids
    assert in_order(receiver.taken)
