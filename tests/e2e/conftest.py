"""A platform for each test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tenure.cluster import free_port
from tenure.demo.platforms import ready

from tests.e2e.running import Start, Up, tenure


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory that an unprivileged database server may reach: root runs it as another user."""
    for parent in (tmp_path, *tmp_path.parents):
        if parent.name.startswith(("pytest-", "test_")):
            parent.chmod(0o755)
    return tmp_path / "platform"


@pytest.fixture
async def start(home: Path) -> AsyncIterator[Start]:
    """Starts the platform on the test's directory, as often as it is called."""
    port, started = free_port(), list[Up]()

    async def another() -> Up:
        process = await tenure("up", "--dir", str(home), "--port", str(port))
        run = Up(home, port, process)
        started.append(run)
        await ready(run.origin, process)
        return run

    yield another
    for run in started:
        if run.process.returncode is None:
            run.process.terminate()
            await run.process.wait()
