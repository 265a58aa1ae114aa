"""Is every acknowledged command there once, whatever moment the whole platform is killed at?"""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from tenure.cluster import free_port
from tenure.consumer import Consumer
from tenure.demo.platforms import ready
from tenure_eventlog.open import open_log

KILLS = 20
IN_FLIGHT = 8


class Platform:
    """`tenure up` on one directory, killed and started again."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        arguments = ["up", "--dir", str(self.directory), "--port", str(self.port)]
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tenure", *arguments, stdout=asyncio.subprocess.DEVNULL
        )
        await ready(self.url, self.process)

    async def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        await self.process.wait()

    def headers(self, key: str) -> dict[str, str]:
        token = (self.directory / "owner-token").read_text().strip()
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": key}


async def create(platform: Platform, http: httpx.AsyncClient, name: str) -> dict[str, Any] | None:
    """The receipt; None where it is not known what came of it."""
    try:
        answer = await http.post(
            f"{platform.url}/registry/v1/models", json={"model": name}, headers=platform.headers(name)
        )
    except httpx.TransportError:
        return None
    return answer.json() if answer.is_success else None


async def load(platform: Platform, waiting: list[str], receipts: dict[str, dict[str, Any]]) -> None:
    """Sends what waits, and goes on with new names, until it is cancelled; unanswered names wait again."""
    async with httpx.AsyncClient(timeout=30) as http:
        while True:
            names = [waiting.pop() if waiting else f"m-{os.urandom(6).hex()}" for _ in range(IN_FLIGHT)]
            try:
                answers = await asyncio.gather(*(create(platform, http, name) for name in names))
            except asyncio.CancelledError:
                waiting += names
                raise
            for name, receipt in zip(names, answers, strict=True):
                if receipt is None:
                    waiting.append(name)
                else:
                    receipts[name] = receipt
            await asyncio.sleep(0)


async def acknowledged_at_least(receipts: dict[str, dict[str, Any]], count: int) -> None:
    async with asyncio.timeout(60):
        while len(receipts) < count:
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("kills", [KILLS])
async def test_killed_under_load_every_acknowledged_command_is_there_once(tmp_path: Path, kills: int) -> None:
    platform, luck = Platform(tmp_path / "home"), random.Random(9)
    waiting: list[str] = []
    receipts: dict[str, dict[str, Any]] = {}
    for _ in range(kills):
        await platform.start()
        loading = asyncio.create_task(load(platform, waiting, receipts))
        await acknowledged_at_least(receipts, len(receipts) + luck.randrange(1, 150))
        await platform.kill()
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)
    await platform.start()
    async with httpx.AsyncClient(timeout=30) as http:
        again = {name: await create(platform, http, name) for name in [*waiting, *receipts]}
    async with open_log(f"embedded:{tmp_path / 'home'}") as log:
        consumer = Consumer(log)
        events = [event async for event in consumer.events(until_end=True)]
    await platform.kill(signal.SIGTERM)
    assert set(consumer.chain.counts) <= {"accepted", "late", "fork"}
    times = Counter(event.attributes.subject for event in events)
    assert set(times.values()) == {1}
    digests = {event.attributes.subject: event.digest for event in events}
    for name, receipt in receipts.items():
        assert receipt["digest"] == digests[f"registry/model/{name}"]
        assert again[name] == receipt
    assert set(times) == {f"registry/model/{name}" for name in again}
