"""Does a real HAProxy do what was decided, and does the record say when it does not?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tenure.actuators.actuating import Actuation
from tenure.actuators.haproxy import HAProxy
from tenure.client import AsyncClient
from tenure_rollout.events import RouteObserved

from tests.integration.rollout.gateways import Balanced, balanced
from tests.integration.rollout.listening import listening
from tests.integration.rollout.stage import CANARY, DELAYS, WHOLE, Stage, rollout

PATIENCE_SECONDS = 30
STREAM = "rollout/deployment/delays@production"


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Balanced]:
    async with balanced(tmp_path / "proxy", "r1", "r2:1", "r2:2") as made:
        yield made


@pytest.fixture
async def edge(stage: Stage, gateway: Balanced) -> AsyncIterator[Actuation]:
    """The actuator of the stage's deployment, where version 1 serves."""
    await stage.serving()
    async with listening(stage) as origin, AsyncClient(origin, "operator") as client:
        actuation = Actuation(client, "edge", "delays@production", HAProxy(gateway.socket, "delays"))
        await actuation.register()
        async with actuation.running():
            await until(lambda: is_said(stage, in_step=True))
            yield actuation


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await holds():
            await asyncio.sleep(0.05)


async def said(stage: Stage) -> dict[str, Any]:
    """What the record says last of the gateway."""
    [seen] = (await stage.got(DELAYS))["actuators"]
    return dict(seen)


async def is_said(stage: Stage, *, in_step: bool, epoch: int = 0) -> bool:
    known = (await stage.got(DELAYS))["actuators"]
    return bool(known) and (known[0]["in_step"], known[0]["desired_epoch"] >= epoch) == (in_step, True)


async def followed(stage: Stage) -> None:
    """Waits until the record says that the gateway does what the newest route says."""
    epoch = (await stage.got(f"{DELAYS}/route"))["epoch"]
    await until(lambda: is_said(stage, in_step=True, epoch=epoch))


async def canary(stage: Stage, steps: list[dict[str, Any]] = CANARY) -> None:
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    await stage.done(f"{DELAYS}/rollouts", rollout("canary", "r2", steps))
    await stage.settled()
    await followed(stage)


async def test_only_what_serves_gets_requests(gateway: Balanced, edge: Actuation) -> None:
    assert await gateway.stamps(50) == {"r1": 50}


async def test_a_canary_gets_its_share_of_the_requests(stage: Stage, gateway: Balanced, edge: Actuation) -> None:
    await canary(stage)
    stamps = await gateway.stamps(400)
    assert (stamps["r1"] + stamps["r2"], 15 <= stamps["r2"] <= 25) == (400, True)
    assert {one["release"]: round(one["weight_percent"], 3) for one in (await said(stage))["observed"]} == {
        "r1": 95.0,
        "r2": 5.0,
    }
    detail = (await edge._gateway.traffic()).detail
    assert detail == f"sent since the last change: r1 {stamps['r1']}, r2 {stamps['r2']}"


async def test_a_rollback_leaves_the_candidate_no_request(stage: Stage, gateway: Balanced, edge: Actuation) -> None:
    await canary(stage)
    await stage.done(f"{DELAYS}/rollback", {"reason": "it looks wrong"})
    await stage.settled()
    await followed(stage)
    assert await gateway.stamps(100) == {"r1": 100}
    assert {s.name: s.status for s in await gateway.by_hand().servers()} == {
        "r1": "UP",
        "r2:1": "DRAIN",
        "r2:2": "DRAIN",
    }


async def test_nothing_moves_to_a_server_that_is_not_up_and_the_rollout_waits_for_it(
    stage: Stage, gateway: Balanced, edge: Actuation
) -> None:
    await gateway.answering["r2:2"].down()
    await gateway.by_hand().admit(["r2:2"])
    await gateway.sees("r2:2", "DOWN")
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    await stage.done(f"{DELAYS}/rollouts", rollout("whole", "r2", WHOLE))
    await stage.settled()
    await until(lambda: is_said(stage, in_step=False))
    assert "not up: r2:2" in (await said(stage))["detail"]
    assert await gateway.stamps(20) == {"r1": 20}
    assert "edge" in (await stage.got(f"{DELAYS}/waiting"))["waits_for"]
    await gateway.answering["r2:2"].up()
    await followed(stage)
    assert await gateway.stamps(20) == {"r2": 20}
    await stage.settled()
    assert (await stage.got(DELAYS))["champion"] == "r2"


async def test_who_changes_weights_by_hand_is_on_the_record_and_undone(
    stage: Stage, gateway: Balanced, edge: Actuation
) -> None:
    await canary(stage)
    await gateway.by_hand().weigh([("r1", 1)])

    async def told() -> list[bool]:
        events = await stage.process.runtimes["rollout"].replica.events(STREAM)
        return [event.in_step for _, event in events if isinstance(event, RouteObserved)]

    async def is_undone() -> bool:
        return (await told())[-2:] == [False, True]

    await until(is_undone)
    assert (await gateway.stamps(200))["r1"] > 170


async def test_a_gateway_that_is_away_is_said_to_be_and_follows_when_it_is_back(
    stage: Stage, gateway: Balanced, edge: Actuation
) -> None:
    await gateway.stop()
    await until(lambda: is_said(stage, in_step=False))
    assert "can't be asked" in (await said(stage))["detail"]
    await gateway.start()
    await until(lambda: is_said(stage, in_step=True))
    assert await gateway.stamps(20) == {"r1": 20}


async def test_what_it_can_not_do_is_refused_before_anything_moves(stage: Stage, edge: Actuation) -> None:
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    steps = [{"kind": "mirror", "weight_percent": 10}, *WHOLE]
    refused = await stage.ask("POST", f"{DELAYS}/rollouts", rollout("shadow", "r2", steps))
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tenure:problem:actuator-cannot")
