"""The stage on a port of its own, so that clients meet it as their users do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from tenure_service.server import bound

from tests.integration.rollout.stage import Stage


@asynccontextmanager
async def listening(stage: Stage, port: int = 0) -> AsyncIterator[str]:
    """Its origin, until the block ends."""
    with bound("127.0.0.1", port) as listener:
        config = uvicorn.Config(
            stage.process.app, log_level="error", lifespan="off", timeout_graceful_shutdown=1, access_log=False
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
