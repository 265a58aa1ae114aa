"""What does a service of a cluster do whose log comes after it?"""

import asyncio
from pathlib import Path

import httpx
import pytest
from tenure.client import AsyncClient
from tenure.cluster import free_port
from tenure.demo.platforms import ready
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import ALL_TOPICS
from tenure_service import TokenStore

from tests.e2e.running import tenure

pytestmark = pytest.mark.postgres


async def made_and_stopped(home: Path, *, topics: bool) -> str:
    """The address of a log that is away, and will be there again when its Postgres is started."""
    postgres = await EmbeddedPostgres.start(home)
    if topics:
        async with open_log(postgres.dsn) as log:
            await log.create_topics(ALL_TOPICS)
    await postgres.stop()
    return postgres.dsn


async def answering(origin: str) -> httpx.Response:
    """What /readyz says, as soon as anyone listens."""
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=origin) as stranger:
        while True:
            try:
                return await stranger.get("/readyz")
            except httpx.ConnectError:
                continue


async def test_it_says_so_and_serves_without_a_restart_once_the_log_is_there(home: Path, tmp_path: Path) -> None:
    dsn, port = await made_and_stopped(home, topics=True), free_port()
    token = TokenStore(tmp_path / "tokens.json").create("ada", ["engineer"])
    about = {"TENURE_LOG": dsn, "TENURE_PORT": str(port), "TENURE_TOKENS": str(tmp_path / "tokens.json")}
    process, origin = await tenure("serve", "registry", **about), f"http://127.0.0.1:{port}"
    try:
        away = await answering(origin)
        assert (away.status_code, away.json()["ready"]) == (503, False)
        assert "the log can't be reached" in away.json()["reasons"]["registry"][0]
        postgres = await EmbeddedPostgres.start(home)
        try:
            await ready(origin, process)
            async with AsyncClient(origin, token) as client:
                assert (await client.post("/registry/v1/models", {"model": "delays"}))["sequence"] == 1
        finally:
            process.terminate()
            await process.wait()
            await postgres.stop()
    finally:
        if process.returncode is None:
            process.kill()


async def test_a_log_without_its_topics_ends_it_with_what_to_do(home: Path, tmp_path: Path) -> None:
    dsn, port = await made_and_stopped(home, topics=False), free_port()
    about = {"TENURE_LOG": dsn, "TENURE_PORT": str(port), "TENURE_TOKENS": str(tmp_path / "tokens.json")}
    process = await tenure("serve", "registry", **about)
    assert (await answering(f"http://127.0.0.1:{port}")).status_code == 503
    postgres = await EmbeddedPostgres.start(home)
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
        await postgres.stop()
    assert process.returncode == 1
    last = said.decode().splitlines()[-1]
    assert last.startswith("TopicMismatch: ")
    assert "tenure.registry.events does not exist" in last
    assert last.endswith("`tenure topics apply` makes what is missing")
