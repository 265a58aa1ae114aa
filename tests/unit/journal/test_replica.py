"""What does a replica fold, notice and remember?"""

from typing import Any

import pytest
from tenure_codec.envelope import Attributes, write_headers
from tenure_eventlog import LogUnavailable, Message, OffsetOutOfRange, Partition, partition_of
from tenure_eventlog.memory import MemoryLog
from tenure_journal import Head, LogRewritten, NotReady, StreamParked

from tests.simulation.lockroom import KIND, SPEC, Acquire, Acquired, Note, Release, Released, Room, Seize
from tests.unit.journal.bench import ROOM, START, Bench, Proxy

PARTITION = Partition(SPEC.name, partition_of(ROOM.encode(), SPEC.partitions))


def record(value: bytes, **changes: Any) -> Message:
    attributes: dict[str, Any] = {
        "id": "by-hand",
        "source": "/tenure/registry",
        "type": "dev.tenure.registry.noted.v1",
        "subject": ROOM,
        "time": START,
        "recorded_time": START,
        "sequence": 1,
        "previous": "0" * 64,
        "dataschema": "urn:Noted",
        "command_id": "by-hand",
        "command_digest": "0" * 64,
        "correlation_id": "by-hand",
        "hops": 0,
        "auth_id": "nobody",
        "auth_type": "user",
    }
    return Message(SPEC.name, ROOM.encode(), value, write_headers(Attributes(**attributes | changes)))


async def test_a_start_that_failed_for_want_of_a_log_can_be_repeated(bench: Bench) -> None:
    writer = await bench.open()
    await writer.do(Note("a"), 1)
    proxy = Proxy(bench.log)
    proxy.reads = [LogUnavailable("not yet")] * 2
    with pytest.raises(LogUnavailable):
        await bench.open(log=proxy)
    reader = bench.opened[-1]
    proxy.reads = []
    await reader.replica.start()
    assert reader.replica.state(ROOM) == Room(notes=("a",))
    assert reader.replica.orphans[SPEC.name].counts == {}


async def test_a_replica_goes_on_after_its_connection_was_cut(bench: Bench) -> None:
    proxy = Proxy(bench.log)
    writer, reader = await bench.open(), await bench.open(log=proxy)
    await writer.do(Note("a"), 1)
    await reader.replica.catch_up()
    proxy.cut()
    await writer.do(Note("b"), 2)
    await reader.replica.catch_up()
    assert reader.replica.state(ROOM) == Room(notes=("a", "b"))
    assert (reader.replica.orphans[SPEC.name].counts, reader.replica.trouble) == ({}, None)


async def test_a_log_that_ends_before_what_was_read_is_an_alarm_for_good(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Note("a"), 1)
    bench.log.truncate(PARTITION, 1)
    with pytest.raises(OffsetOutOfRange):
        await journal.replica.catch_up()
    assert isinstance(journal.replica.alarm, OffsetOutOfRange)
    with pytest.raises(NotReady):
        await journal.do(Note("b"), 2)


async def test_a_log_made_anew_is_an_alarm(bench: Bench) -> None:
    proxy = Proxy(bench.log)
    journal = await bench.open(log=proxy)
    await journal.do(Note("a"), 1)
    proxy.target = MemoryLog(lambda: int(bench.now.timestamp() * 1_000))
    await proxy.target.create_topics([SPEC])
    await proxy.target.append([record(b'{"text": "other"}'), record(b'{"text": "longer"}')])
    proxy.cut()
    with pytest.raises(LogRewritten):
        await journal.replica.wait_for({PARTITION: 2})
    assert journal.replica.state(ROOM) == Room(notes=("a",))


async def test_past_states_are_not_read_from_a_log_that_was_edited(bench: Bench) -> None:
    proxy = Proxy(bench.log)
    journal = await bench.open(log=proxy)
    await journal.do(Note("a"), 1)
    proxy.target = MemoryLog(lambda: int(bench.now.timestamp() * 1_000))
    await proxy.target.create_topics([SPEC])
    await proxy.target.append([record(b'{"text": "other"}')])
    with pytest.raises(LogRewritten):
        await journal.replica.past(ROOM, 1, START)


async def test_a_lifecycle_topic_without_its_beginning_is_refused(bench: Bench) -> None:
    class Expired(Proxy):
        async def start_offsets(self, topics: Any) -> dict[Partition, int]:
            return dict.fromkeys(await super().start_offsets(topics), 5)

    with pytest.raises(OffsetOutOfRange):
        await bench.open(log=Expired(bench.log))


