"""How does a release come to serve, over HTTP, with everything around it real but Postgres?"""

import re
from datetime import timedelta
from typing import Any

from tenure_eventlog import Message
from tenure_eventlog.topics import ROUTES
from tenure_rollout.events import JudgementChanged, RolloutAborted
from tenure_rollout.judging.replaying import differences

from tests.integration.rollout.stage import CANARY, DELAYS, MARCH, WHOLE, Stage, rollout

R1 = {"release": "r1", "model_version": "1", "weight_percent": 100.0}
FIVE_PERCENT = [{"release": "r2", "model_version": "2", "weight_percent": 5.0}, R1 | {"weight_percent": 95.0}]
R2 = {"release": "r2", "model_version": "2", "weight_percent": 100.0}


def shares(route: dict[str, Any]) -> list[dict[str, Any]]:
    """Each arm's share, without the rest of its tuple."""
    return [{name: arm[name] for name in ("release", "model_version", "weight_percent")} for arm in route["arms"]]


async def test_a_first_release_serves_at_once(stage: Stage) -> None:
    await stage.serving()
    assert await stage.story() == ["RolloutStarted", "StepEntered", "RouteChanged", "RolloutPromoted"]
    deployment = await stage.got(DELAYS)
    assert (deployment["champion"], deployment["active"], deployment["ended"]) == ("r1", None, {"first": "promoted"})
    assert shares(deployment["route"]) == [R1]


async def test_nothing_serves_once_the_only_release_is_taken_back(stage: Stage) -> None:
    await stage.in_production("1")
    await stage.done(f"{DELAYS}/releases", {"release": "r1", "model_version": "1"})
    await stage.done(
        f"{DELAYS}/rollouts",
        rollout("first", "r1", [{"kind": "analysis", "weight_percent": 100, "min_seconds": 3_600}]),
    )
    await stage.settled()
    assert shares(await stage.got(f"{DELAYS}/route")) == [R1]
    await stage.done(f"{DELAYS}/rollback", {"reason": "smoke"})
    await stage.settled()
    assert shares(await stage.got(f"{DELAYS}/route")) == []
    assert (await stage.published())[-1]["arms"] == []


async def test_a_canary_is_promoted_step_by_step_while_it_is_not_worse(stage: Stage) -> None:
    await stage.canary()
    assert shares(await stage.got(f"{DELAYS}/route")) == FIVE_PERCENT
    await stage.windows(r1=0.16, r2=0.165)
    await stage.settled(hours=0.5)
    assert (await stage.got(DELAYS))["active"]["judgement"]["verdict"] == "insufficient", "its window is open"
    await stage.settled(hours=0.5)
    assert shares(await stage.got(f"{DELAYS}/route")) == [R2]
    await stage.settled(hours=1)
    assert (await stage.got(DELAYS))["champion"] == "r2"
    events = [event for _, event in await stage.events()]
    assert [event.verdict for event in events if isinstance(event, JudgementChanged)] == [
        "insufficient",
        "continue",
    ]
    story = [name for name in await stage.story() if name not in ("RouteChanged", "JudgementChanged")]
    assert story == ["RolloutStarted", "StepEntered", "StepEntered", "RolloutPromoted"]


async def test_one_correlation_id_goes_through_a_whole_rollout_and_no_cause_runs_in_a_circle(stage: Stage) -> None:
    await stage.canary()
    await stage.windows(r1=0.16, r2=0.16)
    for _ in range(2):
        await stage.settled(hours=1)
    events = (await stage.events())[-len(await stage.story()) :]
    assert {meta.correlation_id for meta, _ in events} == {events[0][0].event_id}
    assert max(meta.hops for meta, _ in events) <= 5


async def test_a_worse_candidate_is_taken_back(stage: Stage) -> None:
    await stage.canary()
    await stage.windows(r1=0.16, r2=0.25)
    await stage.settled(hours=1)
    assert (await stage.story())[-3:] == ["JudgementChanged", "RolloutAborted", "RouteChanged"]
    deployment = await stage.got(DELAYS)
    assert (deployment["champion"], shares(deployment["route"]), deployment["active"]) == ("r1", [R1], None)


async def test_of_a_window_the_highest_revision_counts(stage: Stage) -> None:
    await stage.canary()
    await stage.windows(r1=0.16, r2=0.16, revision=2)
    await stage.windows(r1=0.16, r2=0.40, revision=1)
    await stage.settled(hours=1)
    assert (await stage.got(DELAYS))["active"]["judgement"]["verdict"] == "continue"


