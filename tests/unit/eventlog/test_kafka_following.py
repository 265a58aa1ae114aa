"""A record that is missing from a fetch is asked for again before anybody believes that it is not there."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import NamedTuple

import pytest
from aiokafka import TopicPartition
from tenure_eventlog.holes import Hole, holes_of
from tenure_eventlog.kafka_following import batches

PLACE = TopicPartition("tenure.registry.events", 0)


class Fetched(NamedTuple):
    """What a client hands out for a record."""

    offset: int
    topic: str = PLACE.topic
    partition: int = PLACE.partition
    timestamp: int = 1_700_000_000_000
    key: bytes = b"k"
    value: bytes = b"v"
    headers: tuple[tuple[str, bytes], ...] = ()


class Consumer:
    """Reads a log with the offsets `there`, then a marker where `marked`; its first fetches overlook some of them."""

    def __init__(self, there: Sequence[int], *overlooked: set[int], marked: bool = False) -> None:
        self._there, self._overlooked = there, list(overlooked)
        self._end = there[-1] + 1 + marked
        self._next, self.fetches = 0, 0

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Fetched]]:
        await asyncio.sleep(0)
        overlooked = self._overlooked.pop(0) if self._overlooked else set()
        looked_at = [o for o in self._there if o >= self._next][:max_records]
        found = [Fetched(o) for o in looked_at if o not in overlooked]
        self.fetches += bool(found)
        self._next = looked_at[-1] + 1 if looked_at and looked_at[-1] < self._there[-1] else self._end
        return {PLACE: found} if found else {}

    async def position(self, place: TopicPartition) -> int:
        return self._next

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._next = offset


async def read(consumer: Consumer, end: int, most: int = 100) -> list[int]:
    """The offsets that are handed on until `end` is passed."""
    found: list[int] = []
    async with asyncio.timeout(10), aclosing(batches(consumer, {PLACE: 0}, most)) as handed_on:
        async for batch in handed_on:
            found += [record.offset for record in batch.records]
            if batch.next_offset >= end:
                break
    return found


@pytest.mark.parametrize("lost", [{0}, {3}, {0, 3, 4, 7}], ids=["at its start", "in its middle", "at several places"])
async def test_what_a_fetch_overlooked_is_not_lost(lost: set[int]) -> None:
    assert await read(Consumer(range(10), lost), end=10) == list(range(10))


async def test_what_two_fetches_overlooked_differently_is_not_lost() -> None:
    assert await read(Consumer(range(10), {3, 4}, {4}), end=10) == list(range(10))


@pytest.mark.parametrize("there", [[1, 2, 3], [0, 1, 3, 4], [0, 2, 4, 6, 8]], ids=["start", "middle", "everywhere"])
async def test_a_hole_that_a_fresh_fetch_meets_again_is_believed(there: list[int]) -> None:
    assert await read(Consumer(there), end=there[-1] + 1) == there


async def test_many_holes_cost_one_more_fetch_and_not_one_each() -> None:
    consumer = Consumer(range(0, 2_000, 2))
    await read(consumer, end=1_999, most=10_000)
    assert consumer.fetches == 2


async def test_a_fetch_without_a_hole_is_not_made_again() -> None:
    consumer = Consumer(range(10))
    await read(consumer, end=10)
    assert consumer.fetches == 1


async def test_a_marker_at_the_end_is_passed_though_no_record_follows() -> None:
    """Else whoever waits for the log's end would wait until somebody appends."""
    assert await read(Consumer([0, 1, 3, 4], marked=True), end=6) == [0, 1, 3, 4]


async def test_a_record_that_is_overlooked_at_the_end_is_not_lost() -> None:
    assert await read(Consumer(range(10), {9}), end=10) == list(range(10))


def test_a_hole_is_from_what_should_follow_to_what_does() -> None:
    assert holes_of([Fetched(o) for o in (2, 3, 5, 9)], expected=0) == [Hole(0, 2), Hole(4, 5), Hole(6, 9)]
