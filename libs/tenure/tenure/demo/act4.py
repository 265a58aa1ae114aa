"""Act 4: version 1 retires. Its consumers hear of it first, also one that nobody knew, and it ends when none calls."""

from datetime import timedelta

from tenure.demo.act1 import MODEL, fly_until
from tenure.demo.world import CONSUMER, World

PATH = f"/registry/v1/models/{MODEL}/versions/1"
KIOSK = "gate-kiosk"
CLEAN_UP = ("serving", "features")
ENDING = (
    "model-deprecated",
    *("consumer-notified" for _ in (CONSUMER, KIOSK)),
    *("retirement-acknowledged" for _ in (CONSUMER, KIOSK)),
    "version-retired",
    "version-archived",
    *("clean-up-reported" for _ in CLEAN_UP),
)


async def play(world: World) -> None:
    """A day and a half, from notice to archive. Until noon an old kiosk calls version 1 past the router."""
    sunset = world.now + timedelta(days=1)
    reason = "version 2 took over and does as well"
    notice = {"sunset_at": sunset.isoformat(), "replacement": "2", "reason": reason}
    retirement = {"reason": reason}
    await world.call(KIOSK, "1")
    await world.settle()
    await world.command("engineer", f"{PATH}/deprecation", notice)
    await world.settle()
    await world.refused("engineer", f"{PATH}/retirement", retirement, "sunset-ahead")
    await fly_until(world, sunset - timedelta(hours=17))
    await world.call(KIOSK, "1")
    await fly_until(world, sunset)
    await world.refused("engineer", f"{PATH}/retirement", retirement, "still-serving")
    await fly_until(world, sunset + timedelta(hours=8))
    await world.refused("engineer", f"{PATH}/retirement", retirement, "not-acknowledged")
    await world.command("producer", f"{PATH}/acknowledgements", {"consumer": CONSUMER})
    answer = {"consumer": KIOSK, "reason": "nobody declared it; the gate crew took it down"}
    await world.command("operator", f"{PATH}/acknowledgements", answer)
    await world.command("engineer", f"{PATH}/retirement", retirement)
    await world.command("engineer", f"{PATH}/archive")
    for task in CLEAN_UP:
        await world.command("engineer", f"{PATH}/clean-up", {"task": task})
    await world.settle()
    ending = (await world.clients["auditor"].get(PATH))["ending"]
    world.teller.remark(f"archived with the manifest {ending['manifest_digest']}")
