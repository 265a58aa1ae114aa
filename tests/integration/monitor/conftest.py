"""Monitor over a log in memory and a real Postgres, asked over HTTP."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest
from tenure_eventlog.embedded import EmbeddedPostgres

from tests.integration.monitor.watch import Watch


@pytest.fixture
async def watch(postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Watch]:
    # One database, emptied: every further one makes the server's last checkpoint seconds longer.
    dsn = await postgres.create_database("monitor")
    connection = await asyncpg.connect(dsn)
    await connection.execute("drop schema if exists ingest cascade; drop schema public cascade; create schema public")
    await connection.close()
    async with AsyncExitStack() as stack:
        yield await Watch.open(dsn, tmp_path, stack)
