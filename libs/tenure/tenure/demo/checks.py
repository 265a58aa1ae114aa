"""What must be true when the curtain falls?"""

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tenure_rollout.judging.replaying import differences

from tenure.consumer import verify
from tenure.demo.act1 import MODEL, PLANNER, POLICY
from tenure.demo.act3 import RELEASE
from tenure.demo.act4 import ENDING
from tenure.demo.act5 import RELEASE as BAD
from tenure.demo.world import DEPLOYMENT, World
from tenure.router import Route, assign

INSTANTS = 200


async def check(world: World, environment: Mapping[str, str]) -> dict[str, Any]:
    """The facts of the summary; each one looked at now."""
    found = await verify(world.log)
    for loser in found.losers:
        where = f"{loser.record.topic}/{loser.record.partition}@{loser.record.offset}"
        world.teller.remark(f"orphan {where} {loser.verdict}, beaten by {loser.beaten_by}")
    names = Counter((event.name, (event.fields or {}).get("model")) for event in world.events)
    checked, wrong = await serving_instants(world)
    return {
        "events": found.counts.get("accepted", 0),
        "commands": world.commands,
        "receipts": world.receipts,
        "orphans": found.orphans,
        "streams": len(found.heads),
        "log_verified": found.counts.get("accepted", 0) == len(world.events) and named(found.losers),
        "rebuild_equal": await rebuild_equal(environment),
        "serving_instants_checked": checked,
        "serving_instants_wrong": wrong,
        "breaches": sum(n for (name, _), n in names.items() if name == "sla-breached"),
        "restores": sum(n for (name, _), n in names.items() if name == "sla-restored"),
    }


def named(losers: list[Any]) -> bool:
    """Every orphan that lost a race has its winner."""
    return all(loser.beaten_by for loser in losers if loser.verdict in ("late", "fork"))


def story_holds(world: World) -> list[str]:
    """What the acts should have brought about, and did not; empty when all is well."""
    facts = [(event.name, event.fields or {}) for event in world.events]
    promoted = [fields["release"] for name, fields in facts if name == "rollout-promoted"]
    breached = {fields["model"] for name, fields in facts if name == "sla-breached"}
    names = [name for name, _ in facts]
    wanted = {
        "three releases were promoted, in order": promoted == ["r1", "r2", "r3"],
        "the tight SLA was breached, the loose one not": breached == {MODEL} and PLANNER not in breached,
        "the rollout paused and went on": names.count("rollout-paused") == names.count("rollout-resumed") == 1,
        "each version's restoration followed its breach": names.count("sla-restored")
        == names.count("sla-breached")
        == 3,
        "what was promoted over a champion was judged to be good enough": judged_well(facts) == ["r2", "r3"],
        "each version entered production under the airline's policy": policies_of(facts) == [POLICY] * 4,
        "the altered weather was noticed, with both models and the release that served": noticed(facts),
        "both revisions served side by side, and in the end the old one alone": revisions_seen(world),
        "version 1 ended in order, unforced and unused": [name for name in names if name in ENDING] == list(ENDING)
        and all(
            not fields["traffic"] and not fields["callers"] and fields["forced"] is None
            for name, fields in facts
            if name == "version-retired"
        ),
    }
    wanted["the judge took the bad release back, model and context together, at every router"] = taken_back(
        world, facts
    )
    wanted["every verdict follows from its event alone, byte for byte"] = not any(
        differences(fields) for name, fields in facts if name == "judgement-changed"
    )
    return [sentence for sentence, holds in wanted.items() if not holds]


def taken_back(world: World, facts: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
    """By nobody's order but its own; and the champion serves with what it read before."""
    aborts = [fields["aborted_by"] for name, fields in facts if name == "rollout-aborted" and fields["release"] == BAD]
    routes = [fields["arms"] for name, fields in facts if name == "route-changed"]
    [arm] = routes[-1] if len(routes[-1]) == 1 else [{}]
    back = (arm.get("release"), arm.get("contexts")) == ("r3", [{"context": "weather", "revision": 1}])
    return aborts == [None] and back and world.rollback_ms is not None and world.mixed_tuples == 0


def judged_well(facts: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """The releases whose rollout's last verdict was `continue`, in the order of their promotion."""
    verdicts = {fields["rollout"]: fields["verdict"] for name, fields in facts if name == "judgement-changed"}
    promoted = [(fields["rollout"], fields["release"]) for name, fields in facts if name == "rollout-promoted"]
    return [release for rollout, release in promoted if verdicts.get(rollout) == "continue"]


def noticed(facts: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
    """The rename and the narrowing at once, then their end."""
    told = [fields for name, fields in facts if name == "source-schema-changed"]
    if len(told) < 2:
        return False
    kinds = [sorted(change["kind"] for change in one["changes"]) for one in told[:2]]
    models = {sla["model"] for sla in told[0]["slas"]}
    serving = [one["release"] for one in told[0]["releases"] if one["serving"]]
    return (
        kinds == [["narrowed", "renamed"], ["renamed", "widened"]] and models == {MODEL, PLANNER} and serving == ["r3"]
    )


def revisions_seen(world: World) -> bool:
    """By what was really read, and by whom."""
    canaries = sum(one.release == RELEASE for one in world.served)
    return canaries > 0 and any(seen == {1, 2} for _, seen in world.revisions) and world.revisions[-1][1] == {1}


def policies_of(facts: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Of each version that entered production."""
    return [fields["policy"]["policy"] for name, fields in facts if name == "stage-entered"]


async def serving_instants(world: World) -> tuple[int, int]:
    """What served at T, by the record, beside the stamps of predictions made at T."""
    chosen = random.Random(2013).sample(world.served, min(INSTANTS, len(world.served)))
    wrong = 0
    for one in chosen:
        path = f"/rollout/v1/deployments/{DEPLOYMENT}/serving"
        said = await world.clients["auditor"].get(path, effective_at=one.at.isoformat())
        route = Route.of(said)
        wrong += (route.epoch, assign(route, one.key).release) != (one.epoch, one.release)
    return len(chosen), wrong


async def rebuild_equal(environment: Mapping[str, str]) -> bool:
    """A fresh process rebuilds everything from offset 0 and compares with the live replicas."""
    command = [sys.executable, "-m", "tenure.demo.fresh_rebuild"]
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **environment})
    return await process.wait() == 0
