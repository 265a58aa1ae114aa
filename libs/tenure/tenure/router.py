"""Which release answers this request, by the newest route that came; and how old is that knowledge?

A router is told of routes: by server-sent events (`following`), by the log (`following_log`), or when it asks
(`refresh`). Cut off it goes on with the last good route, and says for how long.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import structlog
from tenure_eventlog import EventLog, LogUnavailable, OffsetOutOfRange
from tenure_eventlog.beside import beside
from tenure_eventlog.topics import ROUTES
from tenure_routing import Arm, Choice, HeaderArm, Mirror, Route, assign, choose, mirrored

from tenure.client import AsyncClient, ProblemError

__all__ = ["Arm", "Choice", "HeaderArm", "Mirror", "Route", "Router", "assign", "choose", "mirrored"]

LEAST_BACK_OFF_SECONDS, MOST_BACK_OFF_SECONDS = 0.1, 5.0
NO_HEADERS: Mapping[str, str] = {}

log = structlog.get_logger()
Switched = Callable[[Route], None]


def _nothing(route: Route) -> None:
    return None


class Router:
    """Keeps the newest route of a deployment. `switched` is called with each new one, at once; it must not block."""

    def __init__(self, client: AsyncClient, deployment: str, *, switched: Switched = _nothing) -> None:
        self._client, self._deployment, self._switched = client, deployment, switched
        self._path = f"/rollout/v1/deployments/{deployment}/route"
        self._arrived = asyncio.Event()
        self._heard_at: float | None = None
        self.route: Route | None = None
        self.trouble: str | None = None

    @property
    def age_seconds(self) -> float | None:
        """How long ago the platform last said that this is the route; None before it ever did."""
        return None if self._heard_at is None else time.monotonic() - self._heard_at

    async def refresh(self) -> Route:
        """Asks whether there is a newer route, and holds it. Raises ProblemError before there is a first one."""
        try:
            record = await self._asked()
        except (ProblemError, httpx.TransportError) as cut_off:
            if self.route is None or (isinstance(cut_off, ProblemError) and cut_off.status < 500):
                raise
            log.warning("route_not_refreshed", epoch=self.route.epoch, reason=str(cut_off))
            return self.route
        self._heard()
        if record is not None:
            self.offer(Route.of(record))
        return self._held()

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Is told of each new route, for as long as this lasts."""
        async with beside(self._follow(), f"routes of {self._deployment}"):
            yield

    @asynccontextmanager
    async def following_log(self, event_log: EventLog) -> AsyncIterator[None]:
        """The same past the service, which may be away: for who may read `tenure.routes`."""
        async with beside(self._follow_log(event_log), f"routes of {self._deployment}"):
            yield

    async def arrived(self) -> Route:
        """The first route, when it is there."""
        await self._arrived.wait()
        return self._held()

    def offer(self, offered: Route) -> None:
        """Holds it if its epoch is higher."""
        if self.route is None or offered.epoch > self.route.epoch:
            self.route = offered
            self._arrived.set()
            self._switched(offered)

    def choose(self, key: str, headers: Mapping[str, str] = NO_HEADERS) -> Choice:
        """Who answers a request, and who gets a copy. Raises LookupError before there is a route."""
        return choose(self._held(), key, headers)

    def assign(self, keys: Sequence[str]) -> list[Arm]:
        """The arms of many keys under the route that is held now."""
        route = self._held()
        return [assign(route, key) for key in keys]

    def _held(self) -> Route:
        if self.route is None:
            raise LookupError("refresh first: there is no route yet")
        return self.route

    def _heard(self) -> None:
        self._heard_at, self.trouble = time.monotonic(), None

    async def _asked(self) -> Any:
        known = {"If-None-Match": f'"{self.route.epoch}"'} if self.route else None
        return await self._client.get(self._path, headers=known)

    async def _follow(self) -> None:
        back_off = LEAST_BACK_OFF_SECONDS
        while True:
            try:
                async with aclosing(self._client.events("/rollout/v1/routes", deployment=self._deployment)) as told:
                    async for event in told:
                        self._heard()
                        back_off = LEAST_BACK_OFF_SECONDS
                        if event.event == "route":
                            self.offer(Route.of(json.loads(event.data)))
                self.trouble = "the service ended the stream"
            except (ProblemError, httpx.TransportError) as cut_off:
                self.trouble = f"{type(cut_off).__name__}: {cut_off}"
                log.warning("routes_not_followed", deployment=self._deployment, reason=self.trouble)
            # Many routers lose a service at the same time: they shall not all come back at the same time.
            await asyncio.sleep(back_off * random.uniform(0.5, 1.0))
            back_off = min(back_off * 2, MOST_BACK_OFF_SECONDS)

    async def _follow_log(self, event_log: EventLog) -> None:
        while True:
            try:
                await self._read(event_log)
            except (LogUnavailable, OffsetOutOfRange) as cut_off:
                self.trouble = str(cut_off)
                log.warning("routes_not_followed", deployment=self._deployment, reason=self.trouble)
                await asyncio.sleep(MOST_BACK_OFF_SECONDS)

    async def _read(self, event_log: EventLog) -> None:
        wanted = self._deployment.encode()
        starts = await event_log.start_offsets([ROUTES.name])
        async with aclosing(event_log.read(starts)) as batches:
            async for batch in batches:
                for record in batch.records:
                    if record.key == wanted and record.value:
                        self._heard()
                        self.offer(Route.of(json.loads(record.value)))
