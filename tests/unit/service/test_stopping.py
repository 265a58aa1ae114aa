"""Does a signal close all that was opened?"""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio
import uvicorn
from starlette.applications import Starlette
from tenure_service.server import DrainingServer

async def main():
    config = uvicorn.Config(Starlette(), host="127.0.0.1", port=0, log_config=None, lifespan="off")
    try:
        await DrainingServer(config, "ready\\n").serve()
    finally:
        await asyncio.sleep(0)
        print("closed", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_then_closes_what_was_opened(sent: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        server.send_signal(sent)
        assert server.stdout.readline() == "closed\n"
        assert server.wait() == 0
