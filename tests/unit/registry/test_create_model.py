"""How does a model come to be?"""

from dataclasses import replace
from typing import Any

import pytest
from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ModelExists, NameUnknown
from tenure_registry.names import FamilyName, PrincipalId
from tenure_registry.parts import Variant

from tests.unit.registry.story import DELAYS, create, created
from tests.unit.registry.story_catalogue import changed


def test_a_model_is_created() -> None:
    given(model_decider).when(create).then(created)


def test_creating_a_model_again_changes_nothing() -> None:
    given(model_decider, created).when(create).then_nothing()


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("family", FamilyName("arrivals")),
        ("variant", Variant(segment="long-haul", region=None, regime=None)),
        ("description", "early?"),
        ("policy", "house"),
        ("risk_tier", "high"),
        ("contexts", ("weather",)),
    ],
)
def test_a_model_is_not_created_again_as_something_else(field: str, other: Any) -> None:
    given(model_decider, created).when(replace(create, **{field: other})).then_rejected(
        ModelExists, model=DELAYS, field=field
    )


def test_a_job_that_creates_its_model_each_time_is_not_disturbed_by_what_changed_since() -> None:
    given(model_decider, created, changed).when(create).then_nothing()


def test_who_creates_a_model_again_is_not_asked_whose_it_is() -> None:
    """Models from before there were families have an owner that nobody named."""
    given(model_decider, created).when(replace(create, owner=PrincipalId("p-other"))).then_nothing()


def test_what_a_model_inherits_from_must_be_there() -> None:
    given(model_decider).when(replace(create, unknown="family arrivals")).then_rejected(
        NameUnknown, name="family arrivals"
    )
