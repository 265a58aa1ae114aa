"""When is an SLA broken?"""

from dataclasses import replace

from tenure_context_sync.binding.decider import binding_decider
from tenure_context_sync.binding.rules import NotBound
from tenure_decider import given

from tests.unit.context_sync.story import DELAYS, V1, WEATHER, bound, breach, breached, restored


def test_a_kept_sla_is_breached() -> None:
    given(binding_decider, bound).when(breach).then(breached)


def test_a_breached_sla_is_not_breached_again() -> None:
    given(binding_decider, bound, breached).when(breach).then_nothing()


def test_a_restored_sla_can_be_breached_again() -> None:
    given(binding_decider, bound, breached, restored).when(breach).then(breached)


def test_a_context_of_which_nothing_ever_came_is_breached() -> None:
    given(binding_decider, bound).when(replace(breach, age_seconds=None, newest_source_at=None)).then(
        replace(breached, age_seconds=None, newest_source_at=None)
    )


def test_what_is_not_bound_is_not_breached() -> None:
    given(binding_decider).when(breach).then_rejected(NotBound, model=DELAYS, model_version=V1, context=WEATHER)
