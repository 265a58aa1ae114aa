"""A journal over a log in memory, whose clock only the test moves."""

from collections.abc import AsyncIterator

import pytest
from tenure_eventlog.topics import PROBE

from tests.simulation.lockroom import SPEC
from tests.unit.journal.bench import Bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.log.create_topics([SPEC, PROBE])
    yield bench
    for journal in bench.opened:
        await journal.replica.stop()
