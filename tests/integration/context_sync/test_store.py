"""What does the store hold after the changes of a source?"""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from tenure_context_sync.source.feeds import envelopes
from tenure_context_sync.store.processor import ChangeProcessor
from tenure_context_sync.store.reads import Store
from tenure_context_sync.view.compiled import compile_view
from tenure_context_sync.view.reading import Found
from tenure_context_sync.view.scope import Fields
from tenure_eventlog import Message, Record
from tenure_ingest import migrate, quarantine_counts

from tests.integration.context_sync.story import TOPIC, change
from tests.unit.context_sync.story import FIELDS, NOON, OBSERVATIONS, published

pytestmark = pytest.mark.postgres
VIEW = compile_view(published, ((OBSERVATIONS, ("origin",), FIELDS),))


class Desk:
    """The store, and the processor that feeds it, batch by batch."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.store, self._pool, self._offset = Store(pool), pool, 0
        self._processor = ChangeProcessor(lambda: {TOPIC: envelopes("observations")})

    async def fed(self, *messages: Message) -> None:
        """One batch, in one transaction."""
        records = [self._record(message) for message in messages]
        async with self._pool.acquire() as connection, connection.transaction():
            await self._processor.apply(connection, self._processor.process(records))

    def _record(self, message: Message) -> Record:
        self._offset += 1
        return Record(TOPIC, 0, self._offset, 0, message.key, message.value, ())

    async def wind(self, *origins: str) -> list[Any]:
        rows = await self._read(*origins)
        return [row.fields["wind"] if row and row.fields else None for row in rows]

    async def fields(self, origin: str) -> Fields:
        [row] = await self._read(origin)
        assert row is not None
        assert row.fields is not None
        return row.fields

    async def _read(self, *origins: str) -> list[Found | None]:
        return [found.row for found in await self.store.read(VIEW, [{"origin": one} for one in origins], NOON)]

    async def quarantined(self) -> list[str]:
        async with self._pool.acquire() as connection:
            return sorted(reason for _, reason in await quarantine_counts(connection, ChangeProcessor.name))


@pytest.fixture
async def desk(database: str) -> AsyncIterator[Desk]:
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        async with pool.acquire() as connection:
            await migrate(connection, "tenure_ingest")
            await migrate(connection, "tenure_context_sync")
        yield Desk(pool)


async def test_the_newest_change_of_a_row_is_what_is_read(desk: Desk) -> None:
    await desk.fed(change("JFK", 1.5, lsn=1), change("LGA", 7, lsn=2), change("JFK", 2.5, lsn=3))
    assert await desk.wind("JFK", "LGA", "EWR") == [2.5, 7, None]


async def test_a_late_or_doubled_change_never_moves_a_row_back(desk: Desk) -> None:
    await desk.fed(change("JFK", "new", lsn=9))
    await desk.fed(change("JFK", "old", lsn=3))
    assert await desk.wind("JFK") == ["new"]


async def test_within_a_batch_neither(desk: Desk) -> None:
    await desk.fed(change("JFK", "new", lsn=9), change("JFK", "old", lsn=3))
    assert await desk.wind("JFK") == ["new"]


@pytest.mark.parametrize("snapshot", ["first", "true", "last", "incremental"])
async def test_a_snapshots_row_never_beats_a_streamed_one(desk: Desk, snapshot: str) -> None:
    await desk.fed(change("JFK", "streamed", lsn=3))
    lsn = None if snapshot == "incremental" else 9
    await desk.fed(change("JFK", "snapshot", lsn=lsn, op="r", snapshot=snapshot))
    assert await desk.wind("JFK") == ["streamed"]


async def test_a_streamed_row_beats_a_snapshots(desk: Desk) -> None:
    await desk.fed(change("JFK", "snapshot", lsn=9, op="r", snapshot="true"))
    await desk.fed(change("JFK", "streamed", lsn=3))
    assert await desk.wind("JFK") == ["streamed"]


async def test_a_deleted_row_is_missing_and_a_late_change_does_not_bring_it_back(desk: Desk) -> None:
    await desk.fed(
        change("JFK", 1, lsn=1), change("JFK", None, lsn=5, op="d"), Message(TOPIC, b'{"origin":"JFK"}', None)
    )
    await desk.fed(change("JFK", 1, lsn=2))
    assert await desk.wind("JFK") == [None]


async def test_a_row_that_is_made_anew_is_there_again(desk: Desk) -> None:
    await desk.fed(change("JFK", 1, lsn=1), change("JFK", None, lsn=5, op="d"))
    await desk.fed(change("JFK", 2, lsn=6, op="c"))
    assert await desk.wind("JFK") == [2]


@pytest.mark.parametrize("batches", [1, 2])
async def test_a_value_that_was_not_sent_stays_what_it_was(desk: Desk, batches: int) -> None:
    first, second = change("JFK", 1, lsn=1, notes="long"), change("JFK", 2, lsn=2, notes="__debezium_unavailable_value")
    if batches == 1:
        await desk.fed(first, second)
    else:
        await desk.fed(first)
        await desk.fed(second)
    assert await desk.fields("JFK") == {"origin": "JFK", "wind": 2, "notes": "long"}


async def test_a_truncate_deletes_what_was_before_it_and_nothing_after(desk: Desk) -> None:
    await desk.fed(change("JFK", 1, lsn=1))
    await desk.fed(change("LGA", 2, lsn=2), change("", None, lsn=5, op="t"), change("EWR", 3, lsn=6))
    assert await desk.wind("JFK", "LGA", "EWR") == [None, None, 3]


async def test_a_row_from_before_a_truncate_that_comes_after_it_stays_away(desk: Desk) -> None:
    await desk.fed(change("", None, lsn=5, op="t"))
    await desk.fed(change("JFK", 1, lsn=4))
    assert await desk.wind("JFK") == [None]


async def test_a_truncate_spares_the_newer_row_that_came_before_it(desk: Desk) -> None:
    await desk.fed(change("JFK", 1, lsn=8), change("", None, lsn=5, op="t"))
    assert await desk.wind("JFK") == [1]


async def test_what_can_not_be_read_is_quarantined_and_the_rest_goes_on(desk: Desk) -> None:
    nul = change("LGA", "a\x00b", lsn=1)
    await desk.fed(Message(TOPIC, b"?", b"?"), nul, change("JFK", 1, lsn=2))
    assert await desk.wind("JFK", "LGA") == [1, None]
    assert await desk.quarantined() == ["not-an-envelope", "row-holds-a-null-character"]


async def test_the_longest_key_and_strangest_texts_that_are_let_through_can_be_stored(desk: Desk) -> None:
    longest = "x" * (2_000 - len('{"origin":""}'))
    await desk.fed(change(longest, "\\u0000 \U0001f600 \x7f", lsn=2**63 - 1))
    assert await desk.wind(longest) == ["\\u0000 \U0001f600 \x7f"]
