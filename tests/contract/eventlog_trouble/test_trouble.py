"""What every log does when something is wrong: it says so, or it goes on, and never as if nothing had happened."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from tenure_eventlog import (
    EventLog,
    LogUnavailable,
    Message,
    OffsetOutOfRange,
    OutcomeUnknown,
    Partition,
    TopicMismatch,
    TopicMissing,
    TopicSpec,
)

from tests.contract.eventlog_trouble.reading import PATIENCE_SECONDS, first_records, read_until_it_fails
from tests.contract.eventlog_trouble.sites import Site

Opener = Callable[[], Awaitable[EventLog]]
ROUNDS = 5


def some(topic: TopicSpec, count: int = 1) -> list[Message]:
    return [Message(topic.name, b"k", b"%d" % n, (), 0) for n in range(count)]


async def test_what_was_acknowledged_survives_a_crash(site: Site, connect: Opener, topic: TopicSpec) -> None:
    await (await connect()).append(some(topic, 20))
    await site.crash()
    records = await first_records(await connect(), Partition(topic.name, 0), 20)
    assert [r.value for r in records] == [b"%d" % n for n in range(20)]


async def test_the_same_client_goes_on_after_a_crash_in_the_middle(site: Site, log: EventLog, topic: TopicSpec) -> None:
    """Appends in flight fail or are unknown; what was acknowledged is where it was said to be."""
    acknowledged: dict[int, bytes] = {}
    crashed = asyncio.Event()

    async def write(number: int) -> None:
        after = 0
        while after < 5:
            value = uuid4().bytes
            try:
                [offset] = await log.append([Message(topic.name, b"k", value, (), 0)])
            except (OutcomeUnknown, LogUnavailable):
                await asyncio.sleep(0.05)
                continue
            acknowledged[offset] = value
            after += crashed.is_set()
            await asyncio.sleep(0)  # a log in memory never waits

    async with asyncio.timeout(PATIENCE_SECONDS):
        writers = [asyncio.create_task(write(n)) for n in range(4)]
        while len(acknowledged) < 20:
            await asyncio.sleep(0)
        await site.crash()
        crashed.set()
        await asyncio.gather(*writers)
    end = (await log.end_offsets([topic.name]))[Partition(topic.name, 0)]
    found = {r.offset: r.value for r in await first_records(log, Partition(topic.name, 0), end)}
    assert {offset: found[offset] for offset in acknowledged} == acknowledged


async def test_a_reader_goes_on_after_a_crash(site: Site, log: EventLog, topic: TopicSpec) -> None:
    """It may be told that the log is away; a new read from where it was meets every record."""
    partition = Partition(topic.name, 0)
    await log.append(some(topic, 10))
    reading = asyncio.create_task(first_records(log, partition, 12))
    await asyncio.sleep(0)
    await site.crash()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await log.append(some(topic, 2))
                break
            except (OutcomeUnknown, LogUnavailable):
                await asyncio.sleep(0.05)
        try:
            records = await reading
        except LogUnavailable:
            records = await first_records(log, partition, 12)
    assert [r.offset for r in records] == list(range(12))


async def test_a_stopped_client_holds_nobody_up(site: Site, log: EventLog, topic: TopicSpec) -> None:
    """A client that is paused anywhere, also in the middle of an append, keeps no lock: others append and read."""
    if site.address is None:
        pytest.skip("a log in memory has no other processes")
    script = Path(__file__).with_name("writer.py")
    with subprocess.Popen([sys.executable, script, site.address, topic.name]) as other:
        try:
            for _ in range(ROUNDS):
                before = await _end(log, topic)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while await _end(log, topic) < before + 400:
                        await asyncio.sleep(0)
                other.send_signal(signal.SIGSTOP)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    [offset] = await log.append([Message(topic.name, b"k", b"mine", (), 0)])
                    [record] = await first_records(log, Partition(topic.name, 0), 1, offset)
                assert record.value == b"mine"
                other.send_signal(signal.SIGCONT)
        finally:
            other.kill()


async def _end(log: EventLog, topic: TopicSpec) -> int:
    return (await log.end_offsets([topic.name]))[Partition(topic.name, 0)]


async def test_a_reader_notices_that_the_end_was_cut_off(site: Site, log: EventLog, topic: TopicSpec) -> None:
    await log.append(some(topic, 10))
    reading = asyncio.create_task(read_until_it_fails(log, Partition(topic.name, 0), 10))
    await log.append([Message(topic.name, b"k", b"wakes the reader", (), 1)])
    await site.truncate(log, topic, keep=4)
    with pytest.raises(OffsetOutOfRange):
        await reading


async def test_a_read_from_past_the_end_is_refused(log: EventLog, topic: TopicSpec) -> None:
    await log.append(some(topic, 3))
    with pytest.raises(OffsetOutOfRange):
        await read_until_it_fails(log, Partition(topic.name, 0), 4)


async def test_a_reader_notices_that_the_topic_was_made_anew(site: Site, log: EventLog, topic: TopicSpec) -> None:
    await log.append(some(topic, 10))
    reading = asyncio.create_task(read_until_it_fails(log, Partition(topic.name, 0), 10))
    await log.append([Message(topic.name, b"k", b"wakes the reader", (), 1)])
    await site.recreate(log, topic)
    with pytest.raises((OffsetOutOfRange, TopicMissing)):
        await reading


async def test_a_topic_made_anew_takes_appends(site: Site, log: EventLog, topic: TopicSpec) -> None:
    """A client that knew the old topic may be refused at first, and then writes to the new one."""
    await log.append(some(topic, 10))
    await site.recreate(log, topic)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                assert (await log.append(some(topic)))[0] < 10
                return
            except (TopicMissing, OutcomeUnknown, LogUnavailable):
                await asyncio.sleep(0.05)


async def test_retention_moves_the_start_and_says_so(site: Site, log: EventLog) -> None:
    """Who asks for what has expired is told, instead of being given what comes next."""
    topic = TopicSpec(name=f"tenure.{uuid4().hex}", partitions=1, retention_ms=86_400_000)
    partition = Partition(topic.name, 0)
    await log.create_topics([topic])
    await log.append(some(topic, 10))
    await site.expire(log, topic, before=6)
    assert await log.start_offsets([topic.name]) == {partition: 6}
    assert [r.offset for r in await first_records(log, partition, 4, 6)] == [6, 7, 8, 9]
    with pytest.raises(OffsetOutOfRange):
        await read_until_it_fails(log, partition, 5)


async def test_a_topic_that_is_not_there_is_named(log: EventLog, topic: TopicSpec) -> None:
    missing = TopicSpec(name="tenure.not-there", partitions=1)
    with pytest.raises(TopicMissing):
        await log.append(some(missing))
    with pytest.raises(TopicMissing):
        await log.end_offsets([topic.name, missing.name])
    with pytest.raises(TopicMissing):
        await read_until_it_fails(log, Partition(missing.name, 0), 0)
    assert await log.differences([topic, missing]) == ["tenure.not-there does not exist"]


async def test_making_a_topic_twice_changes_nothing(connect: Opener, log: EventLog, topic: TopicSpec) -> None:
    await log.append(some(topic))
    other = await connect()
    await asyncio.gather(log.create_topics([topic]), other.create_topics([topic]))
    assert await log.differences([topic]) == []
    assert await log.end_offsets([topic.name]) == {Partition(topic.name, n): int(n == 0) for n in range(4)}


async def test_two_clients_may_make_a_topic_at_once(connect: Opener, log: EventLog) -> None:
    topic = TopicSpec(name=f"tenure.{uuid4().hex}", partitions=2)
    other = await connect()
    await asyncio.gather(log.create_topics([topic]), other.create_topics([topic]))
    assert await log.differences([topic]) == []


@pytest.mark.parametrize("change", [{"partitions": 5}, {"cleanup": "compact"}, {"retention_ms": 1_000}])
async def test_other_settings_than_declared_are_named(
    log: EventLog, topic: TopicSpec, change: dict[str, object]
) -> None:
    declared = replace(topic, **change)  # type: ignore[arg-type]  # each is a field with its type
    [line] = await log.differences([declared])
    assert line.startswith(topic.name)
    with pytest.raises(TopicMismatch):
        await log.create_topics([declared])
