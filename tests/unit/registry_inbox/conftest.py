"""A registry with its inbox, for each test its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.registry_inbox.post import Post, post_over


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with post_over(tmp_path) as opened:
        yield opened
