"""How long does a rollback take, from the judge's decision to the last router that follows it?"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from tenure.client import AsyncClient
from tenure.router import Arm, Route, Router

ROUTERS, PATIENCE_SECONDS = 5, 10.0
Tuple = tuple[str, str, tuple[tuple[str, int], ...]]


class Follower:
    """What one router met of a release that comes and goes, by the wall's clock: the demo steps the platform's."""

    def __init__(self, release: str) -> None:
        self._release = release
        self._left = asyncio.Event()
        self.met: set[Tuple] = set()
        self.served = False
        self.left_at_ms: float | None = None

    def switched(self, route: Route) -> None:
        """The router holds this route from now on."""
        self.met |= {whole(arm) for arm in route.arms}
        is_there = any(arm.release == self._release for arm in route.arms)
        if self.served and not is_there and self.left_at_ms is None:
            self.left_at_ms = time.time() * 1_000
            self._left.set()
        self.served = self.served or is_there

    async def left(self) -> None:
        """Returns when the release has been there, and is there no more."""
        await self._left.wait()


def whole(arm: Arm) -> Tuple:
    """Release, version and the contexts' revisions, which move together."""
    return arm.release, arm.model_version, tuple(sorted(arm.contexts.items()))


@asynccontextmanager
async def following(client: AsyncClient, deployment: str, release: str) -> AsyncIterator[Sequence[Follower]]:
    """Routers that are told of each route; at the end, they have the time to hear of the last one."""
    followers = [Follower(release) for _ in range(ROUTERS)]
    async with AsyncExitStack() as stack:
        for one in followers:
            router = Router(client, deployment, switched=one.switched)
            await stack.enter_async_context(router.following())
            await router.arrived()
        yield followers
        leaving = [asyncio.create_task(one.left()) for one in followers]
        _, pending = await asyncio.wait(leaving, timeout=PATIENCE_SECONDS)
        for task in pending:
            task.cancel()
