"""Do the stamps on the answers say what the record says, while releases come and go under load?"""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tenure.actuators.actuating import Actuation
from tenure.actuators.haproxy import HAProxy
from tenure.client import AsyncClient
from tenure.router import Router
from tenure_eventlog.embedded import running_dsn
from tenure_eventlog.open import open_log

from tests.e2e.production import DEPLOYMENT, OF_DEPLOYMENT, People, in_production
from tests.e2e.running import Start, Up
from tests.e2e.traffic import Load, Routed, history, mixed, strays
from tests.integration.rollout.gateways import balanced

pytestmark = pytest.mark.postgres
JUDGE = {"metric": "brier", "margin": 0.02}
PATIENCE_SECONDS = 60


@dataclass(slots=True)
class Field:
    run: Up
    client: AsyncClient
    load: Load
    draw: random.Random
    number: int = 0

    async def deployment(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.client.get(OF_DEPLOYMENT)
        return found

    async def rolled_out(self) -> None:
        """The release that does not serve gets a share, and after a while, not before it is done or after, its fate."""
        self.number += 1
        champion = (await self.deployment())["champion"]
        release = "r1" if champion == "r2" else "r2"
        share = self.draw.randint(5, 95)
        steps = [{"kind": "setWeight", "weight_percent": share}, {"kind": "pause"}]
        body = {"rollout": f"rollout-{self.number}", "release": release, "steps": steps, "judge": JUDGE}
        await self.client.post(f"{OF_DEPLOYMENT}/rollouts", body)
        await asyncio.sleep(self.draw.uniform(0, 0.3))
        if self.draw.random() < 0.5:
            await self.client.post(f"{OF_DEPLOYMENT}/rollback", {"reason": "at random"})
        else:
            await self.client.post(f"{OF_DEPLOYMENT}/rollouts/rollout-{self.number}/promote")
            await asyncio.sleep(self.draw.uniform(0, 0.3))
            if self.draw.random() < 0.5:
                await self.client.post(f"{OF_DEPLOYMENT}/rollback", {"reason": "at random"})

    async def followed(self) -> None:
        """Waits until the gateway does what was decided last."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                found = await self.deployment()
                if any(a["in_step"] and a["desired_epoch"] == found["route"]["epoch"] for a in found["actuators"]):
                    return
                await asyncio.sleep(0.05)


@pytest.fixture
async def field(start: Start, tmp_path: Path) -> AsyncIterator[Field]:
    """Release r1 serves through both; requests come all the time."""
    run = await start()
    people = await People.on(run)
    for version in ("1", "2"):
        await in_production(run.origin, people, version)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(AsyncClient(run.origin, people.engineer))
        gateway = await stack.enter_async_context(balanced(tmp_path / "proxy", "r1", "r2"))
        edge = Actuation(client, "edge", DEPLOYMENT, HAProxy(gateway.socket, "delays"))
        await edge.register()
        await stack.enter_async_context(edge.running())
        first = {"rollout": "first", "release": "r1", "steps": [{"kind": "setWeight", "weight_percent": 100}]}
        await client.post(f"{OF_DEPLOYMENT}/rollouts", first | {"judge": JUDGE})
        router = Router(client, DEPLOYMENT, switched=lambda route: made.load.note(route))
        made = Field(run, client, Load(f"http://127.0.0.1:{gateway.port}", router), random.Random(6))
        await stack.enter_async_context(router.following())
        await router.arrived()
        await made.followed()
        await stack.enter_async_context(made.load.going())
        yield made


async def hold(field: Field, rollouts: int) -> None:
    """Of each answer: its release served then, or within the time that the newest route took to get there."""
    for _ in range(rollouts):
        await field.rolled_out()
    await field.followed()
    async with open_log(running_dsn(field.run.directory) or "") as log:
        routes, observed = await history(log, f"rollout/deployment/{DEPLOYMENT}")
    load, decided = field.load, {route.epoch: route.at for route in routes}
    assert load.failed == []
    assert min(len(load.by_gateway), len(load.by_router)) > 10 * rollouts
    by_router = max(at - decided[epoch] for epoch, at in load.switched.items() if at >= decided[epoch])
    # A gateway that is overtaken by the next route says so only of that one; so till it follows again.
    by_gateway = longest([one["observed_at"] for one in observed if one["in_step"]], routes)
    assert strays(load.by_router, routes, by_router) == []
    assert mixed(load.by_router, routes) == []
    assert strays(load.by_gateway, routes, by_gateway) == []
    # Seen with -s; the windows are what was measured, and no limit.
    sys.stdout.write(f"{rollouts} rollouts: router {by_router}, gateway {by_gateway}, {len(load.by_gateway)} answers\n")
    for one in random.Random(7).sample(load.by_router, 20):
        served = await field.client.get(f"{OF_DEPLOYMENT}/serving", effective_at=one.answered_at.isoformat())
        assert served["epoch"] == max(r.epoch for r in routes if r.at <= one.answered_at)


def longest(followed: list[datetime], routes: list[Routed]) -> timedelta:
    """From a route being decided to the gateway next following one."""
    waits = [min((at for at in followed if at >= route.at), default=route.at) - route.at for route in routes]
    return max(waits)


async def test_every_answer_is_of_a_release_that_the_record_says_served(field: Field) -> None:
    await hold(field, 6)


@pytest.mark.soak
async def test_two_hundred_rollouts_and_rollbacks_at_random(field: Field) -> None:
    await hold(field, 200)
