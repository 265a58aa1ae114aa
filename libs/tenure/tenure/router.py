"""Which release answers this request? A pure function of the routing record and the request's key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx
import structlog

from tenure.client import AsyncClient, ProblemError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Arm:
    """`contexts`: which revision of each context its release reads."""

    release: str
    model_version: str
    weight_percent: float
    contexts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One routing record; a higher epoch replaces a lower one, never the other way round."""

    deployment: str
    epoch: int
    arms: tuple[Arm, ...]
    salt: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Route":
        """From a record's JSON."""
        return cls(record["deployment"], record["epoch"], tuple(map(_arm, record["arms"])), record["salt"])


def _arm(record: Mapping[str, Any]) -> Arm:
    contexts = {one["context"]: one["revision"] for one in record.get("contexts", ())}
    return Arm(record["release"], record["model_version"], record["weight_percent"], contexts)


def assign(route: Route, key: str) -> Arm:
    """The arm of `key`: its place on a circle of 100 percent decides, the same for every router and at any time.

    Raises LookupError for a route without arms: the only release there was has been taken back.
    """
    if not route.arms:
        raise LookupError(f"nothing serves {route.deployment} since epoch {route.epoch}")
    place = int.from_bytes(sha256(f"{route.salt}\n{key}".encode()).digest()[:8], "big") / 2**64 * 100
    reached = 0.0
    for arm in route.arms:
        reached += arm.weight_percent
        if place < reached:
            return arm
    return route.arms[-1]  # the weights add up to 100 but for rounding


class Router:
    """Keeps the newest route of a deployment; when cut off it goes on with the last good one."""

    def __init__(self, client: AsyncClient, deployment: str) -> None:
        self._client, self._path = client, f"/rollout/v1/deployments/{deployment}/route"
        self.route: Route | None = None

    async def refresh(self) -> Route:
        """Asks whether there is a newer route, and holds it. Raises ProblemError before there is a first one."""
        try:
            record = await self._asked()
        except (ProblemError, httpx.TransportError) as cut_off:
            if self.route is None or (isinstance(cut_off, ProblemError) and cut_off.status < 500):
                raise
            log.warning("route_not_refreshed", epoch=self.route.epoch, reason=str(cut_off))
            return self.route
        if record is not None:
            self._offer(Route.of(record))
        if self.route is None:
            raise LookupError("there is no route yet")
        return self.route

    async def _asked(self) -> Any:
        known = {"If-None-Match": f'"{self.route.epoch}"'} if self.route else None
        return await self._client.get(self._path, headers=known)

    def _offer(self, offered: Route) -> None:
        if self.route is None or offered.epoch > self.route.epoch:
            self.route = offered

    def assign(self, keys: Sequence[str]) -> list[Arm]:
        """The arms of many keys under the route that is held now."""
        if self.route is None:
            raise LookupError("refresh first: there is no route yet")
        return [assign(self.route, key) for key in keys]
