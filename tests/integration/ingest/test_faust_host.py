"""What does Faust, as a host, keep of what the loop promises?"""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from tenure_eventlog.kafka import KafkaSettings
from tenure_eventlog.open import open_log
from tenure_eventlog.port import EventLog, LogUnavailable, Message, Partition, Record
from tenure_eventlog.topics import DAY_MS, TopicSpec
from tenure_ingest import Which, discard
from tenure_ingest.faust_app import _Thread
from tenure_ingest.faust_host import FaustHost
from tenure_ingest.sink import Sink
from tenure_ingest.stops import DatabaseAway

from tests.integration.ingest.sentences import full

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

Letters = Callable[..., Any]


@pytest.fixture
async def log(ingest_kafka: str) -> AsyncIterator[EventLog]:
    async with open_log(ingest_kafka) as log:
        yield log


@pytest.fixture
async def topic(log: EventLog) -> str:
    return await made(log)


async def made(log: EventLog) -> str:
    name = f"mail.{uuid.uuid4().hex}"
    await log.create_topics([TopicSpec(name=name, partitions=2, retention_ms=DAY_MS)])
    return name


async def send(log: EventLog, topic: str, number: int, *values: str) -> None:
    await log.append([Message(topic, None, value.encode(), (("h", b"1"),), number) for value in values])


async def written(reading: asyncpg.Connection) -> list[str]:
    return [row["value"] for row in await reading.fetch("select value from letter order by value")]


@asynccontextmanager
async def running(address: str, log: EventLog, dsn: str, processor: Any) -> AsyncIterator[FaustHost[Any]]:
    processor.name = f"letters-{next(iter(sorted(processor.wanted)))}"
    host = FaustHost(log, KafkaSettings.of(address), dsn, processor, worker="one", max_records=3)
    await host.start()
    try:
        async with asyncio.timeout(60):
            yield host
    finally:
        await host.stop()


async def says(host: FaustHost[Any], sentences: Sequence[str]) -> None:
    async with asyncio.timeout(30):
        while host.health() != tuple(sentences):
            await asyncio.sleep(0.02)


async def test_every_record_takes_effect_once_and_a_topic_wanted_later_is_followed(
    ingest_kafka: str, log: EventLog, topic: str, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    later = await made(log)
    await send(log, topic, 0, *(f"a{n}" for n in range(7)))
    await send(log, later, 1, "z")
    processor = letters(topic)
    async with running(ingest_kafka, log, ingest_database, processor) as host:
        await host.passed({Partition(topic, 0): 7})
        processor.wanted = {topic, later}
        await host.passed({Partition(later, 1): 1})
        await send(log, topic, 1, "b")
        await host.passed({Partition(topic, 1): 1})
        assert await host.positions() == {
            Partition(topic, 0): 7,
            Partition(topic, 1): 1,
            Partition(later, 0): 0,
            Partition(later, 1): 1,
        }
        assert host.health() == ()
    assert await written(reading) == [*(f"a{n}" for n in range(7)), "b", "z"]


async def test_records_gone_unread_stop_their_partition_by_name_and_no_other(
    ingest_kafka: str, log: EventLog, topic: str, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, topic, 0, "a", "b", "c")
    await send(log, topic, 1, "x")
    processor = letters(topic)
    async with running(ingest_kafka, log, ingest_database, processor) as host:
        await host.passed(await log.end_offsets([topic]))
    await send(log, topic, 0, "d", "e", "f")
    await send(log, topic, 1, "y")
    await expire(ingest_kafka, topic, before=5)
    async with running(ingest_kafka, log, ingest_database, processor) as host:
        await host.passed({Partition(topic, 1): 2})
        await says(host, [f"{topic}/0: offset 3 is next, but the log starts at 5: records are gone unread."])
    assert await written(reading) == ["a", "b", "c", "x", "y"]


async def expire(address: str, topic: str, before: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=KafkaSettings.of(address).bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=before)})
    await admin.close()


async def test_a_log_that_ends_too_early_stops_its_partition_by_name(
    ingest_kafka: str, log: EventLog, topic: str, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, topic, 0, "a")
    await send(log, topic, 1, "x")
    processor = letters(topic)
    processor.name = f"letters-{topic}"
    sink = Sink(ingest_database, processor)
    await sink.begin({Partition(topic, 0): 9})
    await sink.close()
    async with running(ingest_kafka, log, ingest_database, processor) as host:
        await host.passed({Partition(topic, 1): 1})
        await says(host, [f"{topic}/0: offset 9 is next, but the log ends at 1: it was cut or made anew."])
    assert await written(reading) == ["x"]


async def test_a_rival_who_moves_the_offset_makes_the_host_read_on_from_there(
    ingest_kafka: str, log: EventLog, topic: str, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, topic, 0, "a")
    async with running(ingest_kafka, log, ingest_database, letters(topic)) as host:
        await host.passed({Partition(topic, 0): 1})
        await reading.execute("update ingest.position set next_offset = 3 where topic = $1 and partition = 0", topic)
        await send(log, topic, 0, "b", "c", "d")
        await host.passed({Partition(topic, 0): 4})
    assert await written(reading) == ["a", "d"]


