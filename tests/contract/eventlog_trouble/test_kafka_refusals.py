"""What a broker refuses for good is told as such, and is not on the log."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from tenure_eventlog import (
    LogUnavailable,
    Message,
    MessageTooLarge,
    OutcomeUnknown,
    Partition,
    TopicMismatch,
    TopicMissing,
    TopicSpec,
)
from tenure_eventlog.kafka import KafkaLog, KafkaSettings

from tests.contract.eventlog_trouble.reading import PATIENCE_SECONDS, first_records, read_until_it_fails
from tests.contract.eventlog_trouble.sites import KafkaSite

pytestmark = pytest.mark.kafka
MISSING = Partition("tenure.not-there", 0)
BEFORE_THE_CLIENT_GIVES_UP_SECONDS = 3
OVER_THE_TOPIC_NOT_OVER_THE_CLIENT = bytes(3 * 1_048_576)


@pytest.fixture
async def log(kafka_site: KafkaSite) -> AsyncIterator[KafkaLog]:
    opened = await KafkaLog.open(KafkaSettings.of(kafka_site.address))
    yield opened
    await opened.close()


@pytest.fixture
async def topic(log: KafkaLog) -> TopicSpec:
    spec = TopicSpec(name=f"tenure.{uuid4().hex}", partitions=1)
    await log.create_topics([spec])
    return spec


async def test_what_only_the_broker_finds_too_large_is_refused_and_not_there(log: KafkaLog, topic: TopicSpec) -> None:
    with pytest.raises(MessageTooLarge):
        await log.append([Message(topic.name, b"k", OVER_THE_TOPIC_NOT_OVER_THE_CLIENT)])
    assert await log.end_offsets([topic.name]) == {Partition(topic.name, 0): 0}
    assert await log.append([Message(topic.name, b"k", b"the next")]) == [0]


async def test_a_call_that_was_refused_in_part_does_not_say_that_nothing_was_appended(
    log: KafkaLog, topic: TopicSpec
) -> None:
    with pytest.raises(OutcomeUnknown):
        await log.append(
            [Message(topic.name, b"k", b"small"), Message(topic.name, b"k", OVER_THE_TOPIC_NOT_OVER_THE_CLIENT)]
        )
    assert await log.end_offsets([topic.name]) == {Partition(topic.name, 0): 1}


@pytest.mark.parametrize(
    "ask",
    [
        lambda log: log.append([Message(MISSING.topic, b"k", b"x")]),
        lambda log: log.append([Message(MISSING.topic, b"k", b"x", (), MISSING.number)]),
        lambda log: log.start_offsets([MISSING.topic]),
        lambda log: log.end_offsets([MISSING.topic]),
        lambda log: read_until_it_fails(log, MISSING, 0),
    ],
    ids=["append by key", "append to a partition", "start offsets", "end offsets", "read"],
)
async def test_a_missing_topic_is_told_before_the_client_would_give_up(
    log: KafkaLog, ask: Callable[[KafkaLog], Awaitable[object]]
) -> None:
    async with asyncio.timeout(BEFORE_THE_CLIENT_GIVES_UP_SECONDS):
        with pytest.raises(TopicMissing):
            await ask(log)


async def test_transaction_markers_are_no_lost_records(kafka_site: KafkaSite, log: KafkaLog, topic: TopicSpec) -> None:
    """As a source's connector writes them: each transaction takes one offset more than it has records."""
    producer = AIOKafkaProducer(
        bootstrap_servers=KafkaSettings.of(kafka_site.address).bootstrap, transactional_id=topic.name
    )
    await producer.start()
    for number in range(3):
        async with producer.transaction():
            await producer.send_and_wait(topic.name, b"%d" % number, partition=0)
            await producer.send_and_wait(topic.name, b"%d" % number, partition=0)
    await producer.stop()
    partition, found = Partition(topic.name, 0), []
    end = (await log.end_offsets([topic.name]))[partition]
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(log.read({partition: 0})) as batches:
        async for batch in batches:
            found += [record.offset for record in batch.records]
            if batch.next_offset == end:
                break
    assert (found, end) == ([0, 1, 3, 4, 6, 7], 9)


async def test_a_topic_that_the_broker_refuses_to_make_is_told_with_its_reason(
    kafka_site: KafkaSite, log: KafkaLog, topic: TopicSpec
) -> None:
    three = await KafkaLog.open(replace(KafkaSettings.of(kafka_site.address), replication=3))
    try:
        with pytest.raises(TopicMismatch, match="InvalidReplicationFactor"):
            await three.create_topics([replace(topic, name=f"{topic.name}.more")])
    finally:
        await three.close()


async def test_a_read_that_is_still_opening_ends_when_the_log_is_closed(
    kafka_site: KafkaSite, log: KafkaLog, topic: TopicSpec
) -> None:
    with kafka_site.paused():
        reading = asyncio.create_task(first_records(log, Partition(topic.name, 0), 1))
        await asyncio.sleep(0)
        closing = asyncio.create_task(log.close())
        async with asyncio.timeout(BEFORE_THE_CLIENT_GIVES_UP_SECONDS):
            with pytest.raises(LogUnavailable):
                await reading
    await closing
