"""Act 3: version 1 retires. Its consumer hears of it first, and it ends on its day, with nothing left to answer."""

from datetime import timedelta

from tenure.demo.act1 import CONSUMER, MODEL, fly_until
from tenure.demo.world import World

PATH = f"/registry/v1/models/{MODEL}/versions/1"
CLEAN_UP = ("serving", "features")
ENDING = (
    "model-deprecated",
    "consumer-notified",
    "retirement-acknowledged",
    "version-retired",
    "version-archived",
    *("clean-up-reported" for _ in CLEAN_UP),
)


async def play(world: World) -> None:
    """A day, from notice to archive."""
    sunset = world.now + timedelta(days=1)
    reason = "version 2 took over and does as well"
    notice = {"sunset_at": sunset.isoformat(), "replacement": "2", "reason": reason}
    retirement = {"reason": reason}
    await world.command("engineer", f"{PATH}/deprecation", notice)
    await world.settle()
    await world.refused("engineer", f"{PATH}/retirement", retirement, "sunset-ahead")
    await fly_until(world, sunset)
    await world.refused("engineer", f"{PATH}/retirement", retirement, "not-acknowledged")
    await world.command("producer", f"{PATH}/acknowledgements", {"consumer": CONSUMER})
    await world.command("engineer", f"{PATH}/retirement", retirement)
    await world.command("engineer", f"{PATH}/archive")
    for task in CLEAN_UP:
        await world.command("engineer", f"{PATH}/clean-up", {"task": task})
    await world.settle()
    ending = (await world.clients["auditor"].get(PATH))["ending"]
    world.teller.remark(f"archived with the manifest {ending['manifest_digest']}")
