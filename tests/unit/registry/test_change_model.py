"""How do a model's details change?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ModelUnknown, NameUnknown

from tests.unit.registry.story import created
from tests.unit.registry.story_catalogue import change, changed


def test_a_models_details_change() -> None:
    given(model_decider, created).when(change).then(changed)


def test_the_same_details_again_change_nothing() -> None:
    given(model_decider, created, changed).when(change).then_nothing()


def test_a_model_that_is_not_there_cannot_change() -> None:
    given(model_decider).when(change).then_rejected(ModelUnknown)


def test_a_policy_must_be_there_before_a_model_is_put_under_it() -> None:
    given(model_decider, created).when(replace(change, unknown="policy house")).then_rejected(
        NameUnknown, name="policy house"
    )


def test_a_model_stays_in_its_family_and_keeps_its_variant() -> None:
    model = model_decider.fold(created, changed)
    assert (model.name, model.family, model.variant) == (created.model, created.family, created.variant)
