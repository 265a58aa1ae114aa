"""When may a rollout start?"""

from dataclasses import replace

import pytest
from tenure_decider import given
from tenure_rollout.decider import deployment_decider
from tenure_rollout.events import Step
from tenure_rollout.names import ReleaseId, RolloutId
from tenure_rollout.rules import (
    AlreadyServing,
    JudgeInvalid,
    ReleaseUnknown,
    RolloutActive,
    RolloutEnded,
    StepsInvalid,
)

from tests.unit.rollout.story import (
    CANARY,
    FIRST,
    JUDGE,
    R1,
    WHOLE,
    aborted,
    canary,
    created,
    first_started,
    second,
    serving,
    start,
    started,
)


def test_a_canary_starts_against_the_champion() -> None:
    given(deployment_decider, *serving, second).when(start).then(started)


def test_a_first_release_has_no_champion() -> None:
    order = replace(start, rollout=FIRST, release=R1, steps=WHOLE)
    given(deployment_decider, created).when(order).then(first_started)


def test_starting_what_is_under_way_changes_nothing() -> None:
    given(deployment_decider, *canary).when(start).then_nothing()


def test_a_deployment_has_one_active_rollout() -> None:
    given(deployment_decider, *canary).when(replace(start, rollout=RolloutId("other"))).then_rejected(
        RolloutActive, rollout=CANARY
    )


def test_a_rollouts_name_is_used_once() -> None:
    given(deployment_decider, *canary, aborted).when(start).then_rejected(RolloutEnded, rollout=CANARY)


def test_a_rollout_needs_its_release() -> None:
    given(deployment_decider, *serving).when(replace(start, release=ReleaseId("r9"))).then_rejected(
        ReleaseUnknown, release="r9"
    )


def test_the_champion_is_not_rolled_out_against_itself() -> None:
    given(deployment_decider, *serving).when(replace(start, release=R1)).then_rejected(AlreadyServing, release=R1)


@pytest.mark.parametrize("weights", [(), (5.0,), (0.0, 100.0), (25.0, 5.0, 100.0), (50.0, 50.0, 100.0), (5.0, 101.0)])
def test_steps_grow_to_exactly_100_percent(weights: tuple[float, ...]) -> None:
    steps = tuple(Step(weight_percent=weight, min_seconds=0) for weight in weights)
    given(deployment_decider, *serving, second).when(replace(start, steps=steps)).then_rejected(
        StepsInvalid, weights=weights
    )


@pytest.mark.parametrize("wrong", [{"margin": 0.0}, {"confidence": 0.5}, {"confidence": 1.0}, {"min_n": 1}])
def test_a_judge_must_be_able_to_judge(wrong: dict[str, float]) -> None:
    order = replace(start, judge=replace(JUDGE, **wrong))
    given(deployment_decider, *serving, second).when(order).then_rejected(JudgeInvalid)
