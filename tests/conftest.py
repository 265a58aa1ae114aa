"""Real parts that tests of any area may ask for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
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
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """An embedded Postgres; one for the whole run."""
    server = asyncio.run(EmbeddedPostgres.start(tmp_path_factory.mktemp("postgres")))
    yield server
    asyncio.run(server.stop())


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The DSN of a database that this test has for itself."""
    yield await postgres.create_database(f"test_{uuid4().hex}")
