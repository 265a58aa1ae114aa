"""`tenure up` as a user starts it: a process of its own, on a directory and a port of its own."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenure.client import AsyncClient


@dataclass(slots=True)
class Up:
    """One run of the platform; stop it, and start another on the same directory."""

    directory: Path
    port: int
    process: asyncio.subprocess.Process

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> AsyncClient:
        return AsyncClient(self.origin, (self.directory / "owner-token").read_text().strip())


async def tenure(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """The command line in a process of its own."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tenure",
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


Start = Callable[[], Coroutine[Any, Any, Up]]
