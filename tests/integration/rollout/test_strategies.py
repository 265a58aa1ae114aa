"""How do steps other than weights go, over HTTP, with everything around them real but Postgres?"""

from datetime import timedelta
from typing import Any

from tests.integration.rollout.stage import DELAYS, JUDGE, Stage

ROLLOUTS = f"{DELAYS}/rollouts"
GATEWAY = {
    "actuator": "gateway",
    "kind": "webhook",
    "deployments": ["delays@production"],
    "capabilities": ["weights"],
}
GATEWAY_SAYS = f"{DELAYS}/actuators/gateway/observed"


async def second(stage: Stage) -> None:
    """Version 1 serves; version 2 has a release."""
    await stage.serving()
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})


def plan(**more: Any) -> dict[str, Any]:
    return {"rollout": "next", "release": "r2", "judge": JUDGE, **more}


async def waits(stage: Stage) -> str | None:
    told: str | None = (await stage.got(f"{DELAYS}/waiting"))["waits_for"]
    return told


async def digest_of(stage: Stage, release: str) -> str:
    releases = (await stage.got(DELAYS))["releases"]
    return next(str(one["digest"]) for one in releases if one["release"] == release)


async def test_a_shadow_is_mirrored_judged_and_then_waits_for_a_person(stage: Stage) -> None:
    await second(stage)
    await stage.done(ROLLOUTS, plan(strategy="shadow", step_seconds=3_600))
    await stage.settled()
    route = await stage.got(f"{DELAYS}/route")
    assert route["mirrors"] == [{"release": "r2", "percent": 100.0}]
    assert [(arm["release"], arm["weight_percent"]) for arm in route["arms"]] == [("r2", 0.0), ("r1", 100.0)]
    await stage.windows(r1=0.16, r2=0.16)
    await stage.settled(hours=1)
    assert await waits(stage) == "a person"
    approval = {"digest": await digest_of(stage, "r2"), "comment": "its answers are the same"}
    await stage.done(f"{ROLLOUTS}/next/approve", approval)
    await stage.settled()
    assert (await stage.got(DELAYS))["champion"] == "r2"


async def test_a_preview_is_seen_by_who_asks_for_it(stage: Stage) -> None:
    await second(stage)
    await stage.done(ROLLOUTS, plan(strategy="blueGreen"))
    await stage.settled()
    route = await stage.got(f"{DELAYS}/route")
    assert route["headers"] == [{"header": "Tenure-Preview", "value": "green", "release": "r2"}]


async def test_in_a_freeze_nothing_begins_and_nothing_moves_but_a_rollback_does(stage: Stage) -> None:
    await second(stage)
    times = {"starts_at": stage.now.isoformat(), "ends_at": (stage.now + timedelta(hours=2)).isoformat()}
    await stage.done("/rollout/v1/freezes", {"freeze": "year-end", "reason": "the books are closed", **times})
    refused = await stage.ask("POST", ROLLOUTS, plan(strategy="canary"))
    assert (refused.status_code, refused.json()["freeze"]) == (409, "year-end")
    await stage.done("/rollout/v1/freezes/year-end/lift", {"reason": "for the test"})
    await stage.done(ROLLOUTS, plan(steps=[{"kind": "pause", "min_seconds": 60}]))
    await stage.settled()
    again = {"starts_at": stage.now.isoformat(), "ends_at": (stage.now + timedelta(hours=9)).isoformat()}
    await stage.done("/rollout/v1/freezes", {"freeze": "again", "reason": "an audit", **again})
    await stage.settled(hours=1)
    assert await waits(stage) == "frozen: again, an audit"
    await stage.done(f"{DELAYS}/rollback", {"reason": "never mind"})
    assert (await stage.got(DELAYS))["active"] is None


async def test_a_step_that_lasts_too_long_pauses_once_and_says_what_it_waited_for(stage: Stage) -> None:
    await second(stage)
    step = {"kind": "analysis", "weight_percent": 5, "min_seconds": 60, "max_seconds": 3_600}
    await stage.done(ROLLOUTS, plan(steps=[step]))
    await stage.settled()
    await stage.settled(hours=2)
    assert await waits(stage) == "to be resumed: overdue"
    await stage.done(f"{ROLLOUTS}/next/resume", {"reason": "the data comes tomorrow"})
    await stage.settled(hours=2)
    assert await waits(stage) == "the judge, who says insufficient of brier"


