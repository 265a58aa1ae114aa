"""When is an SLA kept again?"""

from tenure_context_sync.binding.decider import binding_decider
from tenure_context_sync.binding.rules import NotBound
from tenure_decider import given

from tests.unit.context_sync.story import DELAYS, V1, WEATHER, bound, breached, restore, restored


def test_a_breached_sla_is_restored() -> None:
    given(binding_decider, bound, breached).when(restore).then(restored)


def test_a_kept_sla_is_not_restored() -> None:
    given(binding_decider, bound).when(restore).then_nothing()


def test_a_restored_sla_is_not_restored_again() -> None:
    given(binding_decider, bound, breached, restored).when(restore).then_nothing()


def test_what_is_not_bound_is_not_restored() -> None:
    given(binding_decider).when(restore).then_rejected(NotBound, model=DELAYS, model_version=V1, context=WEATHER)
