"""What does a router know of its route, when it is told of each new one, and when it is cut off?"""

import asyncio
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest
from tenure.actuators.actuating import Actuation
from tenure.actuators.client import ClientGateway
from tenure.client import AsyncClient, ProblemError
from tenure.router import Route, Router

from tests.integration.rollout.listening import listening
from tests.integration.rollout.stage import DELAYS, Stage

DEPLOYMENT = "delays@production"
JUDGED = {"judge": {"metric": "brier", "margin": 0.02}}


class Watched(Router):
    """A router whose switches can be waited for."""

    def __init__(self, client: AsyncClient) -> None:
        super().__init__(client, DEPLOYMENT, switched=self._switched_to)
        self.seen: list[Route] = []
        self._waiting: list[tuple[int, asyncio.Future[Route]]] = []

    def _switched_to(self, route: Route) -> None:
        self.seen.append(route)
        for epoch, waiting in self._waiting:
            if route.epoch >= epoch and not waiting.done():
                waiting.set_result(route)

    async def reaches(self, epoch: int) -> Route:
        if self.route and self.route.epoch >= epoch:
            return self.route
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append((epoch, waiting))
        return await asyncio.wait_for(waiting, timeout=30)


async def epoch_of(stage: Stage) -> int:
    return int((await stage.got(f"{DELAYS}/route"))["epoch"])


async def test_it_is_told_the_route_as_it_is_and_each_newer_one(stage: Stage) -> None:
    await stage.serving()
    async with listening(stage) as origin, AsyncClient(origin, "operator") as client:
        router = Watched(client)
        async with router.following():
            assert (await router.arrived()).arms[0].release == "r1"
            await stage.in_production("2")
            await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
            await stage.done(f"{DELAYS}/rollouts", {"rollout": "b", "release": "r2", "strategy": "blueGreen", **JUDGED})
            await stage.settled()
            route = await router.reaches(await epoch_of(stage))
            assert {arm.release for arm in route.arms} == {"r1", "r2"}
            assert router.age_seconds is not None


async def test_a_rollback_reaches_every_router_and_each_holds_one_whole_tuple(stage: Stage) -> None:
    await stage.canary()
    async with listening(stage) as origin, AsyncExitStack() as stack:
        client = await stack.enter_async_context(AsyncClient(origin, "operator"))
        routers = [Watched(client) for _ in range(50)]
        for router in routers:
            await stack.enter_async_context(router.following())
        await asyncio.gather(*(router.arrived() for router in routers))
        await stage.done(f"{DELAYS}/rollback", {"reason": "it looks wrong"})
        await stage.settled()
        epoch = await epoch_of(stage)
        routes = await asyncio.gather(*(router.reaches(epoch) for router in routers))
        assert {(arm.release, arm.model_version) for route in routes for arm in route.arms} == {("r1", "1")}
        assert {router.choose("any").stamps["Tenure-Release"] for router in routers} == {"r1"}


async def test_cut_off_it_serves_on_says_so_and_comes_back_to_the_newest(stage: Stage) -> None:
    await stage.serving()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(AsyncExitStack())
        origin = await first.enter_async_context(listening(stage))
        client = await stack.enter_async_context(AsyncClient(origin, "operator"))
        router = Watched(client)
        await stack.enter_async_context(router.following())
        await router.arrived()
        await first.aclose()
        assert router.choose("any").arm.release == "r1"
        await stage.in_production("2")
        await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
        whole = {"steps": [{"kind": "setWeight", "weight_percent": 100}], **JUDGED}
        await stage.done(f"{DELAYS}/rollouts", {"rollout": "second", "release": "r2", **whole})
        await stage.settled()
        while router.trouble is None:
            await asyncio.sleep(0.01)
        assert router.choose("any").arm.release == "r1"
        async with listening(stage, urlsplit(origin).port or 0):
            assert (await router.reaches(await epoch_of(stage))).arms[0].release == "r2"
            assert router.trouble is None


async def test_from_the_log_it_needs_no_service(stage: Stage) -> None:
    await stage.serving()
    async with AsyncClient("http://127.0.0.1:9", "operator") as nobody:
        router = Watched(nobody)
        async with router.following_log(stage.log):
            assert (await router.arrived()).arms[0].release == "r1"


async def test_who_comes_when_too_many_follow_is_told_to_ask_another_replica(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenure_rollout.api.routes.MOST_FOLLOWERS", 0)
    async with listening(stage) as origin, AsyncClient(origin, "operator") as client:
        with pytest.raises(ProblemError, match="follow this replica"):
            await anext(client.events("/rollout/v1/routes", deployment=DEPLOYMENT))


async def test_a_gateway_that_is_the_router_itself_says_that_it_follows(stage: Stage) -> None:
    await stage.serving()
    async with listening(stage) as origin, AsyncClient(origin, "operator") as client:
        gateway = ClientGateway(Router(client, DEPLOYMENT))
        actuation = Actuation(client, "in-process", DEPLOYMENT, gateway)
        await actuation.register()
        async with actuation.running(), asyncio.timeout(30):
            while not (known := (await stage.got(DELAYS))["actuators"]):
                await asyncio.sleep(0.02)
        assert [(one["actuator"], one["in_step"]) for one in known] == [("in-process", True)]
        assert (await gateway.traffic()).shares == {"r1": 100.0}
