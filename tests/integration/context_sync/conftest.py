"""Context-sync, ready to be asked."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.integration.context_sync.desk import Desk


@pytest.fixture
async def weather(tmp_path: Path, database: str) -> AsyncIterator[Desk]:
    """With the weather declared, and nothing come of it yet."""
    async with AsyncExitStack() as stack:
        desk = await Desk.open(tmp_path, database, stack)
        await desk.declared()
        yield desk
