"""What do workers say, and what is left of their input, when a part of the world fails? They name it, and all of it."""

import random
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tenure.localkafka import LocalKafka

from tests.e2e.faults import Site, declare, site
from tests.kafka.broker import CACHE, local_kafka

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalKafka]:
    """One that the test may stop."""
    broker = LocalKafka(tmp_path / "kafka", CACHE)
    with local_kafka(broker):
        yield broker


@pytest.fixture
async def made(broker: LocalKafka, home: Path, tmp_path: Path) -> AsyncIterator[Site]:
    async with site(broker, home, tmp_path) as found:
        yield found


async def begun(made: Site) -> None:
    """The database was away when they started: that they say, and start when it is there."""
    await made.say("starting: the database can't be reached")
    await made.start_database()
    await made.ready()
    await declare(made)
    await made.feed()
    await made.all_there_once()


async def database_stops(made: Site) -> None:
    await made.stop_database()
    await made.feed()
    await made.say("database")
    await made.start_database()


async def database_freezes(made: Site) -> None:
    await made.freeze_database()
    await made.feed()
    await made.say("the database has not answered for")
    await made.thaw_database()


async def broker_stops(made: Site) -> None:
    await made.feed()
    await made.stop_broker()
    await made.say("replica: ")
    await made.start_broker()
    await made.feed()


async def worker_sleeps(made: Site) -> None:
    """Past the session time-out, so that the other one has its partitions when it wakes."""
    sleeper, other = made.workers
    await made.feed()
    sleeper.signal(signal.SIGSTOP)
    await made.feed()

    async def other_did_all() -> bool:
        return await made.counted(other) == (made.fed, made.poison)

    await made.until(other_did_all, "the other worker has done it all")
    sleeper.signal(signal.SIGCONT)
    await made.feed()


FAULTS = (database_stops, database_freezes, broker_stops, worker_sleeps)


async def test_each_part_that_fails_is_named_and_all_goes_on_by_itself_with_nothing_lost_or_doubled(made: Site) -> None:
    await begun(made)
    for fault in FAULTS:
        await fault(made)
        await made.ready()
        await made.all_there_once()


@pytest.mark.soak
async def test_thirty_failures_in_any_order_lose_and_double_nothing(made: Site) -> None:
    await begun(made)
    draw = random.Random(5)
    for _ in range(30):
        await draw.choice(FAULTS)(made)
        await made.ready()
        await made.all_there_once()
