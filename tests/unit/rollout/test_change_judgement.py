"""When does a judgement change?"""

from dataclasses import replace

from tenure_decider import given
from tenure_rollout.deployment.commands import ChangeJudgement
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.judging.verdicts import Evidence, Judgement, canonical, verdict_of

from tests.unit.rollout.story import (
    AN_HOUR_LATER,
    BAD,
    CANARY,
    FIRST,
    GOOD,
    JUDGE,
    NOON,
    brier,
    canary,
    created,
    entered,
    entered_last,
    first_entered,
    first_started,
    judged_bad,
    judged_good,
    paused,
    second,
    serving,
    started,
)

good = ChangeJudgement(rollout=CANARY, step=0, statistics=GOOD, window=NOON, now=NOON)
bad = replace(good, statistics=BAD)
ERROR = replace(JUDGE.metrics[0], name="error", weight=0.5)
TWO = replace(JUDGE, metrics=(replace(JUDGE.metrics[0], weight=0.5), ERROR))


def test_a_first_verdict_is_a_change() -> None:
    given(deployment_decider, *canary, entered).when(good).then(judged_good)
    assert judged_good.verdict == "continue"


def test_new_figures_with_the_same_verdict_change_nothing() -> None:
    more = replace(good, statistics=(brier(0.161, n=20_000),))
    given(deployment_decider, *canary, entered, judged_good).when(more).then_nothing()


def test_another_verdict_is_recorded_with_its_figures() -> None:
    given(deployment_decider, *canary, entered, judged_good).when(bad).then(judged_bad)
    assert judged_bad.verdict == "abort"


def test_another_verdict_of_one_metric_is_recorded_though_the_rollouts_is_the_same() -> None:
    few = tuple(replace(brier(0.16, n=50), metric=name) for name in ("brier", "error"))
    enough = (brier(0.16), few[1])
    two = (*serving, second, replace(started, judge=TWO), entered)
    first = deployment_decider.decide(deployment_decider.fold(*two), replace(good, statistics=few))
    assert first is not None
    then = deployment_decider.decide(deployment_decider.fold(*two, first), replace(good, statistics=enough))
    assert (first.verdict, then.verdict) == ("insufficient", "insufficient")
    assert [each.verdict for each in then.metrics] == ["continue", "insufficient"]


def test_a_verdict_stands_over_the_steps_since_the_statistics_go_on() -> None:
    again = replace(good, step=1, now=AN_HOUR_LATER)
    given(deployment_decider, *canary, entered, judged_good, entered_last).when(again).then_nothing()


def test_a_later_step_is_judged_too() -> None:
    again = replace(bad, step=1, now=AN_HOUR_LATER)
    given(deployment_decider, *canary, entered, judged_good, entered_last).when(again).then(
        replace(judged_bad, step=1, judged_at=AN_HOUR_LATER)
    )


def test_a_step_that_is_over_is_not_judged() -> None:
    given(deployment_decider, *canary, entered, judged_good, entered_last).when(bad).then_nothing()


def test_a_paused_rollout_is_judged_too_since_its_candidate_serves_on() -> None:
    given(deployment_decider, *canary, entered, paused).when(good).then(judged_good)


def test_a_first_release_has_nobody_to_be_judged_by() -> None:
    given(deployment_decider, created, first_started, first_entered).when(replace(good, rollout=FIRST)).then_nothing()


def test_a_judgement_can_be_computed_again_from_its_event_alone_byte_for_byte() -> None:
    for event in (judged_good, judged_bad):
        told = Judgement(judge_revision=event.judge_revision, verdict=event.verdict, metrics=event.metrics)
        evidence = Evidence(
            judge_revision=event.judge_revision, configuration=event.configuration, statistics=event.statistics
        )
        assert canonical(verdict_of(evidence)) == canonical(told)
