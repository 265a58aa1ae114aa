"""When does a rollout pause?"""

from dataclasses import replace

from tenure_decider import given
from tenure_rollout.deployment.commands import PauseRollout
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.rules import RolloutEnded
from tenure_rollout.deployment.state import JUDGED
from tenure_rollout.events import RolloutResumed

from tests.unit.rollout.story import (
    CANARY,
    LENIENT,
    NOON,
    OPERATOR,
    aborted,
    canary,
    entered,
    judged_good,
    judged_harmful,
    paused,
    second,
    serving,
    stale,
    started,
)

pause = PauseRollout(rollout=CANARY, reason="lunch", cause=None, principal=OPERATOR, now=NOON)


def test_a_person_pauses_a_rollout() -> None:
    given(deployment_decider, *canary).when(pause).then(paused)


def test_a_stale_context_pauses_a_rollout() -> None:
    order = replace(pause, reason=stale.reason, cause=stale.cause, principal=None)
    given(deployment_decider, *canary).when(order).then(stale)


harmful = (*serving, second, replace(started, judge=LENIENT), entered, judged_harmful)
halted = replace(paused, reason="brier is worse", cause=JUDGED, paused_by=None)
halt = replace(pause, reason=halted.reason, cause=JUDGED, principal=None)


def test_harm_to_what_is_not_critical_pauses_a_rollout() -> None:
    given(deployment_decider, *harmful).when(halt).then(halted)


def test_nothing_pauses_by_the_judge_whose_verdict_has_changed_meanwhile() -> None:
    given(deployment_decider, *harmful, judged_good).when(halt).then_nothing()


def test_what_a_person_does_about_the_judges_pause_stands_till_the_verdict_has_changed() -> None:
    resumed = (*harmful, halted, RolloutResumed(rollout=CANARY, reason="known", resumed_by=OPERATOR, resumed_at=NOON))
    heeded = [deployment_decider.fold(*resumed, *more).active for more in ((), (judged_good,))]
    assert [rollout and rollout.pause_heeded for rollout in heeded] == [True, False]


def test_pausing_again_changes_nothing() -> None:
    given(deployment_decider, *canary, stale).when(pause).then_nothing()


def test_what_has_ended_cannot_be_paused() -> None:
    given(deployment_decider, *canary, aborted).when(pause).then_rejected(RolloutEnded, rollout=CANARY)