async def test_too_many_unreadable_records_stop_their_partition_and_no_other(
    ingest_kafka: str, log: EventLog, topic: str, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, topic, 0, "bad", "bad", "bad", "a")
    async with running(ingest_kafka, log, ingest_database, letters(topic, limit=2)) as host:
        await says(host, [full(f"{topic}/0")])
        await send(log, topic, 1, "x")
        await host.passed({Partition(topic, 1): 1})
        assert await written(reading) == ["x"]
        await discard(reading, f"letters-{topic}", Which(offset=0), by=("ada", "a test of the producer"))
        await host.passed({Partition(topic, 0): 4})
        await says(host, [])
    assert await written(reading) == ["a", "x"]


async def test_a_transactions_markers_are_passed_in_the_middle_of_a_fetch_and_at_the_end_of_the_log(
    ingest_kafka: str, log: EventLog, topic: str, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    """Offsets 1 and 2 are an aborted record and its marker, 4 is the marker after "b"."""
    bootstrap = KafkaSettings.of(ingest_kafka).bootstrap
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=topic) as producer:
        await send(log, topic, 0, "a")
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"aborted", partition=0)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(topic, b"b", partition=0)
    async with running(ingest_kafka, log, ingest_database, letters(topic)) as host:
        await host.passed(await log.end_offsets([topic]))
        assert (await host.positions())[Partition(topic, 0)] == 5
    assert await written(reading) == ["a", "b"]


async def test_the_next_fetch_is_processed_while_one_is_written(
    ingest_kafka: str, log: EventLog, topic: str, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    class Ahead(letters):  # type: ignore[misc, valid-type]  # the fixture's class is known only when tests run
        processed, second = 0, asyncio.Event()

        def process(self, records: Sequence[Record]) -> Any:
            self.processed += 1
            if self.processed == 2:
                self.second.set()
            return super().process(records)

        async def apply(self, connection: asyncpg.Connection, effects: Any) -> None:
            _, never = await asyncio.wait([asyncio.ensure_future(self.second.wait())], timeout=3)
            assert not never, "the next fetch waits for this one"
            await super().apply(connection, effects)

    await send(log, topic, 0, "a", "b", "c", "d")
    async with running(ingest_kafka, log, ingest_database, Ahead(topic)) as host:
        await host.passed({Partition(topic, 0): 4})
    assert await written(reading) == ["a", "b", "c", "d"]


async def test_a_lost_database_session_is_waited_out_and_a_bug_is_not(
    ingest_kafka: str, log: EventLog, topic: str, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    class Severed(letters):  # type: ignore[misc, valid-type]  # the fixture's class is known only when tests run
        severed = False

        async def apply(self, connection: asyncpg.Connection, effects: Any) -> None:
            await super().apply(connection, effects)
            if "bug" in effects[0]:
                raise ZeroDivisionError("a bug")
            if not self.severed:
                self.severed = True
                await reading.execute("select pg_terminate_backend($1)", connection.get_server_pid())

    await send(log, topic, 0, "a")
    async with running(ingest_kafka, log, ingest_database, Severed(topic)) as host:
        await host.passed({Partition(topic, 0): 1})
        await send(log, topic, 0, "bug")
        with pytest.raises(ZeroDivisionError):
            await host.join()
        assert host.health() == (f"processor letters-{topic} crashed: ZeroDivisionError('a bug')",)
    assert await written(reading) == ["a"]


async def test_trouble_is_over_when_it_is_a_member_again_though_nothing_new_came(
    ingest_kafka: str, log: EventLog, topic: str, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    async with running(ingest_kafka, log, ingest_database, letters(topic)) as host:
        await host.passed(await log.end_offsets([topic]))
        host._failure = DatabaseAway("it was away")
        async with asyncio.timeout(30):
            while "DatabaseAway: it was away" not in host.health():
                await asyncio.sleep(0.01)
        await says(host, [])


async def test_a_stopped_host_leaves_no_thread_behind(
    ingest_kafka: str, log: EventLog, topic: str, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    before = set(threading.enumerate())
    await send(log, topic, 0, "a")
    async with running(ingest_kafka, log, ingest_database, letters(topic)) as host:
        await host.passed({Partition(topic, 0): 1})
    assert [thread.name for thread in set(threading.enumerate()) - before if "asyncio" not in thread.name] == []


async def test_a_thread_of_fausts_that_has_ended_is_trouble_and_no_bug() -> None:
    """It ends when the brokers are away for long; the host makes a new one then."""
    ended = asyncio.new_event_loop()
    ended.close()
    thread = _Thread.__new__(_Thread)
    thread.thread_loop = ended
    with pytest.raises(LogUnavailable, match="thread has ended"):
        await thread.demand_well()
