"""What is said of a source, by whichever clock it goes, when its connector or its database fails, or it has a rest?"""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.integration.context_sync.engine.ward import BREACHED, RESTORED, Ward, ward

pytestmark = pytest.mark.postgres
Step = Callable[[Ward], Awaitable[None]]

DEATHS: dict[str, tuple[Step, Step]] = {
    "connector killed": (Ward.kill_engine, Ward.start_engine),
    "database stopped": (Ward.stop_database, Ward.start_database),
    "database frozen": (Ward.freeze_database, Ward.thaw_database),
}


@pytest.fixture
async def made(tmp_path: Path, open_directory: Path, database: str) -> AsyncIterator[Ward]:
    async with ward(tmp_path, open_directory / tmp_path.name, database) as opened:
        yield opened


async def dies(made: Ward, death: str) -> None:
    """In the middle of changes, until it is breached; then it is mended, until all is well and there."""
    befalls, is_mended = DEATHS[death]
    before = await made.story("crm")
    await made.write(2_000)
    await befalls(made)
    await made.dead(*before, BREACHED)
    await is_mended(made)
    await made.back(*before, BREACHED, RESTORED)


async def test_a_source_at_rest_breaches_nothing_nor_does_a_snapshot_meanwhile(made: Ward) -> None:
    await made.rests(4)
    await made.write(3_000)
    await made.snapshot_again()
    await made.write(100)
    await made.whole()
    await made.rests(1)
    assert made.wrong == []


@pytest.mark.parametrize("death", DEATHS)
async def test_a_dead_source_is_silent_then_breached_and_both_end_when_it_is_mended(made: Ward, death: str) -> None:
    await dies(made, death)


@pytest.mark.soak
async def test_twenty_deaths_in_any_order_with_rests_between(made: Ward) -> None:
    draw = random.Random(4)
    for _ in range(20):
        await dies(made, draw.choice(sorted(DEATHS)))
        await made.snapshot_again()
        await made.rests(4, *await made.story("crm"))
