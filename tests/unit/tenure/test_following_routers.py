"""What does a router of the demo notice of a release that comes and goes?"""

from typing import Any, cast

from tenure.client import AsyncClient
from tenure.demo.act5 import RELEASE, TUPLES
from tenure.demo.routers import Follower

GOOD = {"release": "r3", "model_version": "3", "contexts": [{"context": "weather", "revision": 1}]}
BAD = {"release": "r4", "model_version": "4", "contexts": [{"context": "weather", "revision": 2}]}
MIXED = GOOD | {"contexts": BAD["contexts"]}


class Routes:
    """A rollout service with these routes, one after the other; the last one stays."""

    def __init__(self, *arms: list[dict[str, Any]]) -> None:
        self._left = [
            {
                "deployment": "d@production",
                "epoch": n,
                "salt": "s",
                "arms": [arm | {"weight_percent": 50} for arm in one],
            }
            for n, one in enumerate(arms, 1)
        ]

    async def get(self, path: str, **more: object) -> Any:
        return self._left.pop(0) if self._left else None


def follower(*arms: list[dict[str, Any]]) -> Follower:
    return Follower(cast(AsyncClient, Routes(*arms)), "d@production", RELEASE)


async def test_it_has_left_once_the_release_that_it_served_is_gone() -> None:
    router = follower([GOOD], [BAD, GOOD], [GOOD])
    await router.follow()
    assert router.left_at_ms is not None
    assert router.met == TUPLES


async def test_a_version_with_another_releases_context_is_a_mixed_tuple() -> None:
    router = follower([BAD, GOOD], [MIXED])
    await router.follow()
    assert router.met - TUPLES == {("r3", "3", (("weather", 2),))}
