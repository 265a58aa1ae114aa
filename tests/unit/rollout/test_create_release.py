"""When may a release be made?"""

from dataclasses import replace

import pytest
from tenure_decider import given
from tenure_rollout.deployment.decider import deployment_decider, tuple_digest
from tenure_rollout.deployment.rules import ContextNotBound, ReleaseIsFixed, VersionNotInProduction

from tests.unit.rollout.story import DECLARED, R1, create, created


def test_a_version_in_production_can_be_released() -> None:
    given(deployment_decider).when(create).then(created)


def test_the_same_release_again_changes_nothing() -> None:
    given(deployment_decider, created).when(create).then_nothing()


def test_a_release_that_exists_is_answered_even_when_its_version_left_production() -> None:
    given(deployment_decider, created).when(replace(create, stage="retired")).then_nothing()


@pytest.mark.parametrize("other", [{"model_version": "2"}, {"contexts": ()}, {"prompt": "p"}, {"flags": {}}])
def test_a_release_is_one_tuple_for_ever(other: dict[str, object]) -> None:
    given(deployment_decider, created).when(replace(create, **other)).then_rejected(ReleaseIsFixed, release=R1)


@pytest.mark.parametrize("stage", [None, "candidate", "validated", "retired"])
def test_a_version_outside_production_is_not_released(stage: str | None) -> None:
    given(deployment_decider).when(replace(create, stage=stage)).then_rejected(
        VersionNotInProduction, model_version="1", stage=stage
    )


def test_a_release_reads_only_contexts_that_its_model_is_bound_to() -> None:
    given(deployment_decider).when(replace(create, unbound=("weather",))).then_rejected(
        ContextNotBound, unbound=("weather",)
    )


def test_how_it_is_judged_is_part_of_the_tuple_and_of_its_digest() -> None:
    judged = replace(create, judge=DECLARED)
    whole = replace(created, judge=DECLARED, digest=tuple_digest(judged, "sha256:aa"))
    assert whole.digest != created.digest
    given(deployment_decider).when(judged).then(whole)
    given(deployment_decider, whole).when(create).then_rejected(ReleaseIsFixed, release=R1)
