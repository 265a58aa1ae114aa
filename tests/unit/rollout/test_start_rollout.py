"""When may a rollout start?"""

from dataclasses import replace

import pytest
from tenure_decider import given
from tenure_rollout.deployment.commands import ActuatorFacts
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.rules import (
    ActuatorCannot,
    AlreadyServing,
    BaselineDiffers,
    DependencyNotServing,
    Frozen,
    JudgeInvalid,
    JudgeIsTheReleases,
    JudgeMissing,
    MetricNotMonitored,
    MetricUnbounded,
    NoRoomForBaseline,
    ReleasesBlocked,
    ReleaseUnknown,
    RolloutActive,
    RolloutEnded,
    SharesOfAlphaInvalid,
    StepInvalid,
    StepsInvalid,
    WeightsInvalid,
)
from tenure_rollout.deployment.strategies import STRATEGIES
from tenure_rollout.events import HeaderRoute, RolloutStarted, Step, Wait
from tenure_rollout.judging.declared import JudgeDeclared
from tenure_rollout.names import ActuatorName, Capability, FreezeName, ReleaseId, RolloutId, WaitKind

from tests.unit.rollout.story import (
    BRIER,
    CANARY,
    DECLARED,
    FIRST,
    JUDGE,
    R1,
    R2,
    WHOLE,
    aborted,
    canary,
    created,
    first_started,
    second,
    serving,
    start,
    started,
)


def wait(kind: WaitKind) -> Wait:
    """One that says nothing of what it waits for."""
    return Wait(kind=kind, approvals=0, approver_kinds=(), opens=None, closes=None, deployment=None, release=None)


def test_a_canary_starts_against_the_champion() -> None:
    given(deployment_decider, *serving, second).when(start).then(started)


def test_a_first_release_has_no_champion() -> None:
    order = replace(start, rollout=FIRST, release=R1, steps=WHOLE)
    given(deployment_decider, created).when(order).then(first_started)


def test_starting_what_is_under_way_changes_nothing() -> None:
    given(deployment_decider, *canary).when(start).then_nothing()


def test_a_deployment_has_one_active_rollout() -> None:
    given(deployment_decider, *canary).when(replace(start, rollout=RolloutId("other"))).then_rejected(
        RolloutActive, rollout=CANARY
    )


def test_a_rollouts_name_is_used_once() -> None:
    given(deployment_decider, *canary, aborted).when(start).then_rejected(RolloutEnded, rollout=CANARY)


def test_a_rollout_needs_its_release() -> None:
    given(deployment_decider, *serving).when(replace(start, release=ReleaseId("r9"))).then_rejected(
        ReleaseUnknown, release="r9"
    )


def test_the_champion_is_not_rolled_out_against_itself() -> None:
    given(deployment_decider, *serving).when(replace(start, release=R1)).then_rejected(AlreadyServing, release=R1)


def test_the_share_never_shrinks_on_the_way() -> None:
    steps = tuple(Step(kind="setWeight", weight_percent=weight) for weight in (25.0, 5.0, 100.0))
    given(deployment_decider, *serving, second).when(replace(start, steps=steps)).then_rejected(
        WeightsInvalid, weights=(25.0, 5.0, 100.0)
    )


