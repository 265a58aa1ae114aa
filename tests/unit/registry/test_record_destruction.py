"""When may an artifact be destroyed?"""

from dataclasses import replace
from datetime import timedelta

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import (
    NotArchived,
    OnLegalHold,
    ProofOfSomethingElse,
    RetentionNotOver,
    VersionUnknown,
)

from tests.unit.registry.story import BYTES, OTHER_BYTES, V1, created, in_production, registered
from tests.unit.registry.story_endings import (
    ON_THE_DAY,
    archived,
    destroy,
    destroyed,
    lifted,
    on_hold,
    retired,
)
from tests.unit.registry.story_policy import house, rules_of

put_away = (created, registered, retired, archived)
kept_a_month = replace(destroy, rules=rules_of(house))
A_MONTH_LATER = ON_THE_DAY + timedelta(days=30)


def test_the_destruction_of_what_was_archived_is_recorded_with_its_proof() -> None:
    given(model_decider, *put_away).when(destroy).then(destroyed)


def test_what_was_destroyed_is_not_destroyed_again() -> None:
    given(model_decider, *put_away, destroyed).when(destroy).then_nothing()


def test_what_was_not_archived_is_not_destroyed() -> None:
    given(model_decider, created, registered, retired).when(destroy).then_rejected(
        NotArchived, model_version=V1, stage="retired"
    )


def test_what_serves_is_not_destroyed() -> None:
    given(model_decider, created, registered, in_production).when(destroy).then_rejected(
        NotArchived, model_version=V1, stage="production"
    )


def test_nothing_is_destroyed_under_a_legal_hold() -> None:
    given(model_decider, *put_away, on_hold).when(destroy).then_rejected(OnLegalHold, reason="a suit")


def test_a_lifted_hold_holds_nothing() -> None:
    given(model_decider, *put_away, on_hold, lifted).when(destroy).then(destroyed)


def test_nothing_is_destroyed_before_its_retention_is_over() -> None:
    early = replace(kept_a_month, now=A_MONTH_LATER - timedelta(microseconds=1))
    given(model_decider, *put_away).when(early).then_rejected(RetentionNotOver, model_version=V1, until=A_MONTH_LATER)


def test_retention_ends_to_the_instant() -> None:
    given(model_decider, *put_away).when(replace(kept_a_month, now=A_MONTH_LATER)).then(
        replace(destroyed, destroyed_at=A_MONTH_LATER)
    )


def test_a_proof_is_of_this_artifact() -> None:
    given(model_decider, *put_away).when(replace(destroy, destroyed=OTHER_BYTES)).then_rejected(
        ProofOfSomethingElse, model_version=V1, registered=BYTES, destroyed=OTHER_BYTES
    )


def test_an_unknown_version_is_not_destroyed() -> None:
    given(model_decider, created).when(destroy).then_rejected(VersionUnknown, model_version=V1)
