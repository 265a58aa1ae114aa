"""How does a family come to be?"""

from dataclasses import replace
from typing import Any

import pytest
from tenure_decider import given
from tenure_registry.family.decider import FamilyExists, FamilyPolicyUnknown, family_decider

from tests.unit.registry.story_policy import ARRIVALS, create_family, family_created


def test_a_family_is_created() -> None:
    given(family_decider).when(create_family).then(family_created)


def test_creating_a_family_again_changes_nothing() -> None:
    given(family_decider, family_created).when(create_family).then_nothing()


@pytest.mark.parametrize(
    ("field", "other"),
    [("description", "?"), ("owner", "p-other"), ("policy", None), ("risk_tier", "high"), ("contexts", ())],
)
def test_a_family_is_not_created_again_as_something_else(field: str, other: Any) -> None:
    given(family_decider, family_created).when(replace(create_family, **{field: other})).then_rejected(
        FamilyExists, family=ARRIVALS
    )


def test_a_familys_policy_must_be_there() -> None:
    given(family_decider).when(replace(create_family, unknown="house")).then_rejected(
        FamilyPolicyUnknown, policy="house"
    )
