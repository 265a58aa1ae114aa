"""What does a log on Postgres keep of a topic that may only be so large?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tenure_eventlog import Message, OffsetOutOfRange, Partition, TopicSpec
from tenure_eventlog import postgres_house as house
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.postgres import PostgresLog

pytestmark = pytest.mark.postgres
TOPIC = TopicSpec(name="tenure.small", partitions=1, retention_bytes=1_000)
PLACE = Partition(TOPIC.name, 0)


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[PostgresLog]:
    server = await EmbeddedPostgres.start(tmp_path)
    opened = await PostgresLog.open(server.dsn)
    await opened.create_topics([TOPIC])
    yield opened
    await opened.close()
    await server.stop()


def records(count: int, size: int) -> list[Message]:
    """Without keys and headers, but for the byte that says that there are none."""
    return [Message(TOPIC.name, None, b"x" * (size - 1), (), 0) for _ in range(count)]


async def test_the_newest_records_that_fit_stay(log: PostgresLog) -> None:
    await log.append(records(25, 100))
    await log.keep_house()
    assert await log.start_offsets([TOPIC.name]) == {PLACE: 15}
    assert await log.end_offsets([TOPIC.name]) == {PLACE: 25}


async def test_who_asks_for_what_went_is_told(log: PostgresLog) -> None:
    await log.append(records(25, 100))
    await log.keep_house()
    with pytest.raises(OffsetOutOfRange):
        await anext(log.read({PLACE: 14}))
    assert len((await anext(log.read({PLACE: 15}))).records) == 10


async def test_what_fits_exactly_stays_whole(log: PostgresLog) -> None:
    await log.append(records(10, 100))
    await log.keep_house()
    assert await log.start_offsets([TOPIC.name]) == {PLACE: 0}


async def test_a_record_that_is_larger_than_the_limit_goes_too(log: PostgresLog) -> None:
    await log.append(records(1, 2_000))
    await log.keep_house()
    assert await log.start_offsets([TOPIC.name]) == {PLACE: 1}


async def test_much_goes_piece_by_piece(log: PostgresLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "EXPIRE_RECORDS", 4)
    await log.append(records(25, 100))
    await log.keep_house()
    assert await log.start_offsets([TOPIC.name]) == {PLACE: 15}
