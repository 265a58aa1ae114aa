"""Real parts that tests of any area may ask for."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tenure_eventlog.embedded import EmbeddedPostgres

from tests.kafka.broker import some_kafka


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker's bootstrap address; one for the whole run."""
    with some_kafka(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def open_directory() -> Iterator[Path]:
    """A directory that every user may enter: as root, Postgres runs as another one."""
    with tempfile.TemporaryDirectory(prefix="tenure-test-") as made:
        directory = Path(made)
        directory.chmod(0o755)
        yield directory


@pytest.fixture(scope="session")
def postgres(open_directory: Path) -> Iterator[EmbeddedPostgres]:
    """An embedded Postgres; one for the whole run."""
    server = asyncio.run(EmbeddedPostgres.start(open_directory / "postgres"))
    yield server
    asyncio.run(server.stop())


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> str:
    """The DSN of a database that this test has for itself."""
    return await postgres.create_database(f"test_{uuid4().hex}")