async def test_each_change_of_a_verdict_can_be_asked_for_with_all_that_it_rests_on(stage: Stage) -> None:
    await stage.canary()
    await stage.windows(r1=0.5, r2=0.25)
    await stage.settled(hours=1)
    first, second = (one["judgement"] for one in (await stage.got(f"{DELAYS}/rollouts/canary/judgements"))["items"])
    assert (first["verdict"], first["window"], second["verdict"]) == ("insufficient", None, "continue")
    assert second["window"] == MARCH.strftime("%Y-%m-%dT%H:%M:%SZ")
    [judged], [said] = second["metrics"], second["statistics"]
    assert (judged["harm"], judged["candidate_n"], judged["champion_n"]) == (-0.25, 10_000, 10_000)
    assert (said["contrast"]["candidate_total"], said["contrast"]["champion_total"]) == (2_500.0, 5_000.0)
    assert (second["judge_revision"], second["configuration"]["metrics"][0]["margin"]) == ("1", 0.02)
    assert await stage.got(f"{DELAYS}/rollouts/other/judgements") == {"items": []}


async def test_harm_to_what_is_not_critical_pauses_once_and_a_persons_word_stands(stage: Stage) -> None:
    await stage.serving()
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    lenient = {"metric": "brier", "margin": 0.02, "lower_bound": 0, "upper_bound": 1, "critical": False}
    order = rollout("canary", "r2", CANARY) | {"judge": {"metrics": [lenient]}}
    await stage.done(f"{DELAYS}/rollouts", order)
    await stage.settled()
    await stage.windows(r1=0.16, r2=0.25)
    await stage.settled(hours=1)
    active = (await stage.got(DELAYS))["active"]
    assert (active["paused"], active["paused_cause"]) == (True, "judged")
    await stage.done(f"{DELAYS}/rollouts/canary/resume", {"reason": "we know"})
    await stage.settled(hours=1)
    assert (await stage.got(DELAYS))["active"]["paused"] is False


async def test_outcomes_that_come_late_revise_a_window_and_with_it_the_verdict(stage: Stage) -> None:
    await stage.canary()
    first = stage.now
    await stage.windows(r1=0.16, r2=0.16, n=10_000)
    await stage.settled(hours=0.5)
    await stage.settled(hours=0.5)
    assert (await stage.got(DELAYS))["active"]["judgement"]["verdict"] == "continue"
    stage.now, now = first, stage.now
    await stage.windows(r1=0.16, r2=0.30, n=20_000, revision=2)
    stage.now = now
    await stage.settled()
    verdicts = [event.verdict for _, event in await stage.events() if isinstance(event, JudgementChanged)]
    assert verdicts == ["insufficient", "continue", "abort"]
    assert (await stage.got(DELAYS))["ended"]["canary"] == "aborted"


async def test_a_candidate_that_is_slower_at_its_slowest_is_taken_back(stage: Stage) -> None:
    await stage.serving()
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    slow = {"metric": "latency", "kind": "quantile", "quantile": 0.99, "margin": 50, "min_n": 500}
    slow |= {"lower_bound": 0, "upper_bound": 60_000}
    brier = {"metric": "brier", "margin": 0.02, "lower_bound": 0, "upper_bound": 1}
    order = rollout("canary", "r2", CANARY) | {"judge": {"metrics": [brier, slow], "alpha": 0.05, "revision": 4}}
    await stage.done(f"{DELAYS}/rollouts", order)
    await stage.settled()
    await stage.windows(r1=0.16, r2=0.16)
    await stage.log.append([stage.latencies("r1", 400.0), stage.latencies("r2", 700.0)])
    await stage.settled(hours=1)
    last = (await stage.got(f"{DELAYS}/rollouts/canary/judgements"))["items"][-1]["judgement"]
    assert [(one["metric"], one["verdict"]) for one in last["metrics"]] == [("brier", "continue"), ("latency", "abort")]
    assert (last["configuration"]["revision"], differences(last)) == (4, [])
    [aborted] = [event for _, event in await stage.events() if isinstance(event, RolloutAborted)]
    assert aborted.reason == "latency is worse than the champion's by more than 50"


