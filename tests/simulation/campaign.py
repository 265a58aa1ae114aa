"""One seed, one world, one verdict; the same seed gives the same trace."""

import logging
from collections.abc import Iterable
from hashlib import sha256
from random import Random
from typing import NamedTuple

import structlog

from tests.simulation.laws import broken_laws
from tests.simulation.loop import SimulatedLoop, run
from tests.simulation.world import Parts, World

HONEST = Parts()


class Outcome(NamedTuple):
    """The promises that were broken, and a digest over all that was said to clients and all that landed."""

    broken: list[str]
    trace: str


def simulate(seed: int, parts: Parts = HONEST) -> Outcome:
    async def main(loop: SimulatedLoop, random: Random) -> Outcome:
        world = World(loop, random, parts)
        await world.live()
        return Outcome(await broken_laws(world), _trace(world))

    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    configured = structlog.get_config()
    structlog.configure(wrapper_class=quiet)
    try:
        return run(str(seed), main)
    finally:
        structlog.configure(**configured)


def first_broken(seeds: Iterable[int], parts: Parts = HONEST) -> tuple[int, list[str]] | None:
    """The first seed that breaks a promise, and which."""
    for seed in seeds:
        if broken := simulate(seed, parts).broken:
            return seed, broken
    return None


def _trace(world: World) -> str:
    said = [(number, [(repr(a.told), a.since, a.until) for a in answers]) for number, answers in world.answers.items()]
    return sha256(repr((world.broker.landed, said)).encode()).hexdigest()
