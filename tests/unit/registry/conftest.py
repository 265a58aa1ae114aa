"""A bench for the registry's reactions."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.registry.bench import Bench, opened_bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with opened_bench() as bench:
        yield bench
