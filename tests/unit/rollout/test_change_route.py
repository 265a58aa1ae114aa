"""When does a route change?"""

from dataclasses import replace

from tenure_decider import given
from tenure_rollout.deployment.commands import ChangeRoute
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.events import Arm, Mirror, RouteChanged
from tenure_rollout.names import Deployment, ModelVersion

from tests.unit.rollout.story import NOON, R1, R2, WEATHER, serving

DELAYS = Deployment("delays@production")
old = Arm(
    release=R1,
    model_version=ModelVersion("1"),
    weight_percent=100.0,
    artifact_digest="sha256:aa",
    contexts=(WEATHER,),
    prompt=None,
    flags={"cache": "on"},
)
new = replace(old, release=R2, model_version=ModelVersion("2"), weight_percent=5.0)
to_old = ChangeRoute(deployment=DELAYS, arms=(old,), salt="first", mirrors=(), headers=(), now=NOON)
on_old = RouteChanged(deployment=DELAYS, epoch=5, arms=(old,), salt="first", mirrors=(), headers=(), changed_at=NOON)


def test_the_epoch_is_the_events_own_sequence() -> None:
    given(deployment_decider, *serving).when(to_old).then(on_old)


def test_the_same_arms_again_change_nothing() -> None:
    given(deployment_decider, *serving, on_old).when(replace(to_old, salt="other")).then_nothing()


def test_other_arms_get_a_higher_epoch() -> None:
    arms = (new, replace(old, weight_percent=95.0))
    given(deployment_decider, *serving, on_old).when(replace(to_old, arms=arms, salt="canary")).then(
        replace(on_old, epoch=6, arms=arms, salt="canary")
    )


def test_a_mirror_changes_the_route_though_no_share_moves() -> None:
    mirrors = (Mirror(release=R2, percent=10.0),)
    given(deployment_decider, *serving, on_old).when(replace(to_old, mirrors=mirrors)).then(
        replace(on_old, epoch=6, mirrors=mirrors)
    )
