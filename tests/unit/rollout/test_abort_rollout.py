"""When does a rollout end without a promotion?"""

from dataclasses import replace

from tenure_decider import given
from tenure_rollout.deployment.commands import AbortRollout
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.rules import RolloutEnded

from tests.unit.rollout.story import (
    CANARY,
    NOON,
    OPERATOR,
    R1,
    aborted,
    canary,
    entered,
    judged_bad,
    judged_good,
    paused,
    promoted,
)

by_person = AbortRollout(rollout=CANARY, reason="smoke", principal=OPERATOR, now=NOON)
by_itself = replace(by_person, principal=None)


def test_a_person_aborts_at_any_time() -> None:
    given(deployment_decider, *canary).when(by_person).then(aborted)


def test_a_worse_candidate_is_aborted_by_itself() -> None:
    given(deployment_decider, *canary, entered, judged_bad).when(by_itself).then(replace(aborted, aborted_by=None))


def test_nothing_is_aborted_by_itself_when_the_verdict_has_changed_meanwhile() -> None:
    given(deployment_decider, *canary, entered, judged_bad, judged_good).when(by_itself).then_nothing()


def test_harm_ends_a_paused_rollout_too_since_its_candidate_serves_on() -> None:
    given(deployment_decider, *canary, entered, judged_bad, paused).when(by_itself).then(
        replace(aborted, reason=by_itself.reason, aborted_by=None)
    )


def test_aborting_again_changes_nothing() -> None:
    given(deployment_decider, *canary, aborted).when(by_person).then_nothing()


def test_what_was_promoted_is_rolled_back_not_aborted() -> None:
    given(deployment_decider, *canary, promoted).when(by_person).then_rejected(RolloutEnded, rollout=CANARY)


def test_the_champion_stays() -> None:
    assert deployment_decider.fold(*canary, entered, aborted).champion == R1
