"""On a broker with TLS, passwords and access lists, each principal does what is its own and is told what is not."""

import asyncio

import pytest
from tenure_eventlog import (
    Message,
    NotPermitted,
    Partition,
)
from tenure_eventlog.kafka import KafkaLog
from tenure_eventlog.topics import PREDICTIONS, REGISTRY_EVENTS, ROLLOUT_EVENTS, WINDOWS, TopicSpec

from tests.contract.eventlog_trouble.reading import first_records, read_until_it_fails
from tests.integration.kafka.conftest import Opener, Topics
from tests.integration.kafka.secured import ADMIN, SecuredBroker

pytestmark = pytest.mark.kafka


def some(topic: TopicSpec) -> list[Message]:
    return [Message(topic.name, b"k", b"mine", (), 0)]


async def end(log: KafkaLog, topic: TopicSpec) -> int:
    return (await log.end_offsets([topic.name]))[Partition(topic.name, 0)]


async def test_a_service_appends_to_its_own_topic_and_reads_it(secured: SecuredBroker, connect: Opener) -> None:
    registry = await connect(secured.with_password("tenure-registry"))
    [offset] = await registry.append(some(REGISTRY_EVENTS))
    [record] = await first_records(registry, Partition(REGISTRY_EVENTS.name, 0), 1, offset)
    assert record.value == b"mine"
    assert await registry.differences([REGISTRY_EVENTS]) == []


async def test_a_service_reads_the_topics_that_it_leans_on(secured: SecuredBroker, connect: Opener) -> None:
    registry = await connect(secured.with_password("tenure-registry"))
    rollout = await connect(secured.with_password("tenure-rollout"))
    [offset] = await registry.append(some(REGISTRY_EVENTS))
    [record] = await first_records(rollout, Partition(REGISTRY_EVENTS.name, 0), 1, offset)
    assert record.value == b"mine"


@pytest.mark.parametrize(
    ("user", "topic"),
    [("tenure-registry", ROLLOUT_EVENTS), ("tenure-rollout", REGISTRY_EVENTS), ("stranger", PREDICTIONS)],
)
async def test_nobody_appends_to_anothers_topic(
    secured: SecuredBroker, connect: Opener, user: str, topic: TopicSpec
) -> None:
    admin = await connect(secured.with_password(ADMIN))
    before = await end(admin, topic)
    intruder = await connect(secured.with_password(user))
    with pytest.raises(NotPermitted, match=f"may not (see|write) {topic.name}: `tenure topics apply` grants"):
        await intruder.append(some(topic))
    assert await end(admin, topic) == before


async def test_nobody_reads_what_is_not_granted(secured: SecuredBroker, connect: Opener) -> None:
    registry = await connect(secured.with_password("tenure-registry"))
    with pytest.raises(NotPermitted, match="may not see"):
        await read_until_it_fails(registry, Partition(WINDOWS.name, 0), 0)


async def test_a_producer_writes_telemetry_and_is_told_that_it_may_not_read_it(
    secured: SecuredBroker, connect: Opener
) -> None:
    """It may see the topic, so that only the fetch itself is refused."""
    producer = await connect(secured.with_password("tenure-producer"))
    await producer.append(some(PREDICTIONS))
    with pytest.raises(NotPermitted, match=f"may not read {PREDICTIONS.name}"):
        await read_until_it_fails(producer, Partition(PREDICTIONS.name, 0), 0)


async def test_a_right_that_is_granted_later_needs_no_restart(
    secured: SecuredBroker, connect: Opener, topics: Topics
) -> None:
    registry = await connect(secured.with_password("tenure-registry"))
    [offset] = await registry.append(some(REGISTRY_EVENTS))
    newcomer = await connect(secured.with_password("newcomer"))
    with pytest.raises(NotPermitted):
        await newcomer.end_offsets([REGISTRY_EVENTS.name])
    applied = await asyncio.to_thread(topics, "apply", "--principals", "auditor=User:newcomer")
    assert applied.exit_code == 0
    assert await first_records(newcomer, Partition(REGISTRY_EVENTS.name, 0), 1, offset)
