"""When does a judgement change?"""

from dataclasses import replace

from tenure_decider import given
from tenure_rollout.deployment.commands import ChangeJudgement
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.events import Statistics

from tests.unit.rollout.story import (
    AN_HOUR_LATER,
    BAD,
    CANARY,
    FIRST,
    GOOD,
    NOON,
    canary,
    created,
    entered,
    entered_last,
    first_entered,
    first_started,
    judged_bad,
    judged_good,
    paused,
)

good = ChangeJudgement(rollout=CANARY, step=0, candidate=GOOD, champion=GOOD, now=NOON)
bad = replace(good, candidate=BAD)


def test_a_first_verdict_is_a_change() -> None:
    given(deployment_decider, *canary, entered).when(good).then(judged_good)


def test_new_figures_with_the_same_verdict_change_nothing() -> None:
    more = replace(good, candidate=Statistics(n=20_000, mean=0.161, variance=0.0))
    given(deployment_decider, *canary, entered, judged_good).when(more).then_nothing()


def test_another_verdict_is_recorded_with_its_figures() -> None:
    given(deployment_decider, *canary, entered, judged_good).when(bad).then(judged_bad)


def test_a_step_is_judged_anew_when_it_is_entered() -> None:
    again = replace(good, step=1, now=AN_HOUR_LATER)
    given(deployment_decider, *canary, entered, judged_good, entered_last).when(again).then(
        replace(judged_good, step=1, judged_at=AN_HOUR_LATER)
    )


def test_a_step_that_is_over_is_not_judged() -> None:
    given(deployment_decider, *canary, entered, judged_good, entered_last).when(bad).then_nothing()


def test_a_paused_rollout_is_judged_too_since_its_candidate_serves_on() -> None:
    given(deployment_decider, *canary, entered, paused).when(good).then(judged_good)


def test_a_first_release_has_nobody_to_be_judged_by() -> None:
    given(deployment_decider, created, first_started, first_entered).when(replace(good, rollout=FIRST)).then_nothing()