@pytest.mark.parametrize("number", [0, 101])
def test_a_rollout_has_steps_and_not_too_many(number: int) -> None:
    order = replace(start, steps=(Step(kind="pause", min_seconds=1),) * number)
    given(deployment_decider, *serving, second).when(order).then_rejected(StepsInvalid, steps=number, most=100)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Step(kind="setWeight"), "it lacks weight_percent"),
        (Step(kind="mirror"), "it lacks weight_percent"),
        (Step(kind="setHeaderRoute"), "it lacks header"),
        (Step(kind="waitFor"), "it lacks wait"),
        (Step(kind="setWeight", weight_percent=101.0), "a share is between 0 and 100 percent"),
        (Step(kind="setWeight", weight_percent=5.0, min_seconds=60), "min_seconds says nothing here"),
        (
            Step(kind="analysis", min_seconds=60, max_seconds=60),
            "it may last 60 s at most, which is over before it can be passed",
        ),
        (Step(kind="waitFor", wait=wait("approvals")), "it waits for no approval"),
        (Step(kind="waitFor", wait=wait("rollout")), "it names no deployment and release to wait for"),
        (Step(kind="waitFor", wait=wait("window")), "a time of day is written HH:MM, in UTC"),
        (
            Step(kind="waitFor", wait=replace(wait("window"), opens="09:00", closes="09:00")),
            "a window that closes as it opens never comes",
        ),
        (
            Step(kind="setHeaderRoute", header=HeaderRoute(header="X-Green", value="")),
            "the header needs a name and a value",
        ),
    ],
)
def test_a_step_that_can_not_be_followed_is_refused(step: Step, reason: str) -> None:
    given(deployment_decider, *serving, second).when(replace(start, steps=(step,))).then_rejected(
        StepInvalid, step=0, step_kind=step.kind, reason=reason
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_strategys_steps_can_be_followed(strategy: str) -> None:
    order = replace(start, strategy=strategy, steps=STRATEGIES[strategy]())
    given(deployment_decider, *serving, second).when(order).then(replace(started, strategy=strategy, steps=order.steps))


def test_nothing_begins_in_a_freeze() -> None:
    order = replace(start, frozen=(FreezeName("year-end"), "the books are closed"))
    given(deployment_decider, *serving, second).when(order).then_rejected(
        Frozen, freeze="year-end", reason="the books are closed"
    )


def test_what_the_release_needs_must_serve() -> None:
    given(deployment_decider, *serving, second).when(
        replace(start, missing=("e1 of embedder@production",))
    ).then_rejected(DependencyNotServing, missing=("e1 of embedder@production",))


def test_a_context_may_be_so_stale_that_nothing_begins() -> None:
    given(deployment_decider, *serving, second).when(replace(start, blocked_by=("weather",))).then_rejected(
        ReleasesBlocked, stale=("weather",)
    )


def test_another_rollout_takes_the_place_of_one_that_it_names() -> None:
    newer = RolloutId("newer")
    order = replace(start, rollout=newer, supersedes=CANARY)
    given(deployment_decider, *canary).when(order).then(replace(started, rollout=newer, supersedes=CANARY))


@pytest.mark.parametrize(
    ("capabilities", "steps", "missing"),
    [
        (("weights",), STRATEGIES["shadow"](), "mirror"),
        (("weights",), STRATEGIES["blueGreen"](), "headers"),
        (("headers",), (Step(kind="setWeight", weight_percent=5.0),), "weights"),
        (("weights",), (Step(kind="setWeight", weight_percent=0.1),), "a share of 0.1 percent: its finest is 0.4"),
    ],
)
def test_an_actuator_must_be_able_to_do_what_the_steps_ask(
    capabilities: tuple[Capability, ...], steps: tuple[Step, ...], missing: str
) -> None:
    gateway = ActuatorFacts(actuator=ActuatorName("gateway"), capabilities=capabilities, finest_percent=0.4)
    order = replace(start, steps=steps, actuators=(gateway,))
    given(deployment_decider, *serving, second).when(order).then_rejected(
        ActuatorCannot, actuator="gateway", missing=missing
    )


def judging(**metric: object) -> JudgeDeclared:
    """By the Brier score, declared otherwise."""
    return replace(DECLARED, metrics=(replace(BRIER, **metric),))


def test_what_was_planned_of_the_champions_past_is_part_of_the_record() -> None:
    [metric] = started.judge.metrics
    assert (metric.planned_mean, round(metric.planned_deviation, 4), metric.weight) == (0.16, 0.1601, 1.0)


def test_without_a_past_the_plan_is_the_middle_of_the_range() -> None:
    first = deployment_decider.decide(deployment_decider.fold(*serving, second), replace(start, past={}))
    assert isinstance(first, RolloutStarted)
    assert (first.judge.metrics[0].planned_mean, first.judge.metrics[0].planned_deviation) == (0.5, 0.25)


def test_what_somebody_planned_goes_before_the_past() -> None:
    order = replace(start, judge=judging(planned_mean=0.3, planned_deviation=0.2))
    planned = replace(JUDGE.metrics[0], planned_mean=0.3, planned_deviation=0.2)
    given(deployment_decider, *serving, second).when(order).then(
        replace(started, judge=replace(JUDGE, metrics=(planned,)))
    )


def test_metrics_without_weights_share_alpha_equally() -> None:
    two = replace(DECLARED, metrics=(BRIER, replace(BRIER, name="error")))
    told = deployment_decider.decide(deployment_decider.fold(*serving, second), replace(start, judge=two))
    assert isinstance(told, RolloutStarted)
    assert [metric.weight for metric in told.judge.metrics] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"margin": 0.0}, "metric brier: the margin of harm lies between 0 and the range 1.0, not at 0.0"),
        ({"margin": float("nan")}, "metric brier: the margin of harm lies between 0 and the range 1.0, not at nan"),
        ({"min_n": 0}, "metric brier: the minimum n is at least 1, and the weight above 0"),
        ({"kind": "quantile"}, "metric brier: a quantile lies between 0 and 1, not at 0.0"),
        ({"planned_mean": 2.0}, "metric brier: the planned mean lies within the bounds, not at 2.0"),
    ],
)
def test_a_judge_must_be_able_to_judge(wrong: dict[str, object], reason: str) -> None:
    order = replace(start, judge=judging(**wrong))
    given(deployment_decider, *serving, second).when(order).then_rejected(JudgeInvalid, reason=reason)


@pytest.mark.parametrize("alpha", [0.0, 0.5, float("nan")])
def test_alpha_is_a_chance_of_error(alpha: float) -> None:
    order = replace(start, judge=replace(DECLARED, alpha=alpha))
    given(deployment_decider, *serving, second).when(order).then_rejected(
        JudgeInvalid, reason=f"alpha is a chance of error between 0 and 0.5, not {alpha}"
    )


