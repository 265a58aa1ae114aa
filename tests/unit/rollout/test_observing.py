"""Does what serves follow what was decided, and could it go back?"""

from dataclasses import replace

from tenure_decider import given
from tenure_rollout.deployment.commands import CheckRollback, ObserveRoute
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.events import Observed, RollbackReadinessLost, RollbackReadinessRestored, RouteObserved
from tenure_rollout.names import ActuatorName

from tests.unit.rollout.story import NOON, R1, R2, canary, entered, promoted, serving
from tests.unit.rollout.test_change_route import new, old, on_old

GATEWAY = ActuatorName("gateway")
ALL_OLD = (Observed(release=R1, weight_percent=100.0),)
routed = (*serving, on_old)
say = ObserveRoute(actuator=GATEWAY, epoch=5, observed=ALL_OLD, tolerance_percent=0.4, detail=None, now=NOON)
follows = RouteObserved(
    actuator=GATEWAY,
    desired_epoch=5,
    desired=ALL_OLD,
    observed=ALL_OLD,
    in_step=True,
    detail=None,
    observed_at=NOON,
)


def test_an_actuator_that_does_what_is_desired_is_in_step() -> None:
    given(deployment_decider, *routed).when(say).then(follows)


def test_saying_it_again_is_no_event() -> None:
    given(deployment_decider, *routed, follows).when(say).then_nothing()


def test_one_that_ceases_to_is_out_of_step() -> None:
    half = (Observed(release=R1, weight_percent=50.0), Observed(release=R2, weight_percent=50.0))
    given(deployment_decider, *routed, follows).when(replace(say, observed=half, detail="reloaded")).then(
        replace(follows, observed=half, in_step=False, detail="reloaded")
    )


def test_a_share_may_be_off_by_what_the_actuator_can_not_do_finer() -> None:
    near = (Observed(release=R1, weight_percent=99.7),)
    given(deployment_decider, *routed).when(replace(say, observed=near)).then(replace(follows, observed=near))


def test_one_that_knows_an_older_route_is_out_of_step() -> None:
    given(deployment_decider, *routed).when(replace(say, epoch=4)).then(replace(follows, in_step=False))


def test_a_newer_route_must_be_followed_anew() -> None:
    newer = replace(on_old, epoch=9, arms=(new, replace(old, weight_percent=95.0)))
    shares = (Observed(release=R2, weight_percent=5.0), Observed(release=R1, weight_percent=95.0))
    given(deployment_decider, *routed, follows, newer).when(replace(say, epoch=9, observed=shares)).then(
        replace(follows, desired_epoch=9, desired=shares, observed=shares)
    )


def test_before_there_is_a_route_there_is_nothing_to_follow() -> None:
    given(deployment_decider, *serving).when(say).then_nothing()


check = CheckRollback(release=R1, reasons=("context weather revision 1 is dropped",), now=NOON)
lost = RollbackReadinessLost(release=R1, reasons=("context weather revision 1 is dropped",), lost_at=NOON)
restored = RollbackReadinessRestored(release=R1, restored_at=NOON)


def test_a_release_that_could_not_be_put_back_is_told_at_once() -> None:
    given(deployment_decider, *canary, promoted).when(check).then(lost)


def test_while_a_canary_serves_a_rollback_would_put_the_champion_back() -> None:
    given(deployment_decider, *canary, entered).when(check).then(lost)


def test_it_is_told_once_for_the_same_reasons() -> None:
    given(deployment_decider, *canary, promoted, lost).when(check).then_nothing()


def test_that_it_could_be_put_back_again_is_told_too() -> None:
    given(deployment_decider, *canary, promoted, lost).when(replace(check, reasons=())).then(restored)


def test_a_check_of_what_a_rollback_would_not_put_back_says_nothing() -> None:
    given(deployment_decider, *canary, promoted).when(replace(check, release=R2)).then_nothing()