async def test_a_shadow_is_judged_by_its_answers_to_the_same_requests(stage: Stage) -> None:
    await stage.serving()
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    pairs = {"metric": "disagreement", "kind": "paired", "margin": 0.1, "lower_bound": 0, "upper_bound": 1}
    order = {"rollout": "canary", "release": "r2", "strategy": "shadow", "step_seconds": 3_600}
    await stage.done(f"{DELAYS}/rollouts", order | {"judge": {"metrics": [pairs]}})
    await stage.settled()
    of_another = stage.window("r2", 0.9, 1, 10_000, "disagreement", against="r0")
    await stage.log.append([of_another, stage.window("r2", 0.01, 1, 10_000, "disagreement", against="r1")])
    await stage.settled(hours=1)
    last = (await stage.got(f"{DELAYS}/rollouts/canary/judgements"))["items"][-1]["judgement"]
    assert (last["verdict"], round(last["metrics"][0]["harm"], 9)) == ("continue", 0.01)
    assert (last["metrics"][0]["candidate_n"], differences(last)) == (10_000, [])


async def test_what_nobody_planned_is_planned_of_the_champions_past(stage: Stage) -> None:
    await stage.serving()
    await stage.windows(r1=0.25, r2=0.25)
    await stage.settled(hours=1)
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    await stage.done(f"{DELAYS}/rollouts", rollout("canary", "r2", CANARY))
    [metric] = (await stage.got(DELAYS))["active"]["judge"]["metrics"]
    assert (metric["planned_mean"], metric["planned_deviation"]) == (0.25, 0.001)


async def test_a_metric_that_no_monitor_keeps_is_refused(stage: Stage) -> None:
    await stage.serving()
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    order = rollout("canary", "r2", CANARY) | {"judge": {"metric": "mood", "margin": 0.1}}
    refused = await stage.ask("POST", f"{DELAYS}/rollouts", order)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tenure:problem:metric-not-monitored")
    assert (refused.json()["unknown"], refused.json()["monitored"]) == (
        ["mood"],
        ["brier", "disagreement", "error", "latency"],
    )


async def test_a_judge_is_declared_in_one_form_or_the_other(stage: Stage) -> None:
    await stage.serving()
    for judge in ({}, {"metric": "brier", "margin": 0.1, "metrics": [{"metric": "error", "margin": 0.1}]}):
        refused = await stage.ask("POST", f"{DELAYS}/rollouts", rollout("canary", "r1", CANARY) | {"judge": judge})
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:tenure:problem:metrics-or-metric")


async def test_windows_of_releases_that_nobody_made_are_set_aside_and_seen(stage: Stage) -> None:
    await stage.canary()
    await stage.log.append([stage.window("r7", 0.9, 1, 100), stage.window("r1", 0.16, 1, 100)])
    await stage.settled(hours=1)
    found = await stage.got("/rollout/v1/windows/quarantined")
    assert (found["unknown_releases"], found["unknown_windows"], found["unusable"]) == (1, 1, [])
    assert found["unknown"] == [{"model": "delays", "release": "r7", "metric": "brier", "against": "", "windows": 1}]


async def test_a_window_that_can_not_be_true_is_seen_and_keeps_the_rollout_from_passing(stage: Stage) -> None:
    await stage.canary()
    await stage.windows(r1=0.16, r2=1.5)
    await stage.settled(hours=2)
    [unusable] = (await stage.got("/rollout/v1/windows/quarantined"))["unusable"]
    assert (unusable["rollout"], "outside of the bounds" in unusable["reason"]) == ("canary", True)
    assert (await stage.got(DELAYS))["active"]["judgement"]["verdict"] == "insufficient"
    await stage.log.append([stage.window("r1", 0.16, 1, 10_000), stage.window("r2", 0.16, 1, 10_000)])
    await stage.settled(hours=1)
    assert (await stage.got(DELAYS))["active"]["judgement"]["verdict"] == "insufficient"


async def test_a_rollout_pauses_while_its_context_is_stale_and_goes_on_after(stage: Stage) -> None:
    await stage.canary()
    await stage.bound()
    await stage.breached()
    await stage.windows(r1=0.16, r2=0.16)
    await stage.settled()
    await stage.settled(hours=2)
    active = (await stage.got(DELAYS))["active"]
    assert (active["paused"], active["paused_cause"], active["step"]) == (True, "stale:weather", 0)
    assert len((await stage.got("/rollout/v1/state-digest"))["digest"]) == 64
    await stage.restored()
    await stage.settled()
    active = (await stage.got(DELAYS))["active"]
    assert (active["paused"], active["step"]) == (False, 1)


