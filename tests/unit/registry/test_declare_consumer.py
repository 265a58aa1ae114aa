"""Who says that they depend on a model?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ConsumerOfAnother, ModelUnknown

from tests.unit.registry.story import AUTHOR, created
from tests.unit.registry.story_endings import declare, declared, withdrawn


def test_a_consumer_is_declared() -> None:
    given(model_decider, created).when(declare).then(declared)


def test_declaring_again_changes_nothing() -> None:
    given(model_decider, created, declared).when(declare).then_nothing()


def test_a_consumers_purpose_can_change() -> None:
    given(model_decider, created, declared).when(replace(declare, purpose="gates")).then(
        replace(declared, purpose="gates")
    )


def test_nobody_else_changes_it_or_becomes_its_owner() -> None:
    given(model_decider, created, declared).when(replace(declare, principal=AUTHOR)).then_nothing()
    given(model_decider, created, declared).when(replace(declare, principal=AUTHOR, purpose="gates")).then_rejected(
        ConsumerOfAnother, consumer=declare.consumer, declared_by=declared.declared_by
    )


def test_a_consumer_that_was_withdrawn_can_come_back() -> None:
    given(model_decider, created, declared, withdrawn).when(declare).then(declared)


def test_a_model_that_is_not_there_has_no_consumers() -> None:
    given(model_decider).when(declare).then_rejected(ModelUnknown)
