"""What does a rollback put back?"""

from dataclasses import replace

from tenure_decider import given
from tenure_rollout.deployment.commands import RollBack
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.deployment.rules import NothingToRollBackTo
from tenure_rollout.events import ReleaseRolledBack
from tenure_rollout.names import RolloutId

from tests.unit.rollout.story import (
    NOON,
    OPERATOR,
    R1,
    R2,
    aborted,
    canary,
    entered,
    paused,
    promoted,
    serving,
    started,
)

AGAIN = RolloutId("again")
roll_back = RollBack(reason="smoke", only_from=None, principal=OPERATOR, now=NOON)
rolled_back = ReleaseRolledBack(
    from_release=R2, to_release=R1, reason="smoke", rolled_back_by=OPERATOR, rolled_back_at=NOON
)


def test_the_release_before_serves_again() -> None:
    given(deployment_decider, *canary, promoted).when(roll_back).then(rolled_back)


def test_an_active_rollout_is_ended() -> None:
    given(deployment_decider, *canary, entered).when(roll_back).then(aborted)


def test_a_paused_rollout_is_ended_all_the_same() -> None:
    given(deployment_decider, *canary, entered, paused).when(roll_back).then(aborted)


def test_the_first_release_has_nothing_before_it() -> None:
    given(deployment_decider, *serving).when(roll_back).then_rejected(NothingToRollBackTo)


def test_after_two_rollbacks_nothing_is_left() -> None:
    given(deployment_decider, *canary, promoted, rolled_back).when(roll_back).then_rejected(NothingToRollBackTo)


def test_what_was_rolled_back_can_be_rolled_out_again() -> None:
    state = deployment_decider.fold(*canary, promoted, rolled_back)
    assert (state.champion, state.active, R2 in state.releases) == (R1, None, True)
    assert replace(state, sequence=0).ended == deployment_decider.fold(*canary, promoted).ended


def test_who_wants_one_release_back_does_not_take_back_another() -> None:
    given(deployment_decider, *canary, promoted, rolled_back).when(replace(roll_back, only_from=R2)).then_nothing()


def test_what_was_taken_back_is_remembered_until_it_is_promoted_again() -> None:
    back = deployment_decider.fold(*canary, promoted, rolled_back)
    again = deployment_decider.fold(*canary, promoted, rolled_back, replace(started, rollout=AGAIN), promoted)
    assert (back.taken_back, again.taken_back) == ({R2}, frozenset())
