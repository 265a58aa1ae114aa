"""Registry and rollout over a log in memory, asked over HTTP; contexts and windows are put onto the log as told."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.integration.rollout.stage import Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        yield await Stage.open(tmp_path, stack)
