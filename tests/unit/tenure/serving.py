"""The registry on a port of its own, in a thread, so that commands meet it as their users do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from tenure.client import Client
from tenure_service.server import bound

from tests.unit.service.desk import desk_over


@dataclass(slots=True)
class Served:
    """`secrets` are the cast's tokens, by name."""

    origin: str
    secrets: dict[str, str]

    def client(self, by: str = "engineer") -> Client:
        return Client(self.origin, self.secrets[by])


@contextmanager
def served(directory: Path, clock: str = "wall") -> Iterator[Served]:
    """A registry over a log in memory, until the block ends."""
    listening = bound("127.0.0.1", 0)
    found: list[Served | BaseException] = []
    up, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with desk_over(directory, clock=clock) as desk:
            server = uvicorn.Server(uvicorn.Config(desk.platform.app, log_level="error", lifespan="off"))
            task = asyncio.create_task(server.serve(sockets=[listening]))
            found.append(Served(f"http://127.0.0.1:{listening.getsockname()[1]}", desk.secrets))
            up.set()
            await asyncio.to_thread(over.wait)
            server.should_exit = True
            await task

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as failure:
            found.append(failure)
            raise
        finally:
            up.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    up.wait()
    [first, *_] = found
    assert isinstance(first, Served), first
    try:
        yield first
    finally:
        over.set()
        thread.join()
