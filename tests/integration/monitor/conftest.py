"""Monitor over a log in memory and a real Postgres, asked over HTTP."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_monitor.metrics import METRICS

from tests.integration.monitor.watch import Watch


@pytest.fixture
async def dsn(postgres: EmbeddedPostgres) -> str:
    # One database, emptied: every further one makes the server's last checkpoint seconds longer.
    found = await postgres.create_database("monitor")
    connection = await asyncpg.connect(found)
    await connection.execute("drop schema if exists ingest cascade; drop schema public cascade; create schema public")
    await connection.close()
    return found


@pytest.fixture
async def watch(dsn: str, tmp_path: Path) -> AsyncIterator[Watch]:
    async with AsyncExitStack() as stack:
        yield await Watch.open(dsn, tmp_path, stack)


@pytest.fixture
async def watching(dsn: str, tmp_path: Path) -> AsyncIterator[Watch]:
    """By every metric that there is."""
    async with AsyncExitStack() as stack:
        yield await Watch.open(dsn, tmp_path, stack, METRICS)
