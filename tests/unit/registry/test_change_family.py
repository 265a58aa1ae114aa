"""How does change what the models of a family share?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.family.decider import Family, FamilyPolicyUnknown, FamilyUnknown, family_decider

from tests.unit.registry.story_policy import (
    ARRIVALS,
    HOUSE,
    KEEPER,
    change_family,
    family_changed,
    family_created,
)


def test_a_familys_details_change() -> None:
    given(family_decider, family_created).when(change_family).then(family_changed)


def test_the_same_details_again_change_nothing() -> None:
    given(family_decider, family_created, family_changed).when(change_family).then_nothing()


def test_a_family_keeps_its_name() -> None:
    assert family_decider.fold(family_created, family_changed) == Family(
        ARRIVALS, "who comes when", KEEPER, HOUSE, "high", ("weather",)
    )


def test_a_family_that_is_not_there_cannot_change() -> None:
    given(family_decider).when(change_family).then_rejected(FamilyUnknown)


def test_a_familys_new_policy_must_be_there() -> None:
    given(family_decider, family_created).when(replace(change_family, unknown="house")).then_rejected(
        FamilyPolicyUnknown, policy="house"
    )
