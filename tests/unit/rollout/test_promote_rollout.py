"""When does a candidate become the champion?"""

from dataclasses import replace
from datetime import timedelta

from tenure_decider import given
from tenure_rollout.deployment.commands import PromoteRollout
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.rules import RolloutEnded, RolloutUnknown
from tenure_rollout.deployment.steps import World
from tenure_rollout.names import RolloutId

from tests.unit.rollout.story import (
    AN_HOUR_LATER,
    CANARY,
    FIRST,
    NOON,
    OPERATOR,
    R2,
    aborted,
    canary,
    created,
    entered,
    entered_last,
    first_entered,
    first_promoted,
    first_started,
    judged_bad,
    judged_good,
    paused,
    promoted,
)

by_person = PromoteRollout(rollout=CANARY, world=World(), principal=OPERATOR, now=NOON)
by_itself = PromoteRollout(rollout=CANARY, world=World(), principal=None, now=AN_HOUR_LATER + timedelta(hours=1))
all_steps = (*canary, entered, judged_good, entered_last)
judged_last = replace(judged_good, step=1)


def test_the_last_steps_continue_promotes() -> None:
    given(deployment_decider, *all_steps, judged_last).when(by_itself).then(
        replace(promoted, promoted_at=by_itself.now)
    )


def test_a_first_release_is_promoted_without_a_judgement() -> None:
    order = PromoteRollout(rollout=FIRST, world=World(), principal=None, now=NOON)
    given(deployment_decider, created, first_started, first_entered).when(order).then(first_promoted)


def test_nothing_is_promoted_by_itself_before_its_last_step() -> None:
    given(deployment_decider, *canary, entered, judged_good).when(by_itself).then_nothing()


def test_nothing_is_promoted_by_itself_without_a_judgement() -> None:
    given(deployment_decider, *canary, entered, entered_last).when(by_itself).then_nothing()


def test_nothing_is_promoted_by_itself_once_the_verdict_has_turned() -> None:
    given(deployment_decider, *all_steps, replace(judged_bad, step=1)).when(by_itself).then_nothing()


def test_nothing_is_promoted_by_itself_while_paused() -> None:
    given(deployment_decider, *all_steps, judged_last, paused).when(by_itself).then_nothing()


def test_a_person_may_promote_at_any_step() -> None:
    given(deployment_decider, *canary, entered).when(by_person).then(replace(promoted, promoted_by=OPERATOR))


def test_promoting_again_changes_nothing() -> None:
    given(deployment_decider, *canary, promoted).when(by_person).then_nothing()


def test_what_was_aborted_is_not_promoted() -> None:
    given(deployment_decider, *canary, aborted).when(by_person).then_rejected(RolloutEnded, rollout=CANARY)


def test_there_must_be_a_rollout_to_promote() -> None:
    given(deployment_decider, *canary).when(replace(by_person, rollout=RolloutId("x"))).then_rejected(
        RolloutUnknown, rollout="x"
    )


def test_the_promoted_release_is_the_champion() -> None:
    assert deployment_decider.fold(*canary, promoted).champion == R2
