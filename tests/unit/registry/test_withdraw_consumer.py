"""How does a consumer stop being one?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import ConsumerOfAnother, ConsumerUnknown, ReasonRequired

from tests.unit.registry.story import AUTHOR, created
from tests.unit.registry.story_endings import CREW, CREW_LEAD, OPERATOR, declared, withdraw, withdrawn


def test_a_consumer_is_withdrawn() -> None:
    given(model_decider, created, declared).when(withdraw).then(withdrawn)


def test_nobody_else_withdraws_it() -> None:
    given(model_decider, created, declared).when(replace(withdraw, principal=AUTHOR)).then_rejected(
        ConsumerOfAnother, consumer=CREW, declared_by=CREW_LEAD
    )


def test_an_operator_withdraws_it_and_says_why() -> None:
    by_operator = replace(withdraw, principal=OPERATOR, may_stand_in=True, reason="it is shut down")
    given(model_decider, created, declared).when(by_operator).then(
        replace(withdrawn, withdrawn_by=OPERATOR, reason="it is shut down")
    )
    given(model_decider, created, declared).when(replace(by_operator, reason=" ")).then_rejected(ReasonRequired)


def test_what_was_withdrawn_cannot_be_withdrawn_again() -> None:
    given(model_decider, created, declared, withdrawn).when(withdraw).then_rejected(ConsumerUnknown, consumer=CREW)


def test_what_was_never_declared_cannot_be_withdrawn() -> None:
    given(model_decider, created).when(withdraw).then_rejected(ConsumerUnknown, consumer=CREW)
