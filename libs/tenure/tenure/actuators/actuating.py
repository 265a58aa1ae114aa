"""Who sees to it that a gateway does what was decided, and says on the record when it does and when it ceases to?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import structlog
from tenure_eventlog.beside import beside
from tenure_routing import Route

from tenure.actuators.gateway import Gateway, GatewayAway, Traffic
from tenure.client import AsyncClient, ProblemError
from tenure.router import Router

LOOK_SECONDS = 1.0
TROUBLE = (GatewayAway, ProblemError, httpx.TransportError)

log = structlog.get_logger()


class Seen(NamedTuple):
    """What was said last on the record: it is said again only when it changes."""

    epoch: int
    in_step: bool
    away: bool


class Actuation:
    """Keeps one gateway to one deployment's routes. Any number may: each looks at what is, and does what is missing.

    A crash leaves the gateway as it was; the next start looks again. The platform away, the last route stays.
    """

    def __init__(self, client: AsyncClient, name: str, deployment: str, gateway: Gateway) -> None:
        self._client, self._name, self._deployment, self._gateway = client, name, deployment, gateway
        self._changed = asyncio.Event()
        self._router = Router(client, deployment, switched=lambda route: self._changed.set())
        self._said: Seen | None = None
        self._applied = 0
        self.trouble: str | None = None

    async def register(self) -> None:
        """Says what the gateway can do. Raises ProblemError where it is registered otherwise."""
        gateway = self._gateway
        body = {
            "actuator": self._name,
            "kind": gateway.kind,
            "deployments": [self._deployment],
            "capabilities": list(gateway.capabilities),
            "finest_percent": gateway.finest_percent,
            "address": gateway.address,
        }
        await self._client.post("/rollout/v1/actuators", body, key=f"register-{self._name}-{self._deployment}")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """For as long as this lasts."""
        async with self._router.following(), beside(self._keep_on(), f"actuator {self._name}"):
            yield

    async def _keep_on(self) -> None:
        await self._router.arrived()
        while True:
            self._changed.clear()
            try:
                await self.look()
                self.trouble = None
            except TROUBLE as trouble:
                self.trouble = f"{type(trouble).__name__}: {trouble}"
                log.warning("not_actuated", actuator=self._name, deployment=self._deployment, reason=self.trouble)
            try:
                await asyncio.wait_for(self._changed.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Compares what is with what was decided; says where it ceased to be so, makes it so, and says that it is."""
        route = self._router.route
        if route is None:
            return
        try:
            before = await self._gateway.traffic()
            if not self._follows(route, before):
                if self._applied == route.epoch:  # it was so already: somebody else changed it
                    await self._say(route, before)
                await self._gateway.apply(route)
                self._applied = route.epoch
            await self._say(route, await self._gateway.traffic())
        except GatewayAway as away:
            await self._say_away(route, away)
            raise

    def _follows(self, route: Route, traffic: Traffic) -> bool:
        wanted = {arm.release: arm.weight_percent for arm in route.arms}
        finest = self._gateway.finest_percent
        releases = wanted.keys() | traffic.shares.keys()
        return all(abs(wanted.get(one, 0.0) - traffic.shares.get(one, 0.0)) <= finest for one in releases)

    async def _say(self, route: Route, traffic: Traffic) -> None:
        seen = Seen(route.epoch, self._follows(route, traffic), away=False)
        if seen != self._said:
            await self._tell(route, traffic)
            self._said = seen

    async def _say_away(self, route: Route, away: GatewayAway) -> None:
        seen = Seen(route.epoch, in_step=False, away=True)
        if seen != self._said:
            await self._tell(route, Traffic({}, str(away)))
            self._said = seen

    async def _tell(self, route: Route, traffic: Traffic) -> None:
        observed = [{"release": name, "weight_percent": share} for name, share in sorted(traffic.shares.items())]
        body: dict[str, Any] = {"epoch": route.epoch, "observed": observed, "detail": traffic.detail}
        body["tolerance_percent"] = self._gateway.finest_percent
        await self._client.post(f"/rollout/v1/deployments/{self._deployment}/actuators/{self._name}/observed", body)
