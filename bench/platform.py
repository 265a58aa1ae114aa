"""Starting and idling: the whole platform, as a user starts it."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tenure.cluster import free_port
from tenure.demo.memory import pss_mib
from tenure.demo.platforms import ready

from bench.figures import Figure, at_most

COLD_SECONDS, WARM_SECONDS, IDLE_MIB = 6.0, 3.0, 300.0


async def starts() -> list[Figure]:
    """Cold start (initdb included), warm start, and memory at rest."""
    with tempfile.TemporaryDirectory() as home:
        cold, _ = await _start(Path(home) / "data")
        warm, idle = await _start(Path(home) / "data")
    return [
        at_most("cold start until ready", cold, "s", COLD_SECONDS),
        at_most("warm start until ready", warm, "s", WARM_SECONDS),
        at_most("idle memory, Postgres included", idle, "MiB PSS", IDLE_MIB),
    ]


async def _start(directory: Path) -> tuple[float, int]:
    port = free_port()
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tenure", "up", "--dir", str(directory), "--port", str(port)
    )
    await ready(f"http://127.0.0.1:{port}", process)
    took = time.perf_counter() - began
    idle = pss_mib([process.pid])
    process.terminate()
    await process.wait()
    return took, idle
