"""What every log promises, whichever holds it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from tenure_eventlog import (
    EventLog,
    Message,
    MessageTooLarge,
    OffsetOutOfRange,
    Partition,
    Record,
    TopicMismatch,
    TopicMissing,
    TopicSpec,
    partition_of,
)
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.open import open_log

MIB = 1_048_576


@pytest.fixture(params=["memory", "postgres", "kafka"])
def address(request: pytest.FixtureRequest) -> str:
    match request.param:
        case "postgres":
            return str(request.getfixturevalue("database"))
        case "kafka":
            return f"kafka://{request.getfixturevalue('kafka')}"
        case _:
            return "memory"


@pytest.fixture
async def log(address: str) -> AsyncIterator[EventLog]:
    if address == "memory":
        yield MemoryLog()
        return
    async with open_log(address) as opened:
        yield opened


@pytest.fixture
async def topic(log: EventLog) -> TopicSpec:
    spec = TopicSpec(name=f"test.{uuid.uuid4().hex}", partitions=3)
    await log.create_topics([spec])
    return spec


def message(topic: TopicSpec, value: bytes, partition: int = 0, key: bytes | None = b"k") -> Message:
    return Message(topic.name, key, value, (("h", b"1"),), partition)


async def read(log: EventLog, partition: Partition, count: int, start: int = 0) -> list[Record]:
    found: list[Record] = []
    async with asyncio.timeout(60), aclosing(log.read({partition: start})) as batches:
        async for batch in batches:
            found += batch.records
            assert batch.next_offset == batch.records[-1].offset + 1
            if len(found) >= count:
                break
    return found


async def test_what_was_acknowledged_is_read_back_in_order(log: EventLog, topic: TopicSpec) -> None:
    offsets = [(await log.append([message(topic, b"%d" % n)]))[0] for n in range(20)]
    records = await read(log, Partition(topic.name, 0), 20)
    assert offsets == list(range(20))
    assert [(r.offset, r.value) for r in records] == [(n, b"%d" % n) for n in range(20)]


async def test_a_record_is_what_was_appended_nulls_and_repeated_headers_included(
    log: EventLog, topic: TopicSpec
) -> None:
    headers = (("a", b"1"), ("a", b"2"), ("none", None), ("ü", b"\x00\xff"), ("empty", b""))
    await log.append([Message(topic.name, None, b"x", headers, 1), Message(topic.name, b"", None, (), 1)])
    first, second = await read(log, Partition(topic.name, 1), 2)
    assert (first.key, first.value, first.headers) == (None, b"x", headers)
    assert (second.key, second.value, second.headers) == (b"", None, ())


async def test_a_key_goes_where_javas_default_partitioner_sends_it(log: EventLog, topic: TopicSpec) -> None:
    keys = [f"key-{n}".encode() for n in range(12)]
    await log.append([Message(topic.name, key, key) for key in keys])
    for number in range(topic.partitions):
        mine = [key for key in keys if partition_of(key, topic.partitions) == number]
        records = await read(log, Partition(topic.name, number), len(mine)) if mine else []
        assert [record.key for record in records] == mine


async def test_the_append_time_is_the_logs_and_never_far_from_now(log: EventLog, topic: TopicSpec) -> None:
    await log.append([message(topic, b"x") for _ in range(3)])
    times = [record.append_time_ms for record in await read(log, Partition(topic.name, 0), 3)]
    assert times == sorted(times)
    assert min(times) > 1_700_000_000_000


async def test_eight_racing_writers_leave_no_hole_and_no_reader_skips_a_late_commit(
    log: EventLog, topic: TopicSpec
) -> None:
    writers, each = 8, 50
    reading = asyncio.create_task(read(log, Partition(topic.name, 0), writers * each))

    async def write(writer: int) -> list[int]:
        return [(await log.append([message(topic, b"%d.%d" % (writer, n))]))[0] for n in range(each)]

    offsets = await asyncio.gather(*(write(writer) for writer in range(writers)))
    records = await reading
    assert [record.offset for record in records] == list(range(writers * each))
    said = {offset: b"%d.%d" % (w, n) for w, mine in enumerate(offsets) for n, offset in enumerate(mine)}
    assert {record.offset: record.value for record in records} == said


async def test_a_reader_waits_at_the_end_and_goes_on(log: EventLog, topic: TopicSpec) -> None:
    reading = asyncio.create_task(read(log, Partition(topic.name, 2), 2))
    await log.append([message(topic, b"one", 2)])
    await log.append([message(topic, b"two", 2)])
    assert [record.value for record in await reading] == [b"one", b"two"]


async def test_start_and_end_offsets_tell_what_is_there(log: EventLog, topic: TopicSpec) -> None:
    await log.append([message(topic, b"x", 1) for _ in range(5)])
    assert await log.start_offsets([topic.name]) == {Partition(topic.name, n): 0 for n in range(3)}
    assert await log.end_offsets([topic.name]) == {
        Partition(topic.name, 0): 0,
        Partition(topic.name, 1): 5,
        Partition(topic.name, 2): 0,
    }


async def test_a_mebibyte_fits(log: EventLog, topic: TopicSpec) -> None:
    await log.append([message(topic, b"x" * MIB)])
    [record] = await read(log, Partition(topic.name, 0), 1)
    assert record.value == b"x" * MIB


async def test_what_is_over_the_topics_limit_is_refused_and_not_there(log: EventLog, topic: TopicSpec) -> None:
    with pytest.raises(MessageTooLarge):
        await log.append([message(topic, b"x" * (5 * MIB))])
    assert (await log.end_offsets([topic.name]))[Partition(topic.name, 0)] == 0


async def test_a_hundred_thousand_records_in_one_call(log: EventLog, topic: TopicSpec) -> None:
    offsets = await log.append([message(topic, b"%d" % n) for n in range(100_000)])
    assert offsets == list(range(100_000))
    records = await read(log, Partition(topic.name, 0), 100_000)
    assert [record.offset for record in records] == offsets


async def test_a_cancelled_call_loses_nothing_that_was_acknowledged(log: EventLog, topic: TopicSpec) -> None:
    acknowledged = []
    for n in range(30):
        call = asyncio.create_task(log.append([message(topic, b"%d" % n)]))
        for _ in range(n % 6):
            await asyncio.sleep(0)
        call.cancel()
        if isinstance(await asyncio.gather(call, return_exceptions=True), list) and not call.cancelled():
            acknowledged.append(b"%d" % n)
    [last] = await log.append([message(topic, b"last")])
    values = [record.value for record in await read(log, Partition(topic.name, 0), last + 1)]
    assert set(acknowledged) <= set(values)
    assert len(values) == len(set(values))


async def test_an_unknown_topic_is_named(log: EventLog) -> None:
    with pytest.raises(TopicMissing):
        await log.end_offsets(["no.such.topic"])


async def test_creating_again_changes_nothing_and_other_settings_are_refused(log: EventLog, topic: TopicSpec) -> None:
    await log.create_topics([topic])
    assert await log.differences([topic]) == []
    other = TopicSpec(name=topic.name, partitions=topic.partitions + 1)
    assert len(await log.differences([other])) == 1
    with pytest.raises(TopicMismatch):
        await log.create_topics([other])


async def test_a_reader_past_the_end_is_told_that_the_log_was_cut(log: EventLog, topic: TopicSpec) -> None:
    await log.append([message(topic, b"x")])
    with pytest.raises(OffsetOutOfRange):
        await read(log, Partition(topic.name, 0), 1, start=7)
