"""How is the end of a version announced?"""

from dataclasses import replace
from datetime import timedelta

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import (
    ReasonRequired,
    ReplacementUnknown,
    SunsetPassed,
    VersionHasEnded,
    VersionUnknown,
)

from tests.unit.registry.story import NOON, V1, created, in_production, registered
from tests.unit.registry.story_catalogue import V2, second_registered
from tests.unit.registry.story_endings import SUNSET, acknowledged, declared, deprecate, deprecated, notified, retired

SOONER = SUNSET - timedelta(days=10)
both = (created, registered, second_registered)


def test_a_version_is_deprecated() -> None:
    given(model_decider, created, registered, in_production).when(deprecate).then(deprecated)


def test_deprecating_again_changes_nothing() -> None:
    given(model_decider, created, registered, deprecated).when(deprecate).then_nothing()


def test_a_sunset_that_moves_closer_says_from_which_day() -> None:
    given(model_decider, created, registered, deprecated).when(replace(deprecate, sunset_at=SOONER)).then(
        replace(deprecated, sunset_at=SOONER, previous_sunset_at=SUNSET)
    )


def test_of_another_day_nobody_has_notice_and_nobody_has_acknowledged_it() -> None:
    moved = replace(deprecated, sunset_at=SOONER, previous_sunset_at=SUNSET)
    ending = (
        model_decider.fold(created, registered, declared, deprecated, notified, acknowledged, moved).versions[V1].ending
    )
    assert (dict(ending.notified), dict(ending.acknowledged)) == ({}, {})


def test_another_reason_for_the_same_day_leaves_what_was_acknowledged() -> None:
    explained = replace(deprecated, reason="the vendor ends it", previous_sunset_at=SUNSET)
    lived = (created, registered, declared, deprecated, notified, acknowledged, explained)
    ending = model_decider.fold(*lived).versions[V1].ending
    assert (list(ending.notified), list(ending.acknowledged)) == (["crew-planning"], ["crew-planning"])


def test_a_deprecation_says_why() -> None:
    given(model_decider, created, registered).when(replace(deprecate, reason=" ")).then_rejected(ReasonRequired)


def test_a_sunset_lies_ahead_of_the_decision() -> None:
    """However early somebody with the right to backdate says that it was announced: the rule has the decision's now."""
    given(model_decider, created, registered).when(replace(deprecate, sunset_at=NOON)).then_rejected(
        SunsetPassed, sunset_at=NOON, decided_at=NOON
    )


def test_a_replacement_is_named() -> None:
    given(model_decider, *both).when(replace(deprecate, replacement=V2)).then(replace(deprecated, replacement=V2))


def test_a_replacement_must_be_there() -> None:
    given(model_decider, created, registered).when(replace(deprecate, replacement=V2)).then_rejected(
        ReplacementUnknown, model_version=V1, replacement=V2
    )


def test_what_was_retired_replaces_nothing() -> None:
    over = replace(retired, model_version=V2)
    given(model_decider, *both, over).when(replace(deprecate, replacement=V2)).then_rejected(
        ReplacementUnknown, model_version=V1, replacement=V2
    )


def test_nothing_replaces_itself() -> None:
    given(model_decider, created, registered).when(replace(deprecate, replacement=V1)).then_rejected(
        ReplacementUnknown, model_version=V1, replacement=V1
    )


def test_what_was_retired_is_not_announced_to_end() -> None:
    given(model_decider, created, registered, retired).when(deprecate).then_rejected(
        VersionHasEnded, model_version=V1, stage="retired"
    )


def test_an_unknown_version_does_not_end() -> None:
    given(model_decider, created).when(deprecate).then_rejected(VersionUnknown, model_version=V1)
