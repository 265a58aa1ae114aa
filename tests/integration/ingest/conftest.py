"""A broker and a database for the hosts."""

import asyncio
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tenure.localkafka import JavaMissing, LocalKafka
from tenure_eventlog.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def ingest_postgres() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="tenure-ingest-") as directory:
        Path(directory).chmod(0o755)  # root runs the server as another user, who must get in
        server = asyncio.run(EmbeddedPostgres.start(directory))
        yield server
        asyncio.run(server.stop())


@pytest.fixture
async def ingest_database(ingest_postgres: EmbeddedPostgres) -> str:
    return await ingest_postgres.create_database(f"ingest_{uuid.uuid4().hex}")


@pytest.fixture(scope="session")
def ingest_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The broker's address for `open_log`."""
    if bootstrap := os.environ.get("TENURE_TEST_KAFKA"):
        yield f"kafka://{bootstrap}"
        return
    broker = LocalKafka(tmp_path_factory.mktemp("ingest-kafka"), ROOT / ".cache")
    try:
        asyncio.run(broker.start())
    except JavaMissing as missing:
        if os.environ.get("TENURE_REQUIRE") == "all":
            raise
        pytest.skip(str(missing))
    yield broker.address
    asyncio.run(broker.stop())
