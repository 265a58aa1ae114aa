"""When does a rollout pause?"""

from dataclasses import replace

from tenure_decider import given
from tenure_rollout.deployment.commands import PauseRollout
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.rules import RolloutEnded

from tests.unit.rollout.story import CANARY, NOON, OPERATOR, aborted, canary, paused, stale

pause = PauseRollout(rollout=CANARY, reason="lunch", cause=None, principal=OPERATOR, now=NOON)


def test_a_person_pauses_a_rollout() -> None:
    given(deployment_decider, *canary).when(pause).then(paused)


def test_a_stale_context_pauses_a_rollout() -> None:
    order = replace(pause, reason=stale.reason, cause=stale.cause, principal=None)
    given(deployment_decider, *canary).when(order).then(stale)


def test_pausing_again_changes_nothing() -> None:
    given(deployment_decider, *canary, stale).when(pause).then_nothing()


def test_what_has_ended_cannot_be_paused() -> None:
    given(deployment_decider, *canary, aborted).when(pause).then_rejected(RolloutEnded, rollout=CANARY)
