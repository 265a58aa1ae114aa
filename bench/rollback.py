"""How soon after a rollback has the last of 100 routers switched? On the platform as a user starts it."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tenure.client import AsyncClient
from tenure.router import Route, Router
from tenure_service import TokenStore

from bench.figures import Figure, at_most, percentile, seen
from bench.serving import tenure_up

ROUTERS, ROLLBACKS = 100, 100
P99_MS, PATIENCE_SECONDS = 250.0, 60.0
MODEL, ROLLOUT = "/registry/v1/models/delays", "/rollout/v1/deployments/delays@production"
WHOLE = {"steps": [{"kind": "setWeight", "weight_percent": 100}], "judge": {"metric": "brier", "margin": 0.02}}


class Fleet:
    """Routers that follow one deployment, and when the last of them came to serve a release."""

    def __init__(self) -> None:
        self.routers: list[Router] = []
        self._wanted, self._left = "", 0
        self._all_there = asyncio.Event()
        self.last_at = 0.0

    def add(self, client: AsyncClient) -> Router:
        router = Router(client, "delays@production", switched=self._switched)
        self.routers.append(router)
        return router

    def expect(self, release: str) -> None:
        self._wanted, self._left = release, len(self.routers)
        self._all_there.clear()

    def _switched(self, route: Route) -> None:
        if route.arms and route.arms[0].release == self._wanted and len(route.arms) == 1:
            self._left -= 1
            if self._left == 0:
                self.last_at = time.perf_counter()
                self._all_there.set()

    async def all_there(self) -> float:
        await asyncio.wait_for(self._all_there.wait(), PATIENCE_SECONDS)
        return self.last_at


async def rollback() -> list[Figure]:
    with tempfile.TemporaryDirectory() as made:
        home = Path(made) / "platform"
        async with tenure_up(home) as served, AsyncExitStack() as stack:
            store, origin = TokenStore(home / "tokens.json"), f"http://127.0.0.1:{served.port}"
            engineer = store.create("engineer", ("engineer", "operator"), None)
            approver = store.create("approver", ("approver",), "risk")
            clients = [await stack.enter_async_context(AsyncClient(origin, one)) for one in (engineer, approver)]
            await asyncio.sleep(2)  # the platform looks at its tokens each second
            for version in ("1", "2"):
                await _in_production(*clients, version)
            # A client has a pool of 100 connections.
            followers = [await stack.enter_async_context(AsyncClient(origin, engineer)) for _ in range(ROUTERS // 50)]
            fleet = Fleet()
            for number in range(ROUTERS):
                await stack.enter_async_context(fleet.add(followers[number % len(followers)]).following())
            return _figures(await _measured(clients[0], fleet))


async def _in_production(engineer: AsyncClient, approver: AsyncClient, version: str) -> None:
    digest = "sha256:" + version.zfill(64)
    of_version, evidence = f"{MODEL}/versions/{version}", {"evidence": f"eval-{version}", "kind": "evaluation"}
    await engineer.post("/registry/v1/models", {"model": "delays"})
    await engineer.post("/monitor/v1/monitors", {"model": "delays", "metrics": ["brier"], "window_seconds": 60})
    await engineer.post(f"{MODEL}/versions", {"model_version": version, "artifact_digest": digest})
    evidence |= {"verdict": "passed", "tool": "t", "seen_digest": digest, "tool_version": "1", "report_digest": digest}
    await engineer.post(f"{of_version}/evidence", evidence)
    decision = {"stage": "production", "decision": "grant", "seen_digest": digest, "comment": "looked at"}
    await approver.post(f"{of_version}/approvals", decision)
    await engineer.post(f"{of_version}/stage", {"stage": "production"})
    await engineer.post(f"{ROLLOUT}/releases", {"release": f"r{version}", "model_version": version})


async def _measured(client: AsyncClient, fleet: Fleet) -> list[float]:
    """Of each rollback, in milliseconds; from when it was sent, so with all that is done before it is accepted."""
    await _rolled_out(client, fleet, "first", "r1")
    took = []
    for number in range(ROLLBACKS):
        await _rolled_out(client, fleet, f"again-{number}", "r2")
        fleet.expect("r1")
        sent = time.perf_counter()
        command = asyncio.create_task(client.post(f"{ROLLOUT}/rollback", {"reason": "measured"}))
        last = await fleet.all_there()
        await command
        took.append((last - sent) * 1_000)
    return took


async def _rolled_out(client: AsyncClient, fleet: Fleet, name: str, release: str) -> None:
    fleet.expect(release)
    body: dict[str, Any] = {"rollout": name, "release": release, **WHOLE}
    await client.post(f"{ROLLOUT}/rollouts", body)
    await fleet.all_there()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await client.get(ROLLOUT))["active"]:  # noqa: ASYNC110 - the server's state has no event here
            await asyncio.sleep(0.01)


def _figures(took: Sequence[float]) -> list[Figure]:
    title = f"rollback, from when it is sent to the last of {ROUTERS} routers having switched"
    return [
        seen(f"{title}: p50", percentile(took, 0.5), "ms"),
        at_most(f"{title}: p99", percentile(took, 0.99), "ms", P99_MS),
    ]
