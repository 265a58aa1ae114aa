"""When does a route change, and to what?"""

from dataclasses import replace

import pytest
from tenure_decider import given
from tenure_rollout.deployment.commands import ChangeRoute
from tenure_rollout.deployment.decider import deployment_decider
from tenure_rollout.events import Arm, Mirror, RouteChanged, Step
from tenure_rollout.names import Deployment, ModelVersion, ReleaseId

from tests.unit.rollout.story import (
    FIRST,
    NOON,
    R1,
    R2,
    WEATHER,
    WHOLE,
    aborted,
    canary,
    created,
    entered,
    first_entered,
    first_started,
    second,
    serving,
    started,
)

DELAYS, R1B = Deployment("delays@production"), ReleaseId("r1b")
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
change = ChangeRoute(deployment=DELAYS, now=NOON)
on_old = RouteChanged(deployment=DELAYS, epoch=5, arms=(old,), salt=DELAYS, mirrors=(), headers=(), changed_at=NOON)
on_both = replace(on_old, epoch=8, arms=(new, replace(old, weight_percent=95.0)), salt="canary")


def test_the_epoch_is_the_events_own_sequence() -> None:
    given(deployment_decider, *serving).when(change).then(on_old)


def test_the_same_arms_again_change_nothing() -> None:
    given(deployment_decider, *serving, on_old).when(change).then_nothing()


def test_a_canary_has_its_share_and_a_salt_of_its_own() -> None:
    given(deployment_decider, *canary, entered).when(change).then(on_both)


def test_a_mirror_changes_the_route_though_no_share_moves() -> None:
    shadow = replace(started, steps=(Step(kind="mirror", weight_percent=10.0), *WHOLE))
    mirrored = replace(entered, kind="mirror", weight_percent=0.0)
    arms, mirrors = (replace(new, weight_percent=0.0), old), (Mirror(release=R2, percent=10.0),)
    given(deployment_decider, *serving, second, shadow, mirrored, replace(on_old, epoch=8)).when(change).then(
        replace(on_both, epoch=9, arms=arms, mirrors=mirrors)
    )


def test_who_asked_because_of_what_was_so_before_a_rollback_gets_what_is_so_since() -> None:
    given(deployment_decider, *canary, entered, on_both, aborted).when(change).then(
        replace(on_old, epoch=10, salt="canary")
    )


def test_any_share_of_a_first_release_is_all_since_nobody_serves_beside_it() -> None:
    few = replace(first_entered, weight_percent=5.0)
    first = replace(on_old, epoch=4, salt="first")
    given(deployment_decider, created, first_started, few).when(change).then(first)


def test_where_the_first_release_was_taken_back_nothing_serves() -> None:
    whole = replace(on_old, epoch=4, salt="first")
    back = replace(aborted, rollout=FIRST, release=R1)
    given(deployment_decider, created, first_started, first_entered, whole, back).when(change).then(
        replace(whole, epoch=6, arms=())
    )


@pytest.mark.parametrize(("share", "champions"), [(5.0, 90.0), (50.0, 0.0)])
def test_a_baseline_gets_as_much_as_the_candidate_at_the_other_end_of_the_circle(
    share: float, champions: float
) -> None:
    twin = replace(created, release=R1B)
    rollout = (*serving, second, twin, replace(started, baseline=R1B), replace(entered, weight_percent=share))
    candidate, beside = replace(new, weight_percent=share), replace(old, release=R1B, weight_percent=share)
    left = (replace(old, weight_percent=champions),) if champions else ()
    given(deployment_decider, *rollout).when(change).then(replace(on_both, epoch=9, arms=(candidate, *left, beside)))


def test_several_releases_are_mirrored_at_once_each_in_an_arm_without_a_share() -> None:
    third = replace(second, release=ReleaseId("r3"), model_version=ModelVersion("3"))
    step = Step(kind="mirror", weight_percent=10.0, others=(third.release,))
    shadow = (*serving, second, third, replace(started, steps=(step, *WHOLE)))
    mirrored = replace(entered, kind="mirror", weight_percent=0.0)
    one = replace(new, weight_percent=0.0)
    other = replace(one, release=third.release, model_version=ModelVersion("3"))
    mirrors = (Mirror(release=R2, percent=10.0), Mirror(release=third.release, percent=10.0))
    given(deployment_decider, *shadow, mirrored).when(change).then(
        replace(on_both, epoch=9, arms=(other, one, old), mirrors=mirrors)
    )