async def test_a_rollout_pauses_when_its_versions_approval_is_revoked_and_goes_on_with_a_new_one(stage: Stage) -> None:
    await stage.canary()
    await stage.approved("2", "revoke")
    await stage.settled_everywhere()
    active = (await stage.got(DELAYS))["active"]
    assert (active["paused"], active["paused_cause"]) == (True, "gate:2")
    await stage.approved("2")
    await stage.settled_everywhere()
    assert (await stage.got(DELAYS))["active"]["paused"] is False


async def test_a_revoked_approval_of_the_champion_leaves_the_candidates_rollout_alone(stage: Stage) -> None:
    await stage.canary()
    await stage.approved("1", "revoke")
    await stage.settled_everywhere()
    assert (await stage.got(DELAYS))["active"]["paused"] is False


async def test_a_person_may_override_an_open_gate(stage: Stage) -> None:
    await stage.canary()
    await stage.approved("2", "revoke")
    await stage.settled_everywhere()
    await stage.done(f"{DELAYS}/rollouts/canary/resume", {"reason": "the officer is on the phone"})
    await stage.settled_everywhere()
    assert (await stage.got(DELAYS))["active"]["paused"] is False


async def test_a_retired_version_is_released_no_more(stage: Stage) -> None:
    await stage.in_production("1")
    await stage.done("/registry/v1/models/delays/versions/1/retirement", {"reason": "never used"}, "engineer")
    answer = await stage.ask("POST", f"{DELAYS}/releases", {"release": "r1", "model_version": "1"})
    assert (answer.status_code, answer.json()["stage"]) == (409, "retired")


async def test_a_breach_pauses_the_models_rollouts_in_every_environment(stage: Stage) -> None:
    await stage.canary()
    staging = "/rollout/v1/deployments/delays@staging"
    for release, version in (("r1", "1"), ("r2", "2")):
        await stage.done(f"{staging}/releases", {"release": release, "model_version": version})
    await stage.done(f"{staging}/rollouts", rollout("first", "r1", WHOLE))
    await stage.settled()
    await stage.done(f"{staging}/rollouts", rollout("canary", "r2", CANARY))
    await stage.bound()
    await stage.breached()
    await stage.settled()
    assert (await stage.got(staging))["active"]["paused_cause"] == "stale:weather"


async def test_a_person_may_override_a_breach(stage: Stage) -> None:
    await stage.canary()
    await stage.bound()
    await stage.breached()
    await stage.settled()
    await stage.done(f"{DELAYS}/rollouts/canary/resume", {"reason": "I looked"})
    await stage.settled()
    assert (await stage.got(DELAYS))["active"]["paused"] is False


async def test_what_a_person_paused_no_context_resumes(stage: Stage) -> None:
    await stage.canary()
    await stage.bound()
    await stage.done(f"{DELAYS}/rollouts/canary/pause", {"reason": "lunch"})
    await stage.breached()
    await stage.restored()
    await stage.settled()
    assert (await stage.got(DELAYS))["active"]["paused"] is True


async def test_a_rollback_puts_the_release_before_back(stage: Stage) -> None:
    await stage.canary()
    await stage.done(f"{DELAYS}/rollouts/canary/promote", {})
    await stage.settled()
    assert shares(await stage.got(f"{DELAYS}/route")) == [R2]
    await stage.done(f"{DELAYS}/rollback", {"reason": "smoke"})
    await stage.settled()
    assert shares(await stage.got(f"{DELAYS}/route")) == [R1]


