"""Every test here runs once over each log."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from tenure.localkafka import LocalKafka
from tenure_eventlog import EventLog, TopicSpec

from tests.contract.eventlog_trouble.sites import KafkaSite, MemorySite, PostgresSite, Site
from tests.kafka.broker import CACHE, local_kafka

Opener = Callable[[], Awaitable[EventLog]]


@pytest.fixture(scope="session")
def postgres_site(open_directory: Path) -> Iterator[PostgresSite]:
    """A Postgres of its own: the tests kill it."""
    site = asyncio.run(PostgresSite.start(open_directory / "log"))
    yield site
    asyncio.run(site.stop())


@pytest.fixture(scope="session")
def kafka_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSite]:
    """A broker of its own: the tests kill it."""
    broker = LocalKafka(tmp_path_factory.mktemp("log-kafka"), CACHE)
    with local_kafka(broker):
        yield KafkaSite(broker)


@pytest.fixture(
    params=[
        "memory",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("kafka", marks=pytest.mark.kafka),
    ]
)
def site(request: pytest.FixtureRequest) -> Site:
    if request.param == "memory":
        return MemorySite()
    found: Site = request.getfixturevalue(f"{request.param}_site")
    return found


@pytest.fixture
async def connect(site: Site) -> AsyncIterator[Opener]:
    """Opens further clients, and closes them all in the end."""
    async with AsyncExitStack() as stack:

        async def opened() -> EventLog:
            log = await site.open()
            stack.push_async_callback(log.close)
            return log

        yield opened


@pytest.fixture
async def log(connect: Opener) -> EventLog:
    return await connect()


@pytest.fixture
async def topic(log: EventLog) -> TopicSpec:
    """A lifecycle-like topic of one test."""
    spec = TopicSpec(name=f"tenure.{uuid4().hex}.events", partitions=4)
    await log.create_topics([spec])
    return spec
