"""How long does a rollback take, from the judge's decision to the last router that follows it?"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tenure.client import AsyncClient
from tenure.router import Arm, Route, Router

ROUTERS, LOOK_SECONDS, PATIENCE_SECONDS = 5, 0.05, 10.0
Tuple = tuple[str, str, tuple[tuple[str, int], ...]]


class Follower:
    """One router, by the wall's clock: the platform's own is stepped by the demo."""

    def __init__(self, client: AsyncClient, deployment: str, release: str) -> None:
        self._router, self._release = Router(client, deployment), release
        self.met: set[Tuple] = set()
        self.served = False
        self.left_at_ms: float | None = None

    async def follow(self) -> None:
        while self.left_at_ms is None:
            self._look(await self._router.refresh())
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self, route: Route) -> None:
        self.met |= {whole(arm) for arm in route.arms}
        is_there = any(arm.release == self._release for arm in route.arms)
        if self.served and not is_there:
            self.left_at_ms = time.time() * 1_000
        self.served = self.served or is_there


def whole(arm: Arm) -> Tuple:
    """Release, version and the contexts' revisions, which move together."""
    return arm.release, arm.model_version, tuple(sorted(arm.contexts.items()))


@asynccontextmanager
async def following(client: AsyncClient, deployment: str, release: str) -> AsyncIterator[Sequence[Follower]]:
    """Routers that ask for the route twenty times a second, each for itself, till the release has come and gone."""
    routers = [Follower(client, deployment, release) for _ in range(ROUTERS)]
    tasks = [asyncio.create_task(router.follow()) for router in routers]
    try:
        yield routers
        await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
