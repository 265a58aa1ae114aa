"""Which model reads which context, and how fresh must it be?"""

from dataclasses import replace

import pytest
from tenure_context_sync.binding.commands import Cadence
from tenure_context_sync.binding.decider import binding_decider
from tenure_context_sync.binding.rules import (
    ClassFieldUnknown,
    ClassNamedTwice,
    LimitNotPositive,
    RevisionNotPublished,
    ShareOutside,
    SlaTighterThanHeartbeat,
    WindowOutside,
)
from tenure_context_sync.events import EntityClass, Objective, Sla
from tenure_context_sync.names import ModelVersion, SourceName
from tenure_decider import given

from tests.unit.context_sync.story import OBSERVATIONS, TIGHT, WEATHER, bind, bound, breached, restore, restored


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


def test_a_limit_is_two_heartbeats_or_more_of_every_source_that_is_read() -> None:
    reads = (Cadence(OBSERVATIONS, None), Cadence(SourceName("stations"), 31))
    given(binding_decider).when(replace(bind, reads=reads)).then_rejected(
        SlaTighterThanHeartbeat, source="stations", every_seconds=31, max_age_seconds=60, least_seconds=62
    )
    given(binding_decider).when(replace(bind, reads=(Cadence(OBSERVATIONS, 30),))).then(bound)


def test_a_limit_is_three_seconds_or_more_where_heartbeats_come_each_second() -> None:
    """A proof is a heartbeat and a look old by the time it is judged: two seconds would be broken at rest."""
    reads = (Cadence(OBSERVATIONS, 1),)
    tight, least = (replace(bind, sla=replace(TIGHT, max_age_seconds=seconds), reads=reads) for seconds in (2, 3))
    given(binding_decider).when(tight).then_rejected(
        SlaTighterThanHeartbeat, source=OBSERVATIONS, every_seconds=1, max_age_seconds=2, least_seconds=3
    )
    assert binding_decider.decide(binding_decider.initial, least) is not None


def test_the_limit_of_a_class_is_two_heartbeats_or_more_too() -> None:
    tight = replace(bind, sla=classed(("origin", "JFK", 9)), fields=("origin",), reads=(Cadence(OBSERVATIONS, 5),))
    given(binding_decider).when(tight).then_rejected(
        SlaTighterThanHeartbeat, source=OBSERVATIONS, every_seconds=5, max_age_seconds=9, least_seconds=10
    )


def test_a_class_is_told_by_a_field_that_the_revision_answers() -> None:
    given(binding_decider).when(replace(bind, sla=classed(("region", "eu", 9)), fields=("origin",))).then_rejected(
        ClassFieldUnknown, context=WEATHER, revision=1, field="region"
    )


def test_a_class_has_one_limit() -> None:
    twice = classed(("origin", "JFK", 9), ("origin", "LGA", 9), ("origin", "JFK", 8))
    given(binding_decider).when(replace(bind, sla=twice, fields=("origin",))).then_rejected(
        ClassNamedTwice, field="origin", value="JFK"
    )


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 99.5, float("nan")])
def test_an_objective_is_a_share_between_0_and_1(share: float) -> None:
    sla = replace(TIGHT, objective=Objective(share=share, window_seconds=3_600))
    with pytest.raises(ShareOutside):
        binding_decider.decide(binding_decider.initial, replace(bind, sla=sla))


@pytest.mark.parametrize("seconds", [0, 59, 90, 31 * 86_400 + 60])
def test_a_window_is_whole_minutes_of_a_month_at_most(seconds: int) -> None:
    sla = replace(TIGHT, objective=Objective(share=0.99, window_seconds=seconds))
    given(binding_decider).when(replace(bind, sla=sla)).then_rejected(
        WindowOutside, window_seconds=seconds, most_seconds=31 * 86_400
    )


def classed(*classes: tuple[str, str, int]) -> Sla:
    return replace(TIGHT, classes=tuple(EntityClass(field=f, value=v, max_age_seconds=s) for f, v, s in classes))
