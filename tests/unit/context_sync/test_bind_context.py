"""Which model reads which context, and how fresh must it be?"""

from dataclasses import replace

import pytest
from tenure_context_sync.binding.decider import LimitNotPositive, RevisionNotPublished, binding_decider
from tenure_context_sync.names import ModelVersion
from tenure_decider import given

from tests.unit.context_sync.story import TIGHT, WEATHER, bind, bound, breached, restore, restored


def test_a_model_is_bound_to_a_context() -> None:
    given(binding_decider).when(bind).then(bound)


def test_binding_it_again_changes_nothing() -> None:
    given(binding_decider, bound).when(bind).then_nothing()


def test_binding_it_again_while_breached_changes_nothing() -> None:
    given(binding_decider, bound, breached).when(bind).then_nothing()


def test_another_version_may_be_bound() -> None:
    given(binding_decider, bound).when(replace(bind, model_version=ModelVersion("2"))).then(
        replace(bound, model_version=ModelVersion("2"))
    )


def test_a_looser_limit_does_not_hide_a_breach_before_it_is_restored() -> None:
    looser = replace(bound, sla=replace(TIGHT, max_age_seconds=3_600))
    given(binding_decider, bound, breached, looser).when(restore).then(restored)


def test_a_binding_names_a_published_revision() -> None:
    given(binding_decider).when(replace(bind, source=None)).then_rejected(
        RevisionNotPublished, context=WEATHER, revision=1
    )


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_limit_is_above_zero(seconds: int) -> None:
    given(binding_decider).when(replace(bind, sla=replace(TIGHT, max_age_seconds=seconds))).then_rejected(
        LimitNotPositive, max_age_seconds=seconds
    )
