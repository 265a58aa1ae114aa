"""How does a model come to be?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ModelExists

from tests.unit.registry.story import DELAYS, create, created


def test_a_model_is_created() -> None:
    given(model_decider).when(create).then(created)


def test_creating_a_model_again_changes_nothing() -> None:
    given(model_decider, created).when(create).then_nothing()


def test_what_a_model_was_created_as_stays() -> None:
    given(model_decider, created).when(replace(create, description="early?")).then_rejected(ModelExists, model=DELAYS)