async def test_no_step_is_passed_before_the_gateway_does_what_the_route_says(stage: Stage) -> None:
    await second(stage)
    await stage.done("/rollout/v1/actuators", GATEWAY)
    weights = [{"kind": "setWeight", "weight_percent": share} for share in (5, 50)]
    await stage.done(ROLLOUTS, plan(steps=weights))
    await stage.settled()
    assert await waits(stage) == "gateway to follow the route"
    route = await stage.got(f"{DELAYS}/route")
    five = [{"release": arm["release"], "weight_percent": arm["weight_percent"]} for arm in route["arms"]]
    await stage.done(GATEWAY_SAYS, {"epoch": route["epoch"], "observed": five})
    await stage.settled()
    assert (await stage.got(DELAYS))["active"]["weight_percent"] == 50.0


async def test_a_gateway_that_can_not_do_what_the_steps_ask_is_told_at_the_start(stage: Stage) -> None:
    await second(stage)
    await stage.done("/rollout/v1/actuators", GATEWAY)
    refused = await stage.ask("POST", ROLLOUTS, plan(strategy="shadow"))
    assert (refused.status_code, refused.json()["missing"]) == (409, "mirror")


async def test_another_rollout_takes_the_place_of_one_only_by_name(stage: Stage) -> None:
    await stage.canary()
    await stage.in_production("3")
    await stage.done(f"{DELAYS}/releases", {"release": "r3", "model_version": "3"})
    newer = {"rollout": "newer", "release": "r3", "strategy": "canary", "judge": JUDGE}
    assert (await stage.ask("POST", ROLLOUTS, newer)).status_code == 409
    await stage.done(ROLLOUTS, newer | {"supersedes": "canary"})
    await stage.settled()
    deployment = await stage.got(DELAYS)
    assert (deployment["active"]["rollout"], deployment["ended"]["canary"]) == ("newer", "superseded")
    assert [arm["release"] for arm in deployment["route"]["arms"]] == ["r3", "r1"]


async def test_a_release_goes_back_together_with_the_one_that_it_needs(stage: Stage) -> None:
    """Staging's second release needs production's, which is rolled back."""
    await second(stage)
    whole = [{"kind": "setWeight", "weight_percent": 100}]
    await stage.done(ROLLOUTS, plan(steps=whole))
    await stage.settled()
    staging = "/rollout/v1/deployments/delays@staging"
    needs = [{"deployment": "delays@production", "release": "r2"}]
    for release, version, requires in (("s1", "1", []), ("s2", "2", needs)):
        body = {"release": release, "model_version": version, "requires": requires}
        await stage.done(f"{staging}/releases", body)
        await stage.done(f"{staging}/rollouts", plan(steps=whole) | {"rollout": release, "release": release})
        await stage.settled()
    assert (await stage.got(staging))["champion"] == "s2"
    await stage.done(f"{DELAYS}/rollback", {"reason": "smoke"})
    await stage.settled()
    assert ((await stage.got(DELAYS))["champion"], (await stage.got(staging))["champion"]) == ("r1", "s1")


async def test_a_release_whose_needs_do_not_serve_is_not_rolled_out(stage: Stage) -> None:
    await second(stage)
    await stage.done(
        f"{DELAYS}/releases",
        {"release": "r3", "model_version": "2", "requires": [{"deployment": "delays@staging", "release": "s9"}]},
    )
    refused = await stage.ask("POST", ROLLOUTS, plan(strategy="canary") | {"release": "r3"})
    assert (refused.status_code, refused.json()["missing"]) == (409, ["s9 of delays@staging"])


async def test_a_context_so_stale_that_it_blocks_releases_stops_what_is_new_and_no_rollback(stage: Stage) -> None:
    await second(stage)
    await stage.bound(on_breach="block_releases")
    weather = {"contexts": [{"context": "weather", "revision": 1}]}
    await stage.done(f"{DELAYS}/releases", {"release": "r3", "model_version": "2", **weather})
    await stage.done(ROLLOUTS, plan(steps=[{"kind": "setWeight", "weight_percent": 100}]))
    await stage.settled()
    await stage.breached()
    another = {"release": "r4", "model_version": "2", **weather}
    for path, body in (
        (f"{DELAYS}/releases", another),
        (ROLLOUTS, plan(strategy="canary", rollout="r3", release="r3")),
    ):
        refused = await stage.ask("POST", path, body)
        assert (refused.status_code, refused.json()["stale"]) == (409, ["weather"])
    await stage.done(f"{DELAYS}/rollback", {"reason": "stale or not"})
    assert (await stage.got(DELAYS))["champion"] == "r1"
