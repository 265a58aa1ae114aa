"""What is said of a source, by whichever clock it goes, when its connector or its database fails, or it has a rest?"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from tenure_eventlog.embedded import EmbeddedPostgres

from tests.integration.context_sync.engine.ward import BREACHED, RESTORED, Ward, ward, with_signals

pytestmark = pytest.mark.postgres
Step = Callable[[Ward], Awaitable[None]]

DEATHS: dict[str, tuple[Step, Step]] = {
    "connector killed": (Ward.kill_engine, Ward.start_engine),
    "database stopped": (Ward.stop_database, Ward.start_database),
    "database frozen": (Ward.freeze_database, Ward.thaw_database),
}


Open = Callable[[str], AbstractAsyncContextManager[Ward]]


@pytest.fixture
def open_ward(
    tmp_path: Path, open_directory: Path, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> Open:
    monkeypatch.setattr("tenure.sources.engine.properties_of", with_signals)

    @asynccontextmanager
    async def opened(name: str) -> AsyncIterator[Ward]:
        store = await postgres.create_database(f"ward_{uuid4().hex}")
        async with ward(tmp_path / name, open_directory, store) as made:
            yield made

    return opened


async def dies(made: Ward, death: str) -> None:
    """In the middle of changes, until it is breached; then it is mended, until all is well and there."""
    befalls, is_mended = DEATHS[death]
    before = await made.story("crm")
    await made.write(500)
    await befalls(made)
    await made.dead(*before, BREACHED)
    await is_mended(made)
    await made.back(*before, BREACHED, RESTORED)


async def rests_while_a_snapshot_is_taken(made: Ward) -> None:
    before = await made.story("crm")
    await made.rests(4, *before)
    await made.write(200)
    await made.snapshot_again()
    await made.write(20)
    await made.rests(1, *before)
    await made.whole()


async def test_a_source_at_rest_is_kept_and_a_dead_one_silent_then_breached_until_it_is_mended(open_ward: Open) -> None:
    """Each death with a database and a connector of its own, side by side: one after the other takes long."""

    async def suffers(death: str) -> None:
        async with open_ward(death) as made:
            await rests_while_a_snapshot_is_taken(made)
            await dies(made, death)

    async with asyncio.TaskGroup() as wards:
        for death in DEATHS:
            wards.create_task(suffers(death))


@pytest.mark.soak
async def test_twenty_deaths_in_any_order_with_rests_between(open_ward: Open) -> None:
    draw = random.Random(4)
    async with open_ward("soak") as made:
        for _ in range(20):
            await dies(made, draw.choice(sorted(DEATHS)))
            await rests_while_a_snapshot_is_taken(made)
