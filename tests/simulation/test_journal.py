"""Do replica and writer keep their promises, whatever the network, the processes and the clients do?"""

import os
import time
from itertools import count

import pytest

from tests.simulation.campaign import first_broken, simulate

SEEDS = 2_000
CHUNK = 50


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_seed_breaks_a_promise(first: int) -> None:
    assert first_broken(range(first, first + CHUNK)) is None


@pytest.mark.parametrize("seed", range(10))
def test_the_same_seed_gives_the_same_trace(seed: int) -> None:
    assert simulate(seed) == simulate(seed)


def test_other_seeds_give_other_traces() -> None:
    assert len({simulate(seed).trace for seed in range(10)}) == 10


@pytest.mark.soak
@pytest.mark.skipif("TENURE_SOAK_MINUTES" not in os.environ, reason="a campaign: set TENURE_SOAK_MINUTES")
def test_no_seed_of_a_long_campaign_breaks_a_promise() -> None:
    until = time.monotonic() + float(os.environ["TENURE_SOAK_MINUTES"]) * 60
    for first in count(1_000_000, CHUNK):
        assert first_broken(range(first, first + CHUNK)) is None
        if time.monotonic() > until:
            return
