"""What do two workers say of a source when their broker stops, or one of them sleeps? Nothing that is not so."""

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tenure.localkafka import LocalKafka

from tests.e2e.watchers import Watchers, watchers
from tests.kafka.broker import CACHE, local_kafka

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalKafka]:
    """One that the test may stop."""
    broker = LocalKafka(tmp_path / "kafka", CACHE)
    with local_kafka(broker):
        yield broker


@pytest.fixture
async def made(broker: LocalKafka, home: Path, tmp_path: Path) -> AsyncIterator[Watchers]:
    async with AsyncExitStack() as stack:
        yield await watchers(broker, home, tmp_path, stack)


async def worker_sleeps(made: Watchers) -> None:
    """Past its session and the limit; what it knows when it wakes is as old."""
    sleeper, other = made.workers
    sleeper.signal(signal.SIGSTOP)
    made.asked = other
    await made.write(200)
    await made.whole()
    await made.proven(seconds=1)
    told = await made.story()
    proven = made.complete_until
    sleeper.signal(signal.SIGCONT)
    await made.proven(seconds=3)
    later = (await made.story())[len(told) :]
    assert [one for one in later if one.newest_source_at is None or one.newest_source_at < proven] == []


async def broker_stops(made: Watchers) -> None:
    await made.write(200)
    await made.broker.stop()
    await made.write(200)
    await made.says("replica: ")
    await made.broker.start(made.broker.port)
    await made.whole()


async def test_a_worker_that_slept_and_a_broker_that_stopped_make_nothing_told_that_is_not_so(made: Watchers) -> None:
    for befalls in (worker_sleeps, broker_stops):
        await befalls(made)
        await made.well()
        assert made.wrong == []


@pytest.mark.soak
async def test_ten_times_either_of_them(made: Watchers) -> None:
    for _ in range(10):
        await worker_sleeps(made)
        await made.well()
        await broker_stops(made)
        await made.well()
    assert made.wrong == []
