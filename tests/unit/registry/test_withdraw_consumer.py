"""How does a consumer stop being one?"""

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ConsumerUnknown

from tests.unit.registry.story import created
from tests.unit.registry.story_endings import CREW, declared, withdraw, withdrawn


def test_a_consumer_is_withdrawn() -> None:
    given(model_decider, created, declared).when(withdraw).then(withdrawn)


def test_what_was_withdrawn_cannot_be_withdrawn_again() -> None:
    given(model_decider, created, declared, withdrawn).when(withdraw).then_rejected(ConsumerUnknown, consumer=CREW)


def test_what_was_never_declared_cannot_be_withdrawn() -> None:
    given(model_decider, created).when(withdraw).then_rejected(ConsumerUnknown, consumer=CREW)
