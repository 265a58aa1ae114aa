"""What does a router of the demo notice of a release that comes and goes?"""

from typing import Any

from tenure.demo.act5 import RELEASE, TUPLES
from tenure.demo.routers import Follower
from tenure.router import Route

GOOD = {"release": "r3", "model_version": "3", "contexts": [{"context": "weather", "revision": 1}]}
BAD = {"release": "r4", "model_version": "4", "contexts": [{"context": "weather", "revision": 2}]}
MIXED = GOOD | {"contexts": BAD["contexts"]}


def switched(*routes: list[dict[str, Any]]) -> Follower:
    """After the router held these routes, one after the other."""
    follower = Follower(RELEASE)
    for epoch, arms in enumerate(routes, 1):
        weighted = [arm | {"weight_percent": 50} for arm in arms]
        follower.switched(Route.of({"deployment": "d@production", "epoch": epoch, "salt": "s", "arms": weighted}))
    return follower


async def test_it_has_left_once_the_release_that_it_served_is_gone() -> None:
    assert switched([GOOD], [BAD, GOOD]).left_at_ms is None
    gone = switched([GOOD], [BAD, GOOD], [GOOD])
    await gone.left()
    assert gone.left_at_ms is not None
    assert gone.met == TUPLES


async def test_a_release_that_never_was_there_has_not_left() -> None:
    assert switched([GOOD], [GOOD]).left_at_ms is None


async def test_a_version_with_another_releases_context_is_a_mixed_tuple() -> None:
    assert switched([BAD, GOOD], [MIXED]).met - TUPLES == {("r3", "3", (("weather", 2),))}
