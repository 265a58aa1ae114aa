"""What was true at an instant, as far as was known at another?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tenure_journal import Kind, Meta, Replica, StreamParked, VoidRecord

from tests.simulation.lockroom import KIND, Break, Note, Noted, Room, evolve, fold_of
from tests.unit.journal.bench import ROOM, START, Bench, Journal

DAY = timedelta(days=1)


async def noted(journal: Journal, text: str, number: int, day: int) -> None:
    """A note of something that happened on this day, recorded now."""
    await journal.do(Note(text), number, occurred_at=START + day * DAY)


def void(journal: Journal, sequence: int, digest: str) -> VoidRecord:
    return VoidRecord(sequence=sequence, digest=digest, reason="poisonous", principal="user:ada", now=START)


async def test_a_late_fact_is_in_the_state_of_the_day_on_which_it_happened(bench: Bench) -> None:
    journal = await bench.open()
    for number, (text, day) in enumerate([("first", -9), ("third", -3), ("second", -6)], 1):
        await noted(journal, text, number, day)
    past = journal.replica.past
    assert await past(ROOM, 3, START - 9 * DAY) == Room(notes=("first",))
    assert await past(ROOM, 3, START - 5 * DAY) == Room(notes=("first", "second"))
    assert await past(ROOM, 3, START) == Room(notes=("first", "third", "second"))


async def test_a_late_fact_was_not_known_before_it_was_recorded(bench: Bench) -> None:
    journal = await bench.open()
    for number, (text, day) in enumerate([("first", -9), ("third", -3), ("second", -6)], 1):
        await noted(journal, text, number, day)
    assert await journal.replica.past(ROOM, 2, START - 5 * DAY) == Room(notes=("first",))


async def test_what_is_about_something_that_was_not_there_yet_changes_nothing(bench: Bench) -> None:
    journal = await bench.open()
    await noted(journal, "first", 1, -1)
    await noted(journal, "about the first", 2, -2)
    replica = Replica(bench.log, [replace(fold_of(), kinds=(Kind(KIND, Room(), demanding),))])
    bench.opened.append(Journal(bench.log, replica, journal.writer))
    await replica.start()
    assert await replica.past(ROOM, 2, START - 2 * DAY) == Room()
    assert await replica.past(ROOM, 2, START) == Room(notes=("first", "about the first"))


def demanding(room: Room, event: Any, meta: Meta) -> Room:
    """A fold by which nothing can be said about the first note before it is there."""
    if event == Noted("about the first"):
        room.notes[0]
    return evolve(room, event)


async def test_what_can_not_be_folded_is_not_taken_for_too_early(bench: Bench) -> None:
    journal = await bench.open()
    await noted(journal, "first", 1, -1)
    await journal.do(Break("poison"), 2)
    with pytest.raises(StreamParked, match="event 2"):
        await journal.replica.past(ROOM, 2)
    with pytest.raises(StreamParked, match="event 2"):
        await journal.replica.past(ROOM, 2, START)
    assert await journal.replica.past(ROOM, 1, START) == Room(notes=("first",))


async def test_what_was_voided_later_was_still_known_before(bench: Bench) -> None:
    journal = await bench.open()
    wrong = await journal.do(Note("wrong"), 1)
    await noted(journal, "right", 2, 0)
    before = await journal.replica.past(ROOM, 2)
    await journal.do(void(journal, 1, wrong.digest), 3)
    assert before == await journal.replica.past(ROOM, 2) == Room(notes=("wrong", "right"))
    assert await journal.replica.past(ROOM, 3) == Room(notes=("right",))
    assert await journal.replica.past(ROOM, 3, START - DAY) == Room()


async def test_a_fresh_replica_gives_the_same_answers(bench: Bench) -> None:
    journal = await bench.open()
    wrong = await journal.do(Note("wrong"), 1)
    await journal.do(void(journal, 1, wrong.digest), 2)
    await noted(journal, "late", 3, -4)
    other = await bench.open()
    for known in range(4):
        for day in (None, -4, -3, 0):
            at = None if day is None else START + day * DAY
            assert await journal.replica.past(ROOM, known, at) == await other.replica.past(ROOM, known, at)
