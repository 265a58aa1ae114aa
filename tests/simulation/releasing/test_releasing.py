"""Does every rollout go step by step to its end, or wait for somebody by name, whatever fails on the way?"""

import logging
from collections.abc import Iterable
from hashlib import sha256
from random import Random
from typing import NamedTuple

import pytest
import structlog

from tests.simulation.loop import SimulatedLoop, run
from tests.simulation.releasing.laws import broken
from tests.simulation.releasing.world import Releasing
from tests.simulation.world import Parts

SEEDS, SOAKED, CHUNK = 200, 2_000, 20


class Outcome(NamedTuple):
    broken: list[str]
    trace: str
    rollouts: int


def simulate(seed: int) -> Outcome:
    async def main(loop: SimulatedLoop, random: Random) -> Outcome:
        world = Releasing(loop, random, Parts())
        await world.live()
        trace = sha256(repr(world.broker.landed).encode()).hexdigest()
        return Outcome(await broken(world), trace, world.rollouts)

    configured = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        return run(f"releasing-{seed}", main)
    finally:
        structlog.configure(**configured)


def first_broken(seeds: Iterable[int]) -> tuple[int, list[str]] | None:
    for seed in seeds:
        if found := simulate(seed).broken:
            return seed, found
    return None


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_seed_breaks_a_law(first: int) -> None:
    assert first_broken(range(first, first + CHUNK)) is None


def test_the_same_seed_gives_the_same_trace_and_others_give_others() -> None:
    assert simulate(1) == simulate(1)
    assert len({simulate(seed).trace for seed in range(5)}) == 5


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, SOAKED, CHUNK))
def test_none_of_two_thousand_seeds_breaks_a_law(first: int) -> None:
    assert first_broken(range(first, first + CHUNK)) is None
