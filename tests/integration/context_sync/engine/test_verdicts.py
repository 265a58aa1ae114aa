"""What is said of a source, by whichever clock it goes, when its connector or its database fails, or it has a rest?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.context_sync.engine.ward import BREACHED, RESTORED, Ward, ward

pytestmark = pytest.mark.postgres


@pytest.fixture
async def made(tmp_path: Path, open_directory: Path, database: str) -> AsyncIterator[Ward]:
    async with ward(tmp_path, open_directory / tmp_path.name, database) as opened:
        yield opened


async def test_a_source_at_rest_breaches_nothing_and_one_whose_connector_is_killed_does_until_it_is_back(
    made: Ward,
) -> None:
    await made.rests(4)
    await made.write(2_000)
    await made.kill_engine()
    await made.dead(BREACHED)
    await made.start_engine()
    await made.back(BREACHED, RESTORED)
