"""When may nothing move?"""

from dataclasses import replace
from datetime import timedelta

import pytest
from tenure_decider import given
from tenure_rollout.events import FreezeDeclared, FreezeLifted
from tenure_rollout.freeze.decider import (
    DeclareFreeze,
    FreezeEndsBeforeItStarts,
    FreezeIsFixed,
    FreezeUnknown,
    LiftFreeze,
    freeze_decider,
    holding,
)
from tenure_rollout.names import FreezeName, ModelName

from tests.unit.rollout.story import AN_HOUR_LATER, NOON, OPERATOR

YEAR_END = FreezeName("year-end")
declare = DeclareFreeze(
    freeze=YEAR_END,
    models=(),
    environments=("production",),
    starts_at=NOON,
    ends_at=AN_HOUR_LATER,
    reason="the books are closed",
    principal=OPERATOR,
    now=NOON,
)
declared = FreezeDeclared(
    freeze=YEAR_END,
    models=(),
    environments=("production",),
    starts_at=NOON,
    ends_at=AN_HOUR_LATER,
    reason="the books are closed",
    declared_by=OPERATOR,
    declared_at=NOON,
)
lift = LiftFreeze(freeze=YEAR_END, reason="done early", principal=OPERATOR, now=NOON)
lifted = FreezeLifted(freeze=YEAR_END, reason="done early", lifted_by=OPERATOR, lifted_at=NOON)


def test_a_freeze_is_declared_once() -> None:
    given(freeze_decider).when(declare).then(declared)
    given(freeze_decider, declared).when(declare).then_nothing()


def test_a_declared_freeze_keeps_its_times() -> None:
    later = replace(declare, ends_at=AN_HOUR_LATER + timedelta(hours=1))
    given(freeze_decider, declared).when(later).then_rejected(FreezeIsFixed, freeze=YEAR_END)


def test_a_freeze_ends_after_it_starts() -> None:
    given(freeze_decider).when(replace(declare, ends_at=NOON)).then_rejected(FreezeEndsBeforeItStarts, freeze=YEAR_END)


def test_a_freeze_may_be_lifted_before_its_end() -> None:
    given(freeze_decider, declared).when(lift).then(lifted)


def test_what_is_not_declared_can_not_be_lifted() -> None:
    given(freeze_decider, declared, lifted).when(lift).then_rejected(FreezeUnknown, freeze=YEAR_END)


@pytest.mark.parametrize(
    ("deployment", "after", "held"),
    [
        ("delays@production", timedelta(0), True),
        ("delays@production", timedelta(minutes=59, seconds=59), True),
        ("delays@production", timedelta(hours=1), False),
        ("delays@production", timedelta(seconds=-1), False),
        ("delays@staging", timedelta(0), False),
    ],
)
def test_a_freeze_holds_in_its_environments_from_its_start_to_before_its_end(
    deployment: str, after: timedelta, held: bool
) -> None:
    assert (holding([declared], deployment, NOON + after) is declared) is held


def test_a_freeze_that_names_models_holds_for_those() -> None:
    only = replace(declared, models=(ModelName("fraud"),))
    assert holding([only], "fraud@production", NOON) is only
    assert holding([only], "delays@production", NOON) is None


def test_of_several_freezes_the_one_that_ends_last_is_told() -> None:
    longer = replace(declared, freeze=FreezeName("audit"), ends_at=AN_HOUR_LATER + timedelta(hours=1))
    assert holding([longer, declared], "delays@production", NOON) is longer
