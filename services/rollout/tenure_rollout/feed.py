"""How do routers hear of a route in the moment in which it is decided? Each is told what is new for it, newest only."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
from tenure_journal import Replica
from tenure_routing import Route

from tenure_rollout.events import RouteChanged
from tenure_rollout.names import Deployment
from tenure_rollout.routes import route_record
from tenure_rollout.world import KIND, deployment_of

MOST_FOLLOWERS = 500


class TooManyFollowers(Exception):
    """Routes are told to 500 followers by each replica, and there are as many."""


class Told(NamedTuple):
    """A route as routers have it, its record as text, and the event that both are of."""

    route: Route
    record: str
    said: RouteChanged


class RouteFeed:
    """Wakes whoever follows a deployment when its stream goes on. No queue: who is slow skips what is outdated."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._followers: dict[Deployment, set[asyncio.Event]] = {}
        self._made: dict[Deployment, Told] = {}
        self.count = 0
        replica.subscribe(self._note)

    async def follow(self, deployments: Sequence[Deployment]) -> AsyncIterator[Told]:
        """The routes of these as they are, then each newer one. Raises TooManyFollowers."""
        told = dict.fromkeys(deployments, 0)
        with self._following(deployments) as changed:
            while True:
                changed.clear()
                for deployment, epoch in told.items():
                    newest = self.newest(deployment)
                    if newest and newest.route.epoch > epoch:
                        told[deployment] = newest.route.epoch
                        yield newest
                await changed.wait()

    @contextmanager
    def _following(self, deployments: Sequence[Deployment]) -> Iterator[asyncio.Event]:
        if self.count >= MOST_FOLLOWERS:
            raise TooManyFollowers
        changed = asyncio.Event()
        self.count += 1
        for deployment in deployments:
            self._followers.setdefault(deployment, set()).add(changed)
        try:
            yield changed
        finally:
            self.count -= 1
            for deployment in deployments:
                self._followers[deployment].discard(changed)

    def newest(self, deployment: Deployment) -> Told | None:
        """Made once for all who are told."""
        stream = self._replica.stream(f"{KIND}/{deployment}")
        said: RouteChanged | None = stream.state.route if stream and not stream.parked else None
        if said is None:
            return None
        known = self._made.get(deployment)
        if known is None or known.said is not said:
            record = route_record(said)
            known = self._made[deployment] = Told(Route.of(msgspec.json.decode(record)), record.decode(), said)
        return known

    def _note(self, names: frozenset[str]) -> None:
        for name in names:
            for changed in self._followers.get(Deployment(deployment_of(name)), ()):
                changed.set()
