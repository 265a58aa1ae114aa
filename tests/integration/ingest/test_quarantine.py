"""What happens to a held record? It is replayed or discarded once, by whoever asks, and never edited."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tenure_eventlog.port import Record
from tenure_ingest import (
    CommandReused,
    Done,
    Order,
    Place,
    Processor,
    Quarantined,
    QuarantineDesk,
    Which,
    place_of,
    quarantine,
)

pytestmark = pytest.mark.postgres

ADA = Order(UUID(int=1), "a digest", "ada")
BOB = Order(UUID(int=2), "a digest", "bob")
ALL = Which(reason="unreadable")
NO_LONGER = frozenset({b"bad 0", b"bad 1", b"bad 2"})


def held(offset: int, scope: str | None = None, reason: str = "unreadable") -> Quarantined:
    record = Record("mail", 0, offset, 1_000, b"k", f"bad {offset}".encode(), (("h", b"1"), ("n", None)))
    return Quarantined(reason, record, scope)


@pytest.fixture
async def desk(
    ingest_database: str, reading: asyncpg.Connection, letters: Callable[..., Any]
) -> AsyncIterator[QuarantineDesk[Any]]:
    """Over three held records, of which none can be read yet."""
    await quarantine(reading, "letters", [held(offset) for offset in range(3)])
    desk = QuarantineDesk(ingest_database, letters("mail"))
    async with desk.looking():
        yield desk


async def written(reading: asyncpg.Connection) -> list[str]:
    return [row["value"] for row in await reading.fetch("select value from letter order by value")]


async def places(desk: QuarantineDesk[Any], which: Which = Which(), **other: Any) -> list[Place]:
    return [place_of(row) for row in await desk.page(which, **other)]


def at(*offsets: int) -> list[Place]:
    return [Place("mail", 0, offset) for offset in offsets]


async def test_what_can_be_read_now_takes_effect_and_the_rest_is_held_as_before(
    desk: QuarantineDesk[Any], reading: asyncpg.Connection
) -> None:
    before = await reading.fetchrow('select * from ingest.quarantine where "offset" = 2')
    desk.processor.readable = {b"bad 0", b"bad 1"}
    assert await desk.replay(ADA, ALL) == Done(records=3, again=1, last=None)
    assert (await written(reading), await places(desk)) == (["bad 0", "bad 1"], at(2))
    assert await reading.fetchrow("select * from ingest.quarantine") == before


async def test_two_callers_at_once_replay_each_record_once(
    ingest_database: str, desk: QuarantineDesk[Any], reading: asyncpg.Connection
) -> None:
    desk.processor.readable = NO_LONGER
    other = QuarantineDesk(ingest_database, desk.processor)
    async with other.looking():
        done = await asyncio.gather(desk.replay(ADA, ALL), other.replay(BOB, ALL))
    assert sorted(one.records for one in done) == [0, 3]
    assert await written(reading) == ["bad 0", "bad 1", "bad 2"]


async def test_a_repeated_command_is_answered_as_it_was_and_done_once(
    desk: QuarantineDesk[Any], reading: asyncpg.Connection
) -> None:
    desk.processor.readable = {b"bad 0"}
    first = await desk.replay(ADA, ALL)
    desk.processor.readable = NO_LONGER
    assert await desk.replay(ADA, ALL) == first == Done(records=3, again=2, last=None)
    assert await written(reading) == ["bad 0"]
    with pytest.raises(CommandReused):
        await desk.replay(ADA._replace(digest="another"), ALL)


async def test_a_crash_in_the_middle_leaves_all_as_it_was_and_the_same_command_does_it_then(
    desk: QuarantineDesk[Any], reading: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.processor.readable = NO_LONGER
    apply = desk.processor.apply

    async def applied_and_crashed(connection: asyncpg.Connection, effects: Any) -> None:
        await apply(connection, effects)
        raise ZeroDivisionError

    with monkeypatch.context() as crashing:
        crashing.setattr(desk.processor, "apply", applied_and_crashed)
        with pytest.raises(ZeroDivisionError):
            await desk.replay(ADA, ALL)
    assert (await written(reading), await places(desk)) == ([], at(0, 1, 2))
    assert (await desk.replay(ADA, ALL)).records == 3
    assert await written(reading) == ["bad 0", "bad 1", "bad 2"]


async def test_what_is_discarded_loses_its_body_and_keeps_who_when_and_why(
    desk: QuarantineDesk[Any], reading: asyncpg.Connection
) -> None:
    assert await desk.discard(ADA, Which(topic="mail", partition=0, offset=1), "a test") == Done(1, 0, None)
    [row] = await desk.page(Which(), discarded=True)
    assert (place_of(row), row["discarded_by"], row["discard_reason"]) == (at(1)[0], "ada", "a test")
    assert row["discarded_at"] >= row["held_at"]
    left = await reading.fetchrow(
        "select key, value, header_names, header_values from ingest.quarantine where discarded_at is not null"
    )
    assert tuple(left) == (None, None, [], [])
    assert (await desk.record("mail", 0, 1), await places(desk, discarded=False)) == (None, at(0, 2))


async def test_a_discarded_record_never_comes_back(desk: QuarantineDesk[Any], reading: asyncpg.Connection) -> None:
    """Neither by a replay, nor when a rebuild reads it again."""
    desk.processor.readable = NO_LONGER
    await desk.discard(ADA, Which(topic="mail", partition=0, offset=1), "a test")
    await quarantine(reading, "letters", [held(1, reason="otherwise")])
    assert (await desk.replay(BOB, ALL)).records == 2
    assert (await written(reading), await places(desk, discarded=True)) == (["bad 0", "bad 2"], at(1))


async def test_a_record_is_shown_as_it_came(desk: QuarantineDesk[Any]) -> None:
    assert await desk.record("mail", 0, 2) == held(2).record


async def test_pages_follow_the_log_and_leave_nothing_out(desk: QuarantineDesk[Any]) -> None:
    first = await places(desk, limit=2)
    assert (first, await places(desk, after=first[-1], limit=2)) == (at(0, 1), at(2))


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (Which(reason="otherwise"), [Place("mail", 0, 7)]),
        (Which(scope="weather@2"), [Place("mail", 0, 1, "weather@2")]),
        (Which(topic="parcels"), []),
        (Which(partition=1), []),
        (Which(offset=2), at(2)),
    ],
    ids=["reason", "scope", "topic", "partition", "offset"],
)
async def test_a_choice_finds_what_it_names(
    desk: QuarantineDesk[Any], reading: asyncpg.Connection, which: Which, found: list[Place]
) -> None:
    await quarantine(reading, "letters", [held(7, reason="otherwise"), held(1, scope="weather@2")])
    assert await places(desk, which) == found


async def test_what_is_held_for_one_reader_is_replayed_to_it_alone(
    ingest_database: str, reading: asyncpg.Connection, letters: Callable[..., Any]
) -> None:
    class Readers(letters):  # type: ignore[misc, valid-type]  # the fixture's class is known only when tests run
        def process_for(self, scope: str, records: Sequence[Record]) -> Any:
            return [f"{scope}: {(one.value or b'').decode()}" for one in records], []

    processor: Processor[Any] = Readers("mail")
    await quarantine(reading, "letters", [held(0), held(0, scope="weather@2"), held(0, scope="weather@3")])
    desk = QuarantineDesk(ingest_database, processor)
    async with desk.looking():
        assert await desk.replay(ADA, Which(scope="weather@2")) == Done(records=1, again=0, last=None)
        assert await places(desk) == [Place("mail", 0, 0), Place("mail", 0, 0, "weather@3")]
    assert await written(reading) == ["weather@2: bad 0"]


async def test_a_processor_that_knows_no_readers_says_so_and_loses_nothing(
    desk: QuarantineDesk[Any], reading: asyncpg.Connection
) -> None:
    await quarantine(reading, "letters", [held(9, scope="weather@2")])
    with pytest.raises(TypeError, match="letters holds records for weather@2"):
        await desk.replay(ADA, Which(scope="weather@2"))
    assert Place("mail", 0, 9, "weather@2") in await places(desk)
