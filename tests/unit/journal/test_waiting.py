"""Who waits for what, in which order, and who is forgotten: locks, positions, clocks."""

import asyncio
from datetime import timedelta

import pytest
from tenure_eventlog import Partition
from tenure_journal import FixedClock, SteppedClock
from tenure_journal.locks import Locks
from tenure_journal.passing import Passing

from tests.unit.journal.bench import START

ONE, TWO = Partition("t", 0), Partition("t", 1)


async def test_one_at_a_time_on_a_name_in_the_order_of_asking() -> None:
    locks, seen = Locks(), list[str]()

    async def hold(name: str, who: str) -> None:
        async with locks.of(name):
            seen.append(f"{who} in")
            await asyncio.sleep(0)
            seen.append(f"{who} out")

    await asyncio.gather(hold("a", "1"), hold("a", "2"), hold("a", "3"))
    assert seen == ["1 in", "1 out", "2 in", "2 out", "3 in", "3 out"]


async def test_other_names_are_not_waited_for_and_no_lock_is_left_behind() -> None:
    locks = Locks()
    async with locks.of("a"), locks.of("b"):
        pass
    assert locks._held == {}


async def test_who_gives_up_waiting_leaves_the_lock_to_the_next() -> None:
    locks, got = Locks(), asyncio.Event()

    async def take() -> None:
        async with locks.of("a"):
            got.set()

    async with locks.of("a"):
        first, second = asyncio.create_task(take()), asyncio.create_task(take())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    await second
    assert got.is_set()
    assert locks._held == {}


async def test_those_who_wait_for_a_position_are_woken_when_it_is_passed() -> None:
    passing, woken = Passing(), list[int]()
    passing.begin({ONE: 0, TWO: 0})

    async def wait(offset: int) -> None:
        await passing.wait(ONE, offset)
        woken.append(offset)

    async with asyncio.TaskGroup() as waits:
        for offset in (3, 1, 2):
            waits.create_task(wait(offset))
        await asyncio.sleep(0)
        passing.reach(TWO, 9)
        passing.reach(ONE, 2)
        await passing.wait(ONE, 2)
        assert sorted(woken) in ([], [1, 2])
        passing.reach(ONE, 3)
    assert sorted(woken) == [1, 2, 3]


async def test_who_no_longer_waits_is_forgotten() -> None:
    passing = Passing()
    passing.begin({ONE: 0})
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await passing.wait(ONE, 10**9)
    assert passing._waiting == {ONE: []}


async def test_a_second_beginning_keeps_what_was_passed() -> None:
    passing = Passing()
    passing.begin({ONE: 0})
    passing.reach(ONE, 5)
    passing.begin({ONE: 0, TWO: 0})
    assert passing.positions == {ONE: 5, TWO: 0}


async def test_a_failure_is_told_to_all_who_wait_now_or_later_for_what_is_not_there() -> None:
    passing = Passing()
    passing.begin({ONE: 1})
    waiting = asyncio.ensure_future(passing.wait(ONE, 2))
    await asyncio.sleep(0)
    passing.fail(LookupError("gone"))
    with pytest.raises(LookupError):
        await waiting
    with pytest.raises(LookupError):
        await passing.wait(ONE, 2)
    await passing.wait(ONE, 1)


async def test_a_move_of_the_clock_reaches_also_those_who_were_busy() -> None:
    clock = SteppedClock(START)
    seen = clock.now()
    waiting = asyncio.ensure_future(clock.tick(seen))
    await asyncio.sleep(0)
    clock.move_to(START + timedelta(seconds=1))
    await waiting
    await clock.tick(seen)
    assert clock.now() == START + timedelta(seconds=1)


def test_a_stepped_clock_does_not_go_back_and_a_fixed_one_does_not_move() -> None:
    with pytest.raises(ValueError, match="can't go back"):
        SteppedClock(START).move_to(START - timedelta(seconds=1))
    with pytest.raises(ValueError, match="is fixed"):
        FixedClock(START).move_to(START + timedelta(seconds=1))
