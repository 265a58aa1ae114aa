"""A secured broker with all topics and grants, and clients of it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import pytest
from click.testing import Result
from tenure.cli import main
from tenure_eventlog.kafka import KafkaLog
from tenure_eventlog.kafka_settings import KafkaSettings
from typer.testing import CliRunner

from tests.integration.kafka.secured import ADMIN, SecuredBroker
from tests.kafka.broker import local_kafka

Topics = Callable[..., Result]
Opener = Callable[[KafkaSettings], Awaitable[KafkaLog]]


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    """Without a topic or a grant until somebody asks for `topics`."""
    secured = SecuredBroker.at(tmp_path_factory.mktemp("secured"))
    with local_kafka(secured.broker):
        yield secured


@pytest.fixture(scope="session")
def topics(bare: SecuredBroker) -> Topics:
    """`tenure topics ...`, run by the admin or another user."""

    def run(*arguments: str, user: str = ADMIN) -> Result:
        return CliRunner().invoke(main.app, ["topics", *arguments], env=bare.environment(user))

    return run


@pytest.fixture(scope="session")
def secured(bare: SecuredBroker, topics: Topics) -> SecuredBroker:
    """As `tenure topics apply` leaves it."""
    applied = topics("apply")
    assert applied.exit_code == 0, applied.output
    return bare


@pytest.fixture
async def connect() -> AsyncIterator[Opener]:
    """Opens logs, and closes them all in the end."""
    async with AsyncExitStack() as stack:

        async def opened(settings: KafkaSettings) -> KafkaLog:
            log = await KafkaLog.open(settings)
            stack.push_async_callback(log.close)
            return log

        yield opened
