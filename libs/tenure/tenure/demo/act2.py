"""Act 2: the weather feed stops in the middle of a rollout. The tight SLA breaches, the loose one does not."""

from datetime import datetime

from tenure.demo.act1 import NEXT_CANARY, approve, fly_until, register, release
from tenure.demo.world import World


async def play(world: World) -> None:
    """From 16 to 25 March; the feed is cut on the 17th from noon to ten in the evening."""
    zone = world.now.tzinfo
    snapshot = await world.clients["engineer"].get("/context/v1/snapshots/winter-2013")
    await register(world, "3", snapshot)
    await approve(world, "3")
    await release(world, "3", NEXT_CANARY)
    await fly_until(world, datetime(2013, 3, 17, 12, tzinfo=zone))
    world.weather_flows = False
    world.teller.remark("the weather feed stops")
    await fly_until(world, datetime(2013, 3, 17, 22, tzinfo=zone))
    world.weather_flows = True
    world.teller.remark("the weather feed is back")
    await fly_until(world, datetime(2013, 3, 25, 5, tzinfo=zone))
