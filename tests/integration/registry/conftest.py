"""Two registry processes on each kind of log."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.integration.registry.pair import Pair, pair_on

LOGS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "kafka")]


@pytest.fixture(scope="module", params=LOGS)
def address(request: pytest.FixtureRequest) -> str:
    """On Kafka the topics may hold what other tests have written."""
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        return asyncio.run(server.create_database(f"race_{uuid4().hex}"))
    return f"kafka://{request.getfixturevalue('kafka').removeprefix('kafka://')}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(address: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """For all tests of a file: starting two processes takes longer than a race."""
    async with pair_on(address, tmp_path_factory.mktemp("pair")) as opened:
        yield opened
