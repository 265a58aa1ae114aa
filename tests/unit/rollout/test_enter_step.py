"""When is a step entered?"""

from dataclasses import replace
from datetime import timedelta

from tenure_decider import given
from tenure_rollout.deployment.commands import EnterStep
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.rules import RolloutEnded, RolloutUnknown
from tenure_rollout.deployment.steps import World
from tenure_rollout.names import RolloutId

from tests.unit.rollout.story import (
    AN_HOUR_LATER,
    CANARY,
    NOON,
    aborted,
    canary,
    entered,
    entered_last,
    judged_bad,
    judged_good,
    paused,
)

first = EnterStep(rollout=CANARY, step=0, world=World(), now=NOON)
last = EnterStep(rollout=CANARY, step=1, world=World(), now=AN_HOUR_LATER)


def test_the_first_step_is_entered_at_once() -> None:
    given(deployment_decider, *canary).when(first).then(entered)


def test_a_step_is_entered_once() -> None:
    given(deployment_decider, *canary, entered).when(first).then_nothing()


def test_the_next_step_follows_a_continue_after_the_least_time() -> None:
    given(deployment_decider, *canary, entered, judged_good).when(last).then(entered_last)


def test_a_step_lasts_its_least_time() -> None:
    early = replace(last, now=AN_HOUR_LATER - timedelta(microseconds=1))
    given(deployment_decider, *canary, entered, judged_good).when(early).then_nothing()


def test_time_alone_does_not_pass_a_step() -> None:
    given(deployment_decider, *canary, entered).when(last).then_nothing()


def test_a_step_judged_worse_is_not_left_upwards() -> None:
    given(deployment_decider, *canary, entered, judged_good, judged_bad).when(last).then_nothing()


def test_a_paused_rollout_takes_no_step() -> None:
    given(deployment_decider, *canary, entered, judged_good, paused).when(last).then_nothing()


def test_no_step_is_skipped() -> None:
    given(deployment_decider, *canary).when(last).then_nothing()


def test_there_is_no_step_after_the_last() -> None:
    given(deployment_decider, *canary, entered, judged_good, entered_last).when(replace(last, step=2)).then_nothing()


def test_an_ended_rollout_takes_no_step() -> None:
    given(deployment_decider, *canary, aborted).when(first).then_rejected(RolloutEnded, rollout=CANARY)


def test_a_step_belongs_to_a_rollout() -> None:
    given(deployment_decider, *canary).when(replace(first, rollout=RolloutId("x"))).then_rejected(
        RolloutUnknown, rollout="x"
    )
