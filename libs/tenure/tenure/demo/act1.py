"""Act 1: from sources to a canary. Two principals register and approve; a better version takes over step by step."""

from datetime import datetime
from importlib.resources import files
from typing import Any

import sklearn
import yaml

from tenure.demo.flights import PLANE_FIELDS, PLANES_TOPIC, WEATHER_FIELDS, WEATHER_TOPIC, load_planes, plane_changes
from tenure.demo.training import evaluate, read_snapshot, train, training_rows
from tenure.demo.world import CHANGE_TOPICS, CONSUMER, DEPLOYMENT, World
from tenure.ledger import evidence_of

MODEL, PLANNER = "delay-predictor", "crew-planner"
FAMILY, POLICY = "airline", "airline"
TIGHT_SECONDS, LOOSE_SECONDS = 3 * 3_600, 24 * 3_600
TIGHT = {"lane": "streaming", "max_age_seconds": TIGHT_SECONDS, "on_breach": "pause_rollout"}
# A loss deviates by about 0.16: to tell less harm than 0.03 from more, whenever one looks, takes some 700 flights of
# the candidate at a quarter of the traffic, which is three days. At 5 percent it would be two weeks, so that step is
# for harm that can't be overlooked. That version 2 is better (by about 0.002) can't be shown, and is not claimed.
JUDGE = {"metric": "brier", "margin": 0.03, "confidence": 0.95, "min_n": 300}
CANARY = [
    {"kind": "setWeight", "weight_percent": 5.0},
    {"kind": "pause", "min_seconds": 2 * 86_400},
    {"kind": "analysis", "weight_percent": 25.0, "min_seconds": 2 * 86_400},
    {"kind": "analysis", "weight_percent": 100.0, "min_seconds": 86_400},
]
NEXT_CANARY = [
    {"kind": "analysis", "weight_percent": 25.0, "min_seconds": 86_400},
    {"kind": "analysis", "weight_percent": 100.0, "min_seconds": 86_400},
]


async def play(world: World) -> None:
    """The whole act; ends on 15 March with version 2 as the champion."""
    await declare(world)
    snapshot = await pin(world)
    await train_versions(world, snapshot)
    await register(world, "1", snapshot)
    await approve(world, "1")
    await release(world, "1", [{"weight_percent": 100.0}])
    await fly_until(world, datetime(2013, 3, 2, 5, tzinfo=world.now.tzinfo))
    await register(world, "2", snapshot)
    await approve(world, "2")
    await release(world, "2", CANARY)
    await fly_until(world, datetime(2013, 3, 16, 5, tzinfo=world.now.tzinfo))


async def declare(world: World) -> None:
    """Sources and contexts, the loose SLA of who plans crews; a monitor."""
    await world.log.create_topics(CHANGE_TOPICS)
    await world.append(PLANES_TOPIC, plane_changes(load_planes(), world.now))
    await world.append_changes(world.now)
    weather = [{"name": "origin", "type": "string"}, {"name": "observed_at", "type": "string"}]
    weather += [{"name": name, "type": "double"} for name in WEATHER_FIELDS]
    planes = [{"name": "tailnum", "type": "string"}]
    planes += [{"name": name, "type": type} for name, type in PLANE_FIELDS.items()]
    for source, topic, key, fields in (
        ("weather", WEATHER_TOPIC, "origin", weather),
        ("planes", PLANES_TOPIC, "tailnum", planes),
    ):
        await world.command(
            "engineer", "/context/v1/sources", {"source": source, "topic": topic, "key": [key], "fields": fields}
        )
    for context, source, key, columns in (
        ("weather", "weather", "origin", WEATHER_FIELDS),
        ("aircraft", "planes", "tailnum", PLANE_FIELDS),
    ):
        body = {"context": context, "revision": 1, "source": source, "entity_key": [key], "fields": list(columns)}
        await world.command("engineer", "/context/v1/contexts", body)
    await govern(world)
    await bind(world, PLANNER, "1", {"lane": "batch", "max_age_seconds": LOOSE_SECONDS, "on_breach": "alert"})
    monitor = {"model": MODEL, "metrics": ["brier", "error"], "window_seconds": 3_600}
    await world.command("engineer", "/monitor/v1/monitors", monitor)
    await world.settle()