def test_a_judge_has_a_metric() -> None:
    order = replace(start, judge=replace(DECLARED, metrics=()))
    given(deployment_decider, *serving, second).when(order).then_rejected(
        JudgeInvalid, reason="a judge has 1 to 64 metrics, each name once"
    )


@pytest.mark.parametrize("missing", [{"lower_bound": None}, {"upper_bound": None}])
def test_a_metric_needs_bounds(missing: dict[str, object]) -> None:
    order = replace(start, judge=judging(**missing))
    given(deployment_decider, *serving, second).when(order).then_rejected(MetricUnbounded, metric="brier")


def test_the_weights_of_the_metrics_sum_to_one() -> None:
    order = replace(start, judge=judging(weight=0.7))
    given(deployment_decider, *serving, second).when(order).then_rejected(SharesOfAlphaInvalid, sum_of_weights=0.7)


def test_the_models_monitor_must_keep_what_is_judged() -> None:
    order = replace(start, judge=judging(name="latency"))
    given(deployment_decider, *serving, second).when(order).then_rejected(
        MetricNotMonitored, unknown=("latency",), monitored=("brier", "error")
    )


def test_a_rollout_is_judged_as_its_release_says() -> None:
    judged = (*serving, replace(second, judge=DECLARED))
    given(deployment_decider, *judged).when(replace(start, judge=None)).then(started)
    given(deployment_decider, *judged).when(start).then(started)


def test_a_rollout_can_not_judge_a_release_otherwise_than_that_says() -> None:
    judged, lenient = (*serving, replace(second, judge=DECLARED)), replace(DECLARED, alpha=0.2)
    given(deployment_decider, *judged).when(replace(start, judge=lenient)).then_rejected(JudgeIsTheReleases, release=R2)


def test_a_rollout_that_nobody_says_how_to_judge_is_refused() -> None:
    given(deployment_decider, *serving, second).when(replace(start, judge=None)).then_rejected(JudgeMissing, release=R2)


R1B = ReleaseId("r1b")
twin = replace(created, release=R1B)
FEW = (Step(kind="analysis", weight_percent=50.0), Step(kind="analysis", weight_percent=100.0))


def test_a_baseline_is_the_champion_under_another_name() -> None:
    order = replace(start, baseline=R1B, steps=FEW)
    given(deployment_decider, *serving, second, twin).when(order).then(replace(started, baseline=R1B, steps=FEW))


@pytest.mark.parametrize("baseline", [R1, R2])
def test_neither_the_champion_nor_the_candidate_is_its_own_baseline(baseline: ReleaseId) -> None:
    order = replace(start, baseline=baseline, steps=FEW)
    given(deployment_decider, *serving, second).when(order).then_rejected(
        BaselineDiffers, baseline=baseline, champion=R1
    )


def test_a_baseline_that_is_another_tuple_is_none() -> None:
    order = replace(start, baseline=R1B, steps=FEW)
    given(deployment_decider, *serving, second, replace(twin, digest="sha256:other")).when(order).then_rejected(
        BaselineDiffers, baseline=R1B, champion=R1
    )


def test_a_baseline_that_nobody_made_is_unknown() -> None:
    given(deployment_decider, *serving, second).when(replace(start, baseline=R1B)).then_rejected(
        ReleaseUnknown, release=R1B
    )


def test_a_baseline_needs_as_much_room_as_the_candidate() -> None:
    order = replace(start, baseline=R1B, steps=(Step(kind="setWeight", weight_percent=60.0), *FEW[1:]))
    given(deployment_decider, *serving, second, twin).when(order).then_rejected(NoRoomForBaseline, shares=(60.0,))


def test_a_mirror_names_other_releases_that_are_there_each_once() -> None:
    third = replace(second, release=ReleaseId("r3"))
    shadow = Step(kind="mirror", weight_percent=10.0, others=(third.release,))
    order = replace(start, steps=(shadow, *WHOLE))
    given(deployment_decider, *serving, second, third).when(order).then(replace(started, steps=(shadow, *WHOLE)))
    given(deployment_decider, *serving, second).when(order).then_rejected(ReleaseUnknown, release="r3")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Step(kind="setWeight", weight_percent=5.0, others=(R1,)), "others says nothing here"),
        (Step(kind="mirror", weight_percent=5.0, others=(R1, R1)), "it names a release twice"),
        (
            Step(kind="mirror", weight_percent=5.0, others=tuple(ReleaseId(f"r{n}") for n in range(11))),
            "it mirrors to 11 others, but at most 10 may be",
        ),
    ],
)
def test_others_are_of_a_mirror_and_few(step: Step, reason: str) -> None:
    order = replace(start, steps=(step, *WHOLE))
    given(deployment_decider, *serving, second).when(order).then_rejected(
        StepInvalid, step=0, step_kind=step.kind, reason=reason
    )
