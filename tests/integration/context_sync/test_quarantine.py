"""What becomes of a change record that can't be read?"""

import asyncio
from contextlib import aclosing

import asyncpg
import msgspec
import pytest
from tenure_context_sync.quarantine.announcer import QuarantineAnnouncer
from tenure_eventlog import Message, Partition, Record
from tenure_eventlog.topics import QUARANTINE
from tenure_ingest import Quarantined, quarantine

from tests.integration.context_sync.desk import MARCH, READ, Desk
from tests.integration.context_sync.story import TOPIC, change

pytestmark = pytest.mark.postgres


async def told(desk: Desk) -> list[tuple[str, str]]:
    """Key and reason of all that is on tenure.quarantine."""
    partition = Partition(QUARANTINE.name, 0)
    end = (await desk.log.end_offsets([QUARANTINE.name]))[partition]
    if end == 0:
        return []
    async with aclosing(desk.log.read({partition: 0})) as batches:
        records = (await anext(batches)).records
    return [((record.key or b"").decode(), msgspec.json.decode(record.value or b"")["reason"]) for record in records]


async def test_it_is_told_once_and_the_rest_goes_on(weather: Desk) -> None:
    await weather.fed(Message(TOPIC, b"JFK", b"?", partition=0), change("JFK", 9.5, lsn=1))
    for _ in range(3):
        await weather.settled()
    answer = await weather.done(READ, {"keys": [{"origin": "JFK"}]})
    assert answer["rows"][0]["values"] == {"origin": "JFK", "wind": 9.5}
    assert await told(weather) == [(f"{TOPIC}/0/0", "not-an-envelope")]


async def test_two_replicas_that_look_at_once_tell_it_once(weather: Desk, database: str) -> None:
    async with asyncpg.create_pool(database, min_size=4, max_size=4) as pool:
        async with pool.acquire() as connection:
            unreadable = Record(TOPIC, 0, 7, 0, b"JFK", b"?", ())
            await quarantine(connection, "other", [Quarantined("not-an-envelope", unreadable)])
        replicas = [QuarantineAnnouncer(weather.log, pool, "other") for _ in range(2)]
        await asyncio.gather(*(replica.settle(MARCH) for replica in replicas))
    assert await told(weather) == [(f"{TOPIC}/0/7", "not-an-envelope")]


async def test_it_is_told_once_for_each_reader_that_cannot_read_it(weather: Desk, database: str) -> None:
    unreadable = Record(TOPIC, 0, 7, 0, b"JFK", b"?", ())
    held = [Quarantined(f"no-{scope}", unreadable, scope) for scope in ("weather@1", "weather@2")]
    async with asyncpg.create_pool(database, min_size=1, max_size=1) as pool:
        async with pool.acquire() as connection:
            await quarantine(connection, "other", held)
        announcer = QuarantineAnnouncer(weather.log, pool, "other")
        assert [await announcer.settle(MARCH) for _ in range(2)] == [False, True]
    assert await told(weather) == [(f"{TOPIC}/0/7/{one.scope}", one.reason) for one in held]


async def test_nothing_is_told_of_what_can_be_read(weather: Desk) -> None:
    await weather.fed(change("JFK", 9.5, lsn=1))
    await weather.settled()
    assert await told(weather) == []