async def govern(world: World) -> None:
    """A policy for the family, which both models inherit; who uses the predictor, and will hear of its end."""
    policy = {"policy": POLICY, "document": yaml.safe_load((files("tenure.demo") / "airline.yaml").read_text())}
    await world.command("approver", "/registry/v1/policies", policy)
    await world.command("engineer", "/registry/v1/families", {"family": FAMILY, "policy": POLICY})
    for model in (MODEL, PLANNER):
        described = {"model": model, "family": FAMILY, "description": f"{model} of an airline"}
        await world.command("engineer", "/registry/v1/models", described)
    consumer = {"consumer": CONSUMER, "purpose": "tells passengers of delays"}
    await world.command("producer", f"/registry/v1/models/{MODEL}/consumers", consumer)


async def bind(world: World, model: str, model_version: str, sla: dict[str, Any], revision: int = 1) -> None:
    body = {"model": model, "model_version": model_version, "context": "weather", "revision": revision, "sla": sla}
    await world.command("engineer", "/context/v1/bindings", body)


async def pin(world: World, name: str = "winter-2013", revision: int = 1) -> dict[str, Any]:
    """All weather so far, pinned: an offset vector and a digest."""
    body = {"snapshot": name, "context": "weather", "revision": revision}
    await world.command("engineer", "/context/v1/snapshots", body)
    found: dict[str, Any] = await world.clients["engineer"].get(f"/context/v1/snapshots/{name}")
    return found


async def train_versions(world: World, snapshot: dict[str, Any]) -> None:
    """All versions come out of the same pinned rows."""
    weather = await read_snapshot(world.log, snapshot)
    rows = training_rows(world.flights, weather, world.now)
    for model_version in ("1", "2", "3"):
        world.trained[model_version] = train(model_version, rows)


async def register(world: World, model_version: str, snapshot: dict[str, Any]) -> None:
    """The author registers the version, records how it does for each carrier, and binds it to the weather."""
    trained = world.trained[model_version]
    body = {
        "model_version": model_version,
        "artifact_digest": trained.artifact_digest,
        "framework": f"scikit-learn {sklearn.__version__}",
        "features": list(trained.features),
        "snapshots": [{"snapshot": snapshot["snapshot"], "digest": snapshot["digest"]}],
    }
    await world.command("engineer", f"/registry/v1/models/{MODEL}/versions", body)
    await record(world, model_version, snapshot, revision=1, month=2)
    await bind(world, MODEL, model_version, TIGHT)


async def record(world: World, model_version: str, snapshot: dict[str, Any], *, revision: int, month: int) -> None:
    """How the version does in that month, by the weather of that snapshot and revision."""
    trained = world.trained[model_version]
    weather = await read_snapshot(world.log, snapshot)
    recent = training_rows(world.flights, weather, world.now)
    report = evaluate(trained, recent[recent.month == month])
    path = f"/registry/v1/models/{MODEL}/versions/{model_version}/evidence"
    await world.command("engineer", path, evidence_of(report, {"weather": revision}))


async def approve(world: World, model_version: str) -> None:
    """The author may not approve his own version; a risk officer may."""
    path = f"/registry/v1/models/{MODEL}/versions/{model_version}"
    await world.refused("engineer", f"{path}/approvals", granted(world, model_version), "four-eyes-required")
    await world.refused("engineer", f"{path}/stage", {"stage": "production"}, "requirements-unmet")
    await grant(world, model_version)
    await world.command("engineer", f"{path}/stage", {"stage": "production"})
    await world.settle()


async def grant(world: World, model_version: str) -> None:
    path = f"/registry/v1/models/{MODEL}/versions/{model_version}/approvals"
    await world.command("approver", path, granted(world, model_version))


def granted(world: World, model_version: str) -> dict[str, Any]:
    seen = world.trained[model_version].artifact_digest
    return {"stage": "production", "decision": "grant", "seen_digest": seen, "comment": "looked at every carrier"}


async def release(world: World, model_version: str, steps: list[dict[str, Any]]) -> None:
    """A release of the version, and its rollout."""
    name = f"r{model_version}"
    path = f"/rollout/v1/deployments/{DEPLOYMENT}"
    contexts = [{"context": "weather", "revision": 1}]
    body = {"release": name, "model_version": model_version, "contexts": contexts}
    await world.command("operator", f"{path}/releases", body)
    rollout = {"rollout": f"{name}-rollout", "release": name, "steps": steps, "judge": JUDGE}
    await world.command("operator", f"{path}/rollouts", rollout)
    await world.settle()


async def fly_until(world: World, end: datetime) -> None:
    """Hour after hour: what happened, then what is asked."""
    while world.now < end:
        await world.fly(world.now)
        await world.step_to(min(end, world.next_hour()))
