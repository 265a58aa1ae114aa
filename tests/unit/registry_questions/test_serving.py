"""What served, who decided it, and does the registry say the same as rollout?"""

from datetime import timedelta
from random import Random
from typing import Any

import orjson
from tenure_eventlog.topics import ROLLOUT_EVENTS

from tests.integration.rollout.stage import CANARY, DELAYS, MARCH, WHOLE, Stage, rollout

SERVING = "/registry/v1/models/delays/serving"
STREAM = "registry/model/delays"


async def a_day(stage: Stage) -> None:
    """Version 1 serves; version 2 is tried twice, an hour each; the second time it wins."""
    await stage.serving()
    await stage.settled(hours=1)
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    await stage.done(f"{DELAYS}/rollouts", rollout("canary", "r2", CANARY))
    await stage.settled(hours=1)
    await stage.done(f"{DELAYS}/rollouts/canary/abort", {"reason": "smoke"})
    await stage.settled(hours=1)
    await stage.done(f"{DELAYS}/rollouts", rollout("again", "r2", WHOLE))
    await stage.settled(hours=1)
    await stage.done(f"{DELAYS}/rollouts/again/promote", None)
    await stage.settled(hours=1)


async def told(stage: Stage, path: str, query: dict[str, str]) -> tuple[int, list[tuple[str, str, float]]]:
    """The epoch and the arms; epoch 0 where nothing served."""
    answer = await stage.ask("GET", path, params=query)
    assert answer.status_code in (200, 404), answer.text
    if answer.status_code == 404:
        return 0, []
    body: dict[str, Any] = answer.json()
    return body["epoch"], [(arm["release"], arm["model_version"], arm["weight_percent"]) for arm in body["arms"]]


async def test_at_any_moment_it_says_what_rollout_says(stage: Stage) -> None:
    await a_day(stage)
    random, seen = Random(4), set()
    ends = await stage.log.end_offsets(["tenure.registry.events", ROLLOUT_EVENTS.name])
    for _ in range(60):
        offsets = {f"{p.topic}/{p.number}": random.randint(0, end) for p, end in ends.items()}
        at = (MARCH + timedelta(hours=random.uniform(-0.5, 5))).isoformat()
        query = random.choice([{"effective_at": at}, {"as_of": orjson.dumps(offsets).decode()}, {}])
        query |= random.choice([{}, {"effective_at": at}])
        ours, theirs = await told(stage, SERVING, query), await told(stage, f"{DELAYS}/serving", query)
        assert ours == theirs, query
        seen.add(theirs[0])
    assert len(seen) >= 4


async def test_it_says_who_decided_and_on_what_evidence(stage: Stage) -> None:
    await stage.canary()
    serving = await stage.got(SERVING)
    assert (serving["event"], serving["environment"]) == (
        f"rollout/deployment/delays@production#{serving['epoch']}",
        "production",
    )
    canary = next(arm for arm in serving["arms"] if arm["release"] == "r2")
    assert (canary["stage"], canary["started_by"], canary["weight_percent"]) == ("production", "p-operator", 5)
    assert canary["artifact_digest"] == "sha256:" + "2".zfill(64)
    decision = canary["decision"]
    said = await places(stage)
    assert decision["event"] == said["StageEntered", "2"]
    assert decision["approvals"] == [{"approver": "p-approver", "event": said["ApprovalGranted", "2"]}]
    evidence = {"evidence": "eval-2", "kind": "evaluation", "verdict": "passed"}
    assert decision["evidence"] == [{**evidence, "event": said["EvidenceRecorded", "2"]}]


async def places(stage: Stage) -> dict[tuple[str, str], str]:
    """Where each event of each version stands, by the log itself."""
    events = await stage.process.runtimes["registry"].replica.events(STREAM)
    return {
        (type(event).__name__, str(getattr(event, "model_version", ""))): f"{STREAM}#{meta.sequence}"
        for meta, event in events
    }


async def test_a_decision_that_was_not_on_the_record_yet_is_not_told(stage: Stage) -> None:
    """Seen from before the registry's events, rollout's route is known and the reason for it is not."""
    await stage.serving()
    ends = await stage.log.end_offsets(["tenure.registry.events", ROLLOUT_EVENTS.name])
    offsets = {f"{p.topic}/{p.number}": end if p.topic == ROLLOUT_EVENTS.name else 0 for p, end in ends.items()}
    [arm] = (await stage.got(SERVING, as_of=orjson.dumps(offsets).decode()))["arms"]
    assert (arm["release"], arm["stage"], arm["decision"]) == ("r1", None, None)


async def test_where_nothing_serves_it_is_404(stage: Stage) -> None:
    await stage.serving()
    assert (await stage.ask("GET", SERVING, params={"environment": "staging"})).status_code == 404
    assert (await stage.ask("GET", "/registry/v1/models/none/serving")).status_code == 404
    assert (await stage.ask("GET", SERVING, params={"environment": "No Such"})).status_code == 422
