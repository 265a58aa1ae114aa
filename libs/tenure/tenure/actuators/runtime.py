"""HAProxy's runtime socket: what are a backend's servers doing, and how is that changed without a reload?

Source: HAProxy 3.0 management guide, section 9.3, "Unix Socket commands"; 9.1, "CSV format".
"""

import asyncio
import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from tenure.actuators.gateway import GatewayAway

ANSWER_SECONDS = 5.0
MOST_BYTES = 16 * 1_048_576
UP = ("UP", "no check")


class Server(NamedTuple):
    """`status` as HAProxy has it (UP, DOWN, DRAIN, MAINT, `no check`); `sessions`: all since its start."""

    name: str
    weight: int
    status: str
    sessions: int

    @property
    def release(self) -> str:
        """`r2`, or of several servers of one release `r2:1`, `r2:2`."""
        return self.name.partition(":")[0]

    @property
    def serves(self) -> bool:
        """It is up, and was not told to take no new sessions."""
        return self.status.startswith(UP)


class RuntimeSocket:
    """One backend by way of a socket: a path, or `host:port`."""

    def __init__(self, address: str, backend: str) -> None:
        self._address, self._backend = address, backend

    async def servers(self) -> list[Server]:
        """Raises GatewayAway, also where there is no such backend."""
        text = await self._ask("show stat")
        rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
        found = [
            Server(row["svname"], int(row["weight"] or 0), row["status"], int(row["stot"] or 0))
            for row in rows
            if row["pxname"] == self._backend and row["svname"] not in ("FRONTEND", "BACKEND")
        ]
        if not found:
            raise GatewayAway(f"HAProxy has no backend {self._backend} with servers")
        return found

    async def weigh(self, weights: Sequence[tuple[str, int]]) -> None:
        """Of servers, in this order and in one breath."""
        await self._tell([f"set server {self._backend}/{server} weight {weight}" for server, weight in weights])

    async def admit(self, servers: Sequence[str]) -> None:
        """They take new sessions, if they are up and have a weight."""
        await self._tell([f"set server {self._backend}/{server} state ready" for server in servers])

    async def drain(self, servers: Sequence[str]) -> None:
        """They take no new sessions, and end those that they have."""
        await self._tell([f"set server {self._backend}/{server} state drain" for server in servers])

    async def _tell(self, commands: Sequence[str]) -> None:
        if commands and (said := (await self._ask("; ".join(commands))).strip()):
            raise GatewayAway(f"HAProxy answered to `{'; '.join(commands)}`: {said[:500]}")

    async def _ask(self, command: str) -> str:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await self._connected()
                try:
                    writer.write(f"{command}\n".encode())
                    return (await _all_of(reader)).decode("utf-8", "replace")
                finally:
                    writer.close()
        except (OSError, TimeoutError) as away:
            raise GatewayAway(f"HAProxy's socket {self._address} can't be asked `{command}`: {away!r}") from away

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, separator, port = self._address.rpartition(":")
        if separator and port.isdecimal():
            return await asyncio.open_connection(host, int(port))
        return await asyncio.open_unix_connection(self._address)


async def _all_of(reader: asyncio.StreamReader) -> bytes:
    found = await reader.read(MOST_BYTES)
    while more := await reader.read(MOST_BYTES):
        found += more
        if len(found) > MOST_BYTES:
            raise GatewayAway(f"HAProxy's answer has over {MOST_BYTES} bytes")
    return found
