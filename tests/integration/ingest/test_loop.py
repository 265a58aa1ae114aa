"""What does the loop promise of a processor's effects, whatever happens to it?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import asyncpg
import pytest
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.port import Message, Partition, Record
from tenure_eventlog.topics import TopicSpec
from tenure_ingest import Conflict, Done, PostgresLoop, Which, discard, host_for, quarantine_counts, replay
from tenure_ingest.sink import Sink, Span

from tests.integration.ingest.sentences import full

pytestmark = pytest.mark.postgres

FIRST, SECOND = Partition("mail", 0), Partition("mail", 1)
Letters = Callable[..., Any]


class ExpiringLog(MemoryLog):
    """Loses its oldest records, as retention does."""

    def expire(self, partition: Partition, records: int) -> None:
        del self._records[partition][:records]


@pytest.fixture
async def log() -> ExpiringLog:
    log = ExpiringLog()
    await log.create_topics([TopicSpec(name="mail", partitions=2)])
    return log


@asynccontextmanager
async def running(log: MemoryLog, dsn: str, processor: Any) -> AsyncIterator[PostgresLoop[Any]]:
    loop = PostgresLoop(log, dsn, processor, max_records=3)
    await loop.start()
    try:
        yield loop
    finally:
        await loop.stop()


async def send(log: MemoryLog, *values: str, partition: Partition = FIRST) -> None:
    await log.append([Message(partition.topic, None, v.encode(), (), partition.number) for v in values])


async def written(reading: asyncpg.Connection) -> list[str]:
    return [row["value"] for row in await reading.fetch("select value from letter order by value")]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():
            await asyncio.sleep(0.01)


async def says(loop: PostgresLoop[Any], *sentences: str) -> None:
    """Waits until the health is exactly these sentences."""

    async def said() -> bool:
        return loop.health() == sentences

    await until(said)


async def test_every_record_takes_effect_once_and_the_position_follows(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, "a", "b", "c", "d")
    await send(log, "e", partition=SECOND)
    async with running(log, ingest_database, letters("mail")) as loop:
        await loop.passed({FIRST: 4, SECOND: 1})
        await send(log, "f", partition=SECOND)
        await loop.passed({SECOND: 2})
        assert await loop.positions() == {FIRST: 4, SECOND: 2}
    assert await written(reading) == ["a", "b", "c", "d", "e", "f"]


async def test_a_second_run_goes_on_where_the_first_stopped(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    for values in (["a", "b"], ["c", "d"]):
        await send(log, *values)
        async with running(log, ingest_database, letters("mail")) as loop:
            await loop.passed(await log.end_offsets(["mail"]))
    assert await written(reading) == ["a", "b", "c", "d"]


async def test_a_connection_lost_between_effects_and_commit_leaves_each_effect_once(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    class Severed(letters):  # type: ignore[misc, valid-type]  # the fixture's class is known only when tests run
        severed = 0

        async def apply(self, connection: asyncpg.Connection, effects: Any) -> None:
            await super().apply(connection, effects)
            if self.severed < 3:
                self.severed += 1
                await reading.execute("select pg_terminate_backend($1)", connection.get_server_pid())

    await send(log, "a", "b", "c", "d")
    processor = Severed("mail")
    async with running(log, ingest_database, processor) as loop:
        await loop.passed({FIRST: 4})
    assert (processor.severed, await written(reading)) == (3, ["a", "b", "c", "d"])


async def test_the_next_batch_is_processed_while_one_is_written(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
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
            assert not never, "the next batch waits for this one"
            await super().apply(connection, effects)

    await send(log, "a", "b", "c", "d")
    async with asyncio.timeout(30), running(log, ingest_database, Ahead("mail")) as loop:
        await loop.passed({FIRST: 4})
    assert await written(reading) == ["a", "b", "c", "d"]


async def test_what_was_processed_ahead_of_a_batch_that_failed_is_not_written_before_it(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    class Cancelled(letters):  # type: ignore[misc, valid-type]  # the fixture's class is known only when tests run
        tried: ClassVar[list[list[str]]] = []

        async def apply(self, connection: asyncpg.Connection, effects: Any) -> None:
            self.tried.append(effects[0])
            await super().apply(connection, effects)
            if len(self.tried) == 1:
                raise asyncpg.QueryCanceledError("cancelled")

    await send(log, "a", "b", "c", "d")
    async with running(log, ingest_database, Cancelled("mail")) as loop:
        await loop.passed({FIRST: 4})
    assert Cancelled.tried == [["a", "b", "c"], ["a", "b", "c"], ["d"]]
    assert await written(reading) == ["a", "b", "c", "d"]


async def test_a_stop_waits_for_the_batch_that_is_being_written(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    class Slow(letters):  # type: ignore[misc, valid-type]  # the fixture's class is known only when tests run
        begun, goes_on = asyncio.Event(), asyncio.Event()

        async def apply(self, connection: asyncpg.Connection, effects: Any) -> None:
            self.begun.set()
            await self.goes_on.wait()
            await super().apply(connection, effects)

    await send(log, "a")
    processor = Slow("mail")
    async with asyncio.timeout(30), running(log, ingest_database, processor) as loop:
        await processor.begun.wait()
        stopping = asyncio.create_task(loop.stop())
        await asyncio.sleep(0)
        processor.goes_on.set()
        await stopping
    assert await written(reading) == ["a"]


async def test_a_batch_delivered_twice_is_refused_the_second_time(
    ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    sink = Sink(ingest_database, letters("mail"))
    await sink.begin({FIRST: 0})
    batch = [Record("mail", 0, 0, 0, None, b"a", ())]
    await sink.apply({FIRST: Span(0, 1)}, batch)
    with pytest.raises(Conflict):
        await sink.apply({FIRST: Span(0, 1)}, batch)
    await sink.close()
    assert await written(reading) == ["a"]


async def test_two_loops_that_fight_over_a_partition_write_each_record_once(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    values = [f"{n:03}" for n in range(200)]
    async with (
        running(log, ingest_database, letters("mail")) as one,
        running(log, ingest_database, letters("mail")) as other,
    ):
        for value in values:
            await send(log, value)
        await asyncio.gather(one.passed({FIRST: 200}), other.passed({FIRST: 200}))
    assert await written(reading) == values


async def test_records_gone_unread_stop_their_partition_by_name_and_no_other(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, "a", "b", "c")
    async with running(log, ingest_database, letters("mail")) as loop:
        await loop.passed({FIRST: 3})
    await send(log, "d", "e", "f")
    log.expire(FIRST, 5)
    await send(log, "x", partition=SECOND)
    async with running(log, ingest_database, letters("mail")) as loop:
        await loop.passed({SECOND: 1})
        assert loop.health() == ("mail/0: offset 3 is next, but the log starts at 5: records are gone unread.",)
    assert await written(reading) == ["a", "b", "c", "x"]


async def test_a_log_that_ends_too_early_stops_its_partition_by_name(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, "a", "b", "c")
    async with running(log, ingest_database, letters("mail")) as loop:
        await loop.passed({FIRST: 3})
        log.truncate(FIRST, 2)
        await says(loop, "mail/0: offset 3 is next, but the log ends at 1: it was cut or made anew.")
    assert await written(reading) == ["a", "b", "c"]


async def test_an_unreadable_record_is_held_with_its_place_and_the_rest_goes_on(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await log.append([Message("mail", b"k", b"bad", (("h", b"1"), ("n", None)), 0)])
    await send(log, "a")
    async with running(log, ingest_database, letters("mail")) as loop:
        await loop.passed({FIRST: 2})
    held = await reading.fetchrow(
        'select reason, "offset", key, value, header_names, header_values from ingest.quarantine'
    )
    assert tuple(held) == ("unreadable", 0, b"k", b"bad", ["h", "n"], [b"1", None])
    assert await quarantine_counts(reading, "letters") == {(FIRST, "unreadable"): 1}
    assert await written(reading) == ["a"]


async def test_a_replay_releases_what_can_be_read_now_and_holds_the_rest(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, "bad one", "bad two")
    processor = letters("mail")
    async with running(log, ingest_database, processor) as loop:
        await loop.passed({FIRST: 2})
    processor.readable = {b"bad one"}
    assert await replay(reading, processor) == Done(records=2, again=1, last=None)
    assert (await written(reading), await quarantine_counts(reading, "letters")) == (
        ["bad one"],
        {(FIRST, "unreadable"): 1},
    )


async def test_a_partition_with_too_many_unreadable_records_stops_and_the_other_goes_on(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, "a", "bad", "bad", "bad", "bad", "bad")
    await send(log, "x", partition=SECOND)
    async with running(log, ingest_database, letters("mail", limit=2)) as loop:
        await says(loop, full("mail/0"))
        await loop.passed({SECOND: 1})
        assert await loop.positions() == {FIRST: 3, SECOND: 1}
    assert await quarantine_counts(reading, "letters") == {(FIRST, "unreadable"): 2}


async def test_a_batch_with_more_unreadable_records_than_the_limit_is_taken_up_to_the_first_that_is_too_much(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    """Or nobody could ever let it go on: there would be nothing to replay or to discard."""
    await send(log, "bad", "bad", "bad")
    async with asyncio.timeout(30), running(log, ingest_database, letters("mail", limit=1)) as loop:
        await loop.passed({FIRST: 1})
    assert await quarantine_counts(reading, "letters") == {(FIRST, "unreadable"): 1}


async def test_a_partition_that_stopped_goes_on_by_itself_once_its_quarantine_has_room(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, "bad", "bad", "bad", "a")
    async with asyncio.timeout(30), running(log, ingest_database, letters("mail", limit=2)) as loop:
        await says(loop, full("mail/0"))
        await discard(reading, "letters", Which(offset=0), by=("ada", "a test of the producer"))
        await loop.passed({FIRST: 4})
        await says(loop)
    assert await written(reading) == ["a"]


async def test_a_topic_that_is_wanted_later_is_followed_and_a_missing_one_named_until_it_is_made(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    processor = letters("mail")
    async with running(log, ingest_database, processor) as loop:
        processor.wanted = {"mail", "parcels"}
        await says(loop, "there is no topic parcels")
        await log.create_topics([TopicSpec(name="parcels", partitions=1)])
        await send(log, "p", partition=Partition("parcels", 0))
        await loop.passed({Partition("parcels", 0): 1})
        await says(loop)
    assert await written(reading) == ["p"]


async def test_a_processor_that_wants_no_topic_yet_waits_until_it_does(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    await send(log, "a")
    processor = letters()
    async with running(log, ingest_database, processor) as loop:
        await loop.passed({})
        processor.wanted = {"mail"}
        await loop.passed({FIRST: 1})
    assert await written(reading) == ["a"]


async def test_a_log_that_is_away_is_named_and_waited_for(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    log.available = False
    async with running(log, ingest_database, letters("mail")) as loop:
        await says(loop, "LogUnavailable: the log is closed")
        log.available = True
        await send(log, "a")
        await loop.passed({FIRST: 1})
        await says(loop)
    assert await written(reading) == ["a"]


async def test_a_bug_crashes_the_host_and_nothing_of_the_batch_is_kept(
    log: ExpiringLog, ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    class Buggy(letters):  # type: ignore[misc, valid-type]  # the fixture's class is known only when tests run
        async def apply(self, connection: asyncpg.Connection, effects: Any) -> None:
            await super().apply(connection, effects)
            raise ZeroDivisionError("a bug")

    await send(log, "a")
    async with running(log, ingest_database, Buggy("mail")) as loop:
        with pytest.raises(ZeroDivisionError):
            await loop.join()
        with pytest.raises(ZeroDivisionError):
            await loop.passed({FIRST: 1})
        assert loop.health() == ("processor letters crashed: ZeroDivisionError('a bug')",)
    assert await written(reading) == []


async def test_the_server_ends_a_session_that_dawdles_so_that_a_paused_worker_keeps_no_lock(
    ingest_database: str, reading: asyncpg.Connection, letters: Letters
) -> None:
    settings: dict[str, str] = {}

    class Asking(letters):  # type: ignore[misc, valid-type]  # the fixture's class is known only when tests run
        async def apply(self, connection: asyncpg.Connection, effects: Any) -> None:
            for name in ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout"):
                settings[name] = await connection.fetchval("select current_setting($1)", name)

    sink = Sink(ingest_database, Asking("mail"))
    await sink.begin({FIRST: 0})
    await sink.apply({FIRST: Span(0, 1)}, [Record("mail", 0, 0, 0, None, b"a", ())])
    await sink.close()
    assert settings == {
        "idle_in_transaction_session_timeout": "4s",
        "lock_timeout": "8s",
        "statement_timeout": "15s",
    }


def test_only_a_kafka_address_gets_faust(log: ExpiringLog, letters: Letters) -> None:
    hosts = [host_for(address, log, "", letters("mail"), worker="one") for address in ("embedded:d", "kafka://h:1")]
    assert [type(host).__name__ for host in hosts] == ["PostgresLoop", "FaustHost"]