async def test_every_past_state_is_the_fold_of_its_events(bench: Bench) -> None:
    journal = await bench.open()
    commands = [Acquire("ada"), Note("a"), Release("ada"), Note("b")]
    states = [Room()]
    for number, command in enumerate(commands):
        bench.pass_seconds(1)
        await journal.do(command, number)
        states.append(journal.replica.state(ROOM))
    assert [await journal.replica.past(ROOM, count) for count in range(5)] == states
    stream = journal.replica.stream(ROOM)
    assert stream
    start_us = int(START.timestamp()) * 1_000_000
    assert [stream.sequence_at(start_us + second * 1_000_000) for second in range(6)] == [0, 1, 2, 3, 4, 4]
    assert [stream.sequence_before(offset) for offset in range(6)] == [0, 1, 2, 3, 4, 4]
    assert [meta.sequence for meta, _ in await journal.replica.events(ROOM, 2, 3)] == [2, 3]


async def test_the_recorded_instant_never_goes_back(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Note("a"), 1)
    bench.pass_seconds(-3)
    await journal.do(Note("b"), 2)
    head = journal.replica.streams(KIND)[ROOM].head
    assert head
    assert head.recorded_at == START


async def test_equal_logs_give_equal_digests_and_others_do_not(bench: Bench) -> None:
    one = await bench.open()
    await one.do(Note("a"), 1)
    two = await bench.open()
    assert one.replica.digest() == two.replica.digest()
    _, before = one.replica.digest()
    await one.do(Note("b"), 2)
    assert one.replica.digest()[1] != before


async def test_an_orphan_is_listed_beside_the_head_that_beat_it(bench: Bench) -> None:
    journal = await bench.open()
    await journal.do(Note("a"), 1)
    stream = journal.replica.stream(ROOM)
    assert stream
    await bench.log.append([record(b'{"text": "late"}')])
    await journal.replica.catch_up()
    orphans = journal.replica.orphans[SPEC.name]
    assert orphans.counts == {"late": 1}
    [orphan] = orphans.newest
    assert (orphan.stream, orphan.sequence, orphan.offset, orphan.head) == (ROOM, 1, 1, Head(1, stream.digest))


async def test_an_unknown_event_type_parks_its_stream_only_and_the_chain_goes_on(bench: Bench) -> None:
    new, old = await bench.open(), await bench.open(Acquired, Released)
    await new.do(Seize("ada"), 1)
    await new.do(Release("ada"), 2)
    await new.do(Acquire("bob"), 3, stream=f"{KIND}/two")
    await old.replica.catch_up()
    assert list(old.replica.parked()) == [ROOM]
    with pytest.raises(StreamParked):
        old.replica.state(ROOM)
    assert old.replica.state(f"{KIND}/two") == Room("bob")
    assert old.replica.streams(KIND)[ROOM].head_at == new.replica.streams(KIND)[ROOM].head_at


@pytest.mark.parametrize(
    "odd",
    [
        record(b"not what it says", type="dev.tenure.registry.record-voided.v1"),
        record(b"", dataschema="urn:nothing"),
        record(b"{}", type=""),
        Message(SPEC.name, ROOM.encode(), b"{}", tuple(h for h in record(b"").headers if h[0] != "ce_type")),
    ],
)
async def test_whatever_an_accepted_record_holds_it_parks_a_stream_and_stops_nothing(
    bench: Bench, odd: Message
) -> None:
    await bench.log.append([odd])
    journal = await bench.open()
    assert list(journal.replica.parked()) == [ROOM]
    assert journal.replica.alarm is None
    head = journal.replica.streams(KIND)[ROOM].head
    assert head
    assert head.event_id == "by-hand"


async def test_listeners_hear_which_streams_changed(bench: Bench) -> None:
    journal = await bench.open()
    heard: list[frozenset[str]] = []
    journal.replica.subscribe(heard.append)
    await journal.do(Note("a"), 1)
    assert heard == [frozenset({ROOM})]


async def test_waiting_for_an_offset_that_does_not_come_ends_in_time(bench: Bench) -> None:
    journal = await bench.open()
    with pytest.raises(TimeoutError):
        await journal.replica.wait_for({PARTITION: 1}, timeout_seconds=0)


async def test_who_waits_when_the_replica_stops_is_told(bench: Bench) -> None:
    journal = await bench.open()
    await journal.replica.stop()
    with pytest.raises(NotReady):
        await journal.replica.wait_for({PARTITION: 1})