async def test_a_version_that_is_not_in_production_is_not_released(stage: Stage) -> None:
    await stage.serving()
    await stage.registered("2")
    response = await stage.ask("POST", f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    assert (response.status_code, response.json()["type"]) == (409, "urn:tenure:problem:version-not-in-production")


async def test_a_release_says_which_heads_it_leaned_on(stage: Stage) -> None:
    await stage.serving()
    head = await stage.ask("GET", "/registry/v1/models/delays")
    release = (await stage.got(DELAYS))["releases"][0]
    [based_on] = release["based_on"]
    assert (based_on["stream"], f'"{based_on["sequence"]}"') == ("registry/model/delays", head.headers["ETag"])


async def test_a_release_reads_only_what_its_model_is_bound_to(stage: Stage) -> None:
    await stage.serving()
    release = {"release": "r2", "model_version": "1", "contexts": [{"context": "weather", "revision": 1}]}
    refused = await stage.ask("POST", f"{DELAYS}/releases", release)
    assert (refused.status_code, refused.json()["unbound"]) == (409, ["weather"])
    await stage.bound()
    await stage.done(f"{DELAYS}/releases", release)


async def test_a_routes_etag_is_its_epoch(stage: Stage) -> None:
    await stage.canary()
    first = await stage.ask("GET", f"{DELAYS}/route")
    assert first.headers["ETag"] == f'"{first.json()["epoch"]}"'
    again = await stage.ask("GET", f"{DELAYS}/route", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    await stage.done(f"{DELAYS}/rollouts/canary/abort", {"reason": "smoke"})
    await stage.settled()
    changed = await stage.ask("GET", f"{DELAYS}/route", headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, shares(changed.json())) == (200, [R1])


async def test_the_published_route_is_the_folded_one_and_its_epoch_the_events_sequence(stage: Stage) -> None:
    await stage.canary()
    published = await stage.published()
    route = await stage.got(f"{DELAYS}/route")
    assert published[-1] == route
    changes = [(meta.sequence, event.epoch) for meta, event in await stage.events() if hasattr(event, "epoch")]
    assert [sequence for sequence, _ in changes] == [epoch for _, epoch in changes]
    assert published[-1]["epoch"] == changes[-1][0]


async def test_an_old_route_that_a_paused_process_publishes_late_is_published_over(stage: Stage) -> None:
    await stage.canary()
    old, *_, new = await stage.published()
    await stage.log.append([Message(ROUTES.name, b"delays@production", (f'{{"epoch":{old["epoch"]}}}').encode())])
    await stage.settled()
    assert (await stage.published())[-1] == new


async def test_what_served_at_an_instant_is_told_long_after(stage: Stage) -> None:
    await stage.serving()
    await stage.settled(hours=1)
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    await stage.done(f"{DELAYS}/rollouts", rollout("canary", "r2", CANARY))
    await stage.settled()
    canary_at = MARCH + timedelta(hours=1)
    await stage.settled(hours=1)
    await stage.done(f"{DELAYS}/rollouts/canary/abort", {"reason": "smoke"})
    await stage.settled()

    async def arms_at(instant: str) -> object:
        return shares(await stage.got(f"{DELAYS}/serving", effective_at=instant))

    assert await arms_at((canary_at - timedelta(microseconds=1)).isoformat()) == [R1]
    assert await arms_at(canary_at.isoformat()) == FIVE_PERCENT
    assert await arms_at((canary_at + timedelta(minutes=59)).isoformat()) == FIVE_PERCENT
    assert await arms_at((canary_at + timedelta(hours=1)).isoformat()) == [R1]
    before = await stage.ask("GET", f"{DELAYS}/serving", params={"effective_at": "2013-02-28T23:59:59Z"})
    assert before.status_code == 404


async def test_what_was_known_at_an_instant_is_told_apart_from_what_happened(stage: Stage) -> None:
    await stage.canary()
    first_recorded = (await stage.events())[0][0].recorded_at - timedelta(seconds=1)
    unknown = await stage.ask("GET", f"{DELAYS}/serving", params={"as_of": first_recorded.isoformat()})
    assert unknown.status_code == 404
    known = await stage.got(f"{DELAYS}/serving", as_of="2100-01-01T00:00:00Z")
    assert (shares(known), known["settled"]) == (FIVE_PERCENT, False)


async def test_two_processes_do_once_what_is_needed_and_agree(stage: Stage) -> None:
    other = await stage.another()
    await stage.canary()
    await stage.settled(platform=other)
    await stage.windows(r1=0.16, r2=0.16)
    for _ in range(2):
        await stage.settled(hours=1)
        await stage.settled(platform=other)
    story = await stage.story()
    assert (story.count("StepEntered"), story.count("RolloutPromoted")) == (2, 1)
    digests = [platform.runtimes["rollout"].replica.digest() for platform in (stage.process, other)]
    assert digests[0] == digests[1]


async def test_positions_tell_how_far_the_windows_were_read(stage: Stage) -> None:
    await stage.canary()
    await stage.windows(r1=0.16, r2=0.16)
    await stage.settled()
    offsets = (await stage.got("/rollout/v1/positions"))["offsets"]
    assert sum(at for name, at in offsets.items() if name.startswith("tenure.monitor.windows")) == 2


async def test_every_schema_that_the_api_names_is_in_its_description_and_every_operation_has_its_own_name(
    stage: Stage,
) -> None:
    response = await stage.ask("GET", "/rollout/v1/openapi.json")
    document = response.json()
    named = set(re.findall(r'"\$ref":"([^"]+)"', response.text))
    there = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert named <= there
    operations = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(operations) == len(set(operations))
