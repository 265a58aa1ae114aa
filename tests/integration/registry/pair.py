"""Two registry processes on one log, and clients that ask both at once."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from tenure.cluster import free_port
from tenure.demo.platforms import child, ready
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import ALL_TOPICS
from tenure_service import TokenStore

PREFIX = "/registry/v1"


@dataclass(slots=True)
class Pair:
    """`sides` are clients of the two processes; `address` is their log's."""

    address: str
    sides: Sequence[httpx.AsyncClient]

    async def change(
        self, side: int, method: str, path: str, body: Mapping[str, Any], **headers: str
    ) -> httpx.Response:
        """One command; who lost five races in a row asks again with its key, as the answer says."""
        headers.setdefault("Idempotency-Key", str(uuid4()))
        while True:
            answer = await self.sides[side].request(method, path, json=body, headers=headers)
            if answer.status_code != 409 or not answer.json()["type"].endswith(":race-lost"):
                return answer

    async def model(self, versions: int) -> str:
        """The path of a new model with so many versions."""
        name = f"race-{uuid4().hex}"
        assert (await self.change(0, "POST", "/models", {"model": name})).status_code == 201
        for number in range(versions):
            body = {"model_version": f"v{number}", "artifact_digest": f"sha256:{number:064x}"}
            assert (await self.change(0, "POST", f"/models/{name}/versions", body)).status_code == 201
        return f"/models/{name}"

    async def digests(self) -> list[str]:
        """Of both processes' whole state, each once it has read all that the other has."""
        seen = ""
        for side in (*self.sides, *self.sides):
            answer = await side.get("/models", params={"limit": 1}, headers={"Tenure-At-Least": seen} if seen else {})
            seen = answer.headers["Tenure-Offsets"]
        found = await asyncio.gather(*(side.get("/state-digest") for side in self.sides))
        return [answer.json()["digest"] for answer in found]


@asynccontextmanager
async def pair_on(address: str, directory: Path) -> AsyncIterator[Pair]:
    async with open_log(address) as log:
        await log.create_topics(ALL_TOPICS)
    tokens = TokenStore(directory / "tokens.json").create("racer", ("engineer", "producer", "auditor"), None)
    async with AsyncExitStack() as stack:
        sides = await asyncio.gather(*(_side(stack, address, directory, tokens) for _ in range(2)))
        yield Pair(address, sides)


async def _side(stack: AsyncExitStack, address: str, directory: Path, token: str) -> httpx.AsyncClient:
    port = free_port()
    told = {
        "TENURE_LOG": address,
        "TENURE_PORT": str(port),
        "TENURE_TOKENS": str(directory / "tokens.json"),
        "TENURE_REQUESTS_PER_SECOND": "1000000",
    }
    process = await stack.enter_async_context(child(["serve", "registry"], told))
    origin = f"http://127.0.0.1:{port}"
    await ready(origin, process)
    client = httpx.AsyncClient(base_url=origin + PREFIX, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    return await stack.enter_async_context(client)
