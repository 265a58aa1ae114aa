"""Does a worker that slept judge by what it knew before? Not before it has tried to look again."""

from dataclasses import dataclass

import pytest
from tenure_context_sync.freshness.liveness import Liveness
from tenure_context_sync.freshness.slas import SlaTimer
from tenure_eventlog.memory import MemoryLog
from tenure_journal import Replica

from tests.unit.context_sync.story import NOON


@dataclass
class Away:
    """A database that can't be reached, which takes so long to find out; and the seconds that pass."""

    seconds: float = 0.0
    takes_seconds: float = 0.1

    async def fetch(self, *asked: object) -> None:
        self.seconds += self.takes_seconds
        raise OSError("away")

    def ticks(self) -> float:
        return self.seconds


@pytest.fixture
def world() -> Away:
    return Away()


@pytest.fixture
def liveness(world: Away) -> Liveness:
    return Liveness(world, MemoryLog(), "changes", list, world.ticks)


def test_nothing_is_judged_before_the_first_look(liveness: Liveness) -> None:
    assert liveness.awake() is None


async def test_a_look_that_fails_lets_ages_grow_but_blames_no_source(liveness: Liveness) -> None:
    await liveness.try_to_look()
    assert (liveness.awake(), liveness.known()) == ({}, None)


async def test_after_a_sleep_nothing_is_judged_until_the_next_look(liveness: Liveness, world: Away) -> None:
    await liveness.try_to_look()
    world.seconds += 3
    assert liveness.awake() is None
    await liveness.try_to_look()
    assert liveness.awake() == {}


async def test_a_look_that_was_slept_through_does_not_count(liveness: Liveness, world: Away) -> None:
    world.takes_seconds = 20
    await liveness.try_to_look()
    assert liveness.awake() is None


def test_where_nothing_may_be_judged_no_sla_is_due() -> None:
    view = Replica(MemoryLog(), [])
    assert list(SlaTimer(lambda: None).due(view, NOON)) == []
