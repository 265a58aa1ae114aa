"""Which Kafka do the tests use? A given one, a container, or a broker out of jars, in this order."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tenure.localkafka import JavaMissing, LocalKafka

CACHE = Path(__file__).parents[2] / ".cache"
PING_SECONDS = 2
IMAGE = "confluentinc/cp-kafka:8.1.0"


def unavailable(what: str) -> None:
    """Skips the test with one loud line; fails it where everything is required."""
    if os.environ.get("TENURE_REQUIRE") == "all":
        pytest.fail(f"TENURE_REQUIRE=all, but {what}")
    pytest.skip(f"NOT TESTED: {what}")


@contextmanager
def some_kafka(directory: Path) -> Iterator[str]:
    """The bootstrap address of a broker without security."""
    if given := os.environ.get("TENURE_TEST_KAFKA"):
        yield given
    elif engine_answers():
        with container_kafka() as bootstrap:
            yield bootstrap
    else:
        with local_kafka(LocalKafka(directory, CACHE)) as bootstrap:
            yield bootstrap


@contextmanager
def local_kafka(broker: LocalKafka) -> Iterator[str]:
    """A broker out of jars, for as long as this lasts."""
    try:
        bootstrap = asyncio.run(broker.start())
    except JavaMissing as missing:
        unavailable(str(missing))
        return
    try:
        yield bootstrap
    finally:
        asyncio.run(broker.stop())


def engine_answers() -> bool:
    """Whether a container engine answers a short ping."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=PING_SECONDS)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except DockerException:
        return False


@contextmanager
def container_kafka() -> Iterator[str]:
    """A broker in a container, for as long as this lasts."""
    from testcontainers.community.kafka import KafkaContainer

    with KafkaContainer(IMAGE).with_kraft().with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false") as container:
        yield container.get_bootstrap_server()
