"""Is the next batch under way while a reader is busy, and never more than that?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from tenure_eventlog import Batch, LogUnavailable, Partition, Record
from tenure_eventlog.ahead import one_ahead

PLACE = Partition("tenure.probe", 0)
FULL = 2


class Source:
    """Batches of these sizes, then a failure, or nothing for ever; `asked` counts how many were asked for."""

    def __init__(self, *sizes: int, waits: bool = False) -> None:
        self.sizes, self.waits, self.asked, self.closed = sizes, waits, 0, False

    async def batches(self) -> AsyncGenerator[Batch, None]:
        try:
            for size in self.sizes:
                self.asked += 1
                await asyncio.sleep(0)
                yield Batch(PLACE, [Record(*PLACE, at, 0, None, None, ()) for at in range(size)], size)
            if self.waits:
                await asyncio.Event().wait()
            raise LogUnavailable("no more")
        finally:
            self.closed = True


async def asked_at_each(source: Source) -> list[int]:
    """How many batches were asked for whenever the reader had one in hand; the failure has to come after them."""
    seen = list[int]()
    try:
        async for _ in one_ahead(source.batches(), FULL):
            seen.append(source.asked)
    except LogUnavailable:
        return seen
    raise AssertionError("the failure was swallowed")


async def test_who_came_back_after_a_full_batch_has_one_ahead_and_no_more() -> None:
    assert await asked_at_each(Source(FULL, FULL, FULL, FULL)) == [1, 3, 4, 4]


async def test_at_the_end_of_the_log_nothing_is_asked_for_ahead() -> None:
    assert await asked_at_each(Source(1, FULL, 1, FULL, 1)) == [1, 2, 3, 4, 5]


async def test_what_reading_raises_comes_after_the_batches_before_it() -> None:
    assert len(await asked_at_each(Source(FULL, FULL, FULL))) == 3


async def test_a_reader_that_stops_leaves_nothing_running() -> None:
    source, before = Source(FULL, FULL, waits=True), asyncio.all_tasks()
    async with aclosing(one_ahead(source.batches(), FULL)) as batches:
        await anext(batches)
        await anext(batches)
    assert (source.asked, source.closed, asyncio.all_tasks()) == (2, True, before)


async def test_a_reader_that_is_cancelled_while_it_waits_leaves_nothing_running() -> None:
    source, before = Source(FULL, FULL, waits=True), asyncio.all_tasks()
    batches = one_ahead(source.batches(), FULL)
    await anext(batches)
    await anext(batches)
    waiting = asyncio.ensure_future(anext(batches))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await batches.aclose()
    assert (source.closed, asyncio.all_tasks()) == (True, before)
