"""Act 5: a bad release. Its labels were mixed up before training; on paper it is the best, traffic tells."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tenure.demo.act1 import JUDGE, MODEL, TIGHT, approve, bind, fly_until
from tenure.demo.routers import Follower, following
from tenure.demo.training import WRONG, evaluate, mixed_up, read_snapshot, train, training_rows
from tenure.demo.world import DEPLOYMENT, HOUR, World
from tenure.ledger import evidence_of

RELEASE, CHAMPION = "r4", "r3"
TUPLES = {(RELEASE, WRONG, (("weather", 2),)), (CHAMPION, "3", (("weather", 1),))}
UNDECIDED = timedelta(hours=8)  # nothing is judged by fewer than 300 flights
LONGEST, MORNING = timedelta(days=3), timedelta(hours=8)
PATH = f"/rollout/v1/deployments/{DEPLOYMENT}"
STEPS = [
    {"kind": "analysis", "weight_percent": 50.0, "min_seconds": 86_400},
    {"kind": "analysis", "weight_percent": 100.0, "min_seconds": 86_400},
]


async def play(world: World) -> None:
    """From 27 March, until the judge has seen enough; with the weather's new revision, which goes back with it."""
    world.weather_altered = True
    world.teller.remark("the airports rename the column again, for good")
    await fly_an_hour(world)
    await register(world)
    await approve(world, WRONG)
    await bind(world, MODEL, WRONG, TIGHT, 2)
    await release(world)
    began = world.now
    await fly_until(world, began + UNDECIDED)
    async with following(world.clients["producer"], DEPLOYMENT, RELEASE) as routers:
        while world.now < began + LONGEST and not decided_at_ms(world):
            await fly_an_hour(world)
    tell(world, routers)
    await fly_until(world, world.now + MORNING)


async def register(world: World) -> None:
    """What mixed up the labels did so in what the version was tried on, too: its evidence is honest, and wrong."""
    snapshot = await world.clients["engineer"].get("/context/v1/snapshots/winter-2013")
    weather = await read_snapshot(world.log, snapshot)
    rows = mixed_up(training_rows(world.flights, weather, weather["at"].max().to_pydatetime()))
    trained = world.trained[WRONG] = train(WRONG, rows)
    body = {
        "model_version": WRONG,
        "artifact_digest": trained.artifact_digest,
        "framework": "scikit-learn",
        "features": list(trained.features),
        "snapshots": [{"snapshot": snapshot["snapshot"], "digest": snapshot["digest"]}],
    }
    await world.command("engineer", f"/registry/v1/models/{MODEL}/versions", body)
    report = evaluate(trained, rows[rows.month == 2])
    path = f"/registry/v1/models/{MODEL}/versions/{WRONG}/evidence"
    await world.command("engineer", path, evidence_of(report, {"weather": 2}))


async def release(world: World) -> None:
    body: dict[str, Any] = {"release": RELEASE, "model_version": WRONG}
    body["contexts"] = [{"context": "weather", "revision": 2}]
    await world.command("operator", f"{PATH}/releases", body)
    rollout = {"rollout": f"{RELEASE}-rollout", "release": RELEASE, "steps": STEPS, "judge": JUDGE}
    await world.command("operator", f"{PATH}/rollouts", rollout)
    await world.settle()


async def fly_an_hour(world: World) -> None:
    """Hour by hour also at night: that is when the last flights land."""
    await world.fly(world.now)
    await world.step_to(world.now + HOUR)


def decided_at_ms(world: World) -> int | None:
    """When the log took the judge's verdict that ends the rollout; None before that."""
    for event in reversed(world.events):
        fields = event.fields or {}
        if event.name == "judgement-changed" and (fields["rollout"], fields["verdict"]) == (
            f"{RELEASE}-rollout",
            "abort",
        ):
            return event.append_time_ms
    return None


def tell(world: World, routers: Sequence[Follower]) -> None:
    """From the decision on the log to the last of the routers; and whether any of them met a mixed tuple."""
    decided, left = decided_at_ms(world), [router.left_at_ms for router in routers]
    world.mixed_tuples = len({met for router in routers for met in router.met} - TUPLES)
    if decided is None or None in left:
        world.teller.remark("the judge did not take it back, or a router still follows it")
        return
    world.rollback_ms = max(at for at in left if at is not None) - decided
    world.teller.remark(f"{len(left)} routers left it, the last {world.rollback_ms:.0f} ms after the decision")
