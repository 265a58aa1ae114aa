"""When does a version stop reading a context?"""

from dataclasses import replace

from tenure_context_sync.binding.commands import UnbindContext
from tenure_context_sync.binding.decider import binding_decider
from tenure_context_sync.binding.rules import NotBound
from tenure_context_sync.events import ContextUnbound
from tenure_context_sync.names import ModelVersion
from tenure_decider import given

from tests.unit.context_sync.story import DELAYS, ENGINEER, NOON, V1, WEATHER, bind, bound, breach, breached

unbind = UnbindContext(model=DELAYS, model_version=V1, context=WEATHER, reason="retired", principal=ENGINEER, now=NOON)
unbound = ContextUnbound(
    model=DELAYS, model_version=V1, context=WEATHER, reason="retired", unbound_by=ENGINEER, unbound_at=NOON
)


def test_what_is_bound_can_be_unbound_breached_or_not() -> None:
    given(binding_decider, bound).when(unbind).then(unbound)
    given(binding_decider, bound, breached).when(unbind).then(unbound)


def test_what_is_not_bound_cannot_be_unbound() -> None:
    given(binding_decider, bound, unbound).when(unbind).then_rejected(
        NotBound, model=DELAYS, model_version=V1, context=WEATHER
    )
    other = replace(unbind, model_version=ModelVersion("2"))
    given(binding_decider, bound).when(other).then_rejected(NotBound, model=DELAYS, model_version="2", context=WEATHER)


def test_bound_again_it_begins_anew() -> None:
    given(binding_decider, bound, breached, unbound).when(bind).then(bound)
    given(binding_decider, bound, breached, unbound, bound).when(breach).then(breached)
