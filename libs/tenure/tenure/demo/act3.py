"""Act 3: a column of the weather gets another name. Old and new revision serve side by side, and one goes back."""

from datetime import datetime

from tenure.cli.shapes import hits, in_words
from tenure.demo.act1 import JUDGE, MODEL, TIGHT, bind, fly_until, grant, pin, record
from tenure.demo.flights import RENAMED, WEATHER_FIELDS, weather_types
from tenure.demo.world import DEPLOYMENT, World

RELEASE = "r3-visibility"
PATH = f"/rollout/v1/deployments/{DEPLOYMENT}"
STEPS = [
    {"kind": "analysis", "weight_percent": 25.0, "min_seconds": 2 * 86_400},
    {"kind": "analysis", "weight_percent": 100.0, "min_seconds": 86_400},
]
# What models were trained on keeps its name; the station's silence shows in a window of its own.
REVISION = {
    "context": "weather",
    "revision": 2,
    "source": "weather",
    "entity_key": ["origin"],
    "fields": [name for name in WEATHER_FIELDS if name not in RENAMED],
    "columns": dict(RENAMED),
    "aggregates": {
        "reports": {
            "source": "weather",
            "by": ["origin"],
            "time_field": "observed_at",
            "window_seconds": 3 * 3_600,
            "function": "count",
        }
    },
}


async def play(world: World) -> None:
    """25 March: rehearsed at six, altered at seven, a canary from nine to three, and taken back by six."""
    march = datetime(2013, 3, 25, tzinfo=world.now.tzinfo)
    await fly_until(world, march.replace(hour=6))
    await rehearse(world)
    world.weather_altered = True
    world.teller.remark("the airports rename a column of the weather, and make another one whole numbers")
    await fly_until(world, march.replace(hour=9))
    await show_change(world)
    await canary(world)
    await fly_until(world, march.replace(hour=15))
    await world.command("operator", f"{PATH}/rollback", {"reason": "dispatchers want to see a whole day of it first"})
    await fly_until(world, march.replace(hour=18))
    world.weather_altered = False
    world.teller.remark("the airports take it back")
    await fly_until(world, march.replace(day=26, hour=5))


async def rehearse(world: World) -> None:
    """What it would break, asked of the changes that are retained, before anybody alters anything."""
    fields = [{"name": name, "type": "string"} for name in ("origin", "observed_at")]
    fields += [{"name": name, "type": kind} for name, kind in weather_types(altered=True).items()]
    body = {"source": "weather", "fields": fields, "renames": RENAMED, "last_seconds": 7 * 86_400}
    found = await world.clients["engineer"].post("/context/v1/contexts/rehearse", body)
    for name, one in found["revisions"].items():
        for reason, count in one["broken"].items():
            world.teller.remark(f"a rehearsal: {name} could not read {count} of {found['rows']} changes, {reason}")


async def show_change(world: World) -> None:
    """What was noticed, and whom it hits."""
    [told] = await world.clients["engineer"].get("/context/v1/sources/weather/changes")
    for sentence in (*map(in_words, told["changes"]), *(f"hits {hit}" for hit in hits(told))):
        world.teller.remark(sentence)


async def canary(world: World) -> None:
    """The same version with the new revision, evaluated on it: what moves, and goes back, is both together."""
    await world.command("engineer", "/context/v1/contexts", REVISION)
    await world.settle()
    await record(world, "3", await pin(world, "march-2013", 2), revision=2, month=3)
    await world.settle()
    await grant(world, "3")  # what was approved was approved on other evidence
    await bind(world, MODEL, "3", TIGHT, 2)
    released = {"release": RELEASE, "model_version": "3", "contexts": [{"context": "weather", "revision": 2}]}
    await world.command("operator", f"{PATH}/releases", released)
    rollout = {"rollout": f"{RELEASE}-rollout", "release": RELEASE, "steps": STEPS, "judge": JUDGE}
    await world.command("operator", f"{PATH}/rollouts", rollout)
    await world.settle()
