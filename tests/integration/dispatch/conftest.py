"""Dispatch with a real Postgres, its own for each test, and impatient settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import uvicorn
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_service.server import bound

from tests.integration.dispatch.post import Post
from tests.integration.dispatch.receiver import Receiver, receiving

IMPATIENT = {
    "ALLOWED_NETWORKS": "127.0.0.0/8",
    "ALLOW_HTTP": "true",
    "ATTEMPTS": "3",
    "FIRST_RETRY_SECONDS": "0.02",
    "LONGEST_RETRY_SECONDS": "0.05",
    "ATTEMPT_SECONDS": "1",
    "LEASE_SECONDS": "1",
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in IMPATIENT.items():
        monkeypatch.setenv(f"TENURE_DISPATCH_{name}", value)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def fresh(postgres: EmbeddedPostgres) -> str:
    """The DSN of an empty database."""
    # One database, emptied: every further one makes the server's last checkpoint seconds longer.
    dsn = await postgres.create_database("dispatch")
    connection = await asyncpg.connect(dsn)
    await connection.execute("drop schema if exists ingest cascade; drop schema public cascade; create schema public")
    await connection.close()
    return dsn


@pytest.fixture
async def post(fresh: str, tmp_path: Path, stack: AsyncExitStack) -> Post:
    return await Post.open(fresh, tmp_path, stack)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
async def origin(post: Post) -> AsyncIterator[str]:
    """The platform on a port of its own, for who reads a stream or types a command."""
    async with serving(post) as found:
        yield found


@asynccontextmanager
async def serving(post: Post) -> AsyncIterator[str]:
    with bound("127.0.0.1", 0) as listening:
        server = uvicorn.Server(uvicorn.Config(post.platform.app, log_level="error", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
