"""How is an approval refused?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import (
    ApproverKindMissing,
    OtherArtifactSeen,
    ReasonRequired,
    VersionHasEnded,
    VersionUnknown,
)

from tests.unit.registry.story import BYTES, OTHER_BYTES, V1, created, granted, refuse, refused, registered, retired
from tests.unit.registry.story_approvals import DEPUTY, delegated


def test_an_approver_can_refuse() -> None:
    given(model_decider, created, registered).when(refuse).then(refused)


def test_a_refusal_says_why() -> None:
    given(model_decider, created, registered).when(replace(refuse, reason="")).then_rejected(ReasonRequired)


def test_refusing_twice_for_the_same_reason_changes_nothing() -> None:
    given(model_decider, created, registered, refused).when(refuse).then_nothing()


def test_a_refusal_for_another_reason_is_another_refusal() -> None:
    given(model_decider, created, registered, refused).when(replace(refuse, reason="no summer")).then(
        replace(refused, reason="no summer")
    )


def test_a_refusal_after_an_approval_is_a_refusal_again() -> None:
    given(model_decider, created, registered, refused, granted).when(refuse).then(refused)


def test_a_blank_reason_is_none() -> None:
    given(model_decider, created, registered).when(replace(refuse, reason=" ")).then_rejected(ReasonRequired)


def test_a_refusal_binds_what_was_seen() -> None:
    given(model_decider, created, registered).when(replace(refuse, seen_digest=OTHER_BYTES)).then_rejected(
        OtherArtifactSeen, model_version=V1, registered=BYTES, seen=OTHER_BYTES
    )


def test_an_unknown_version_cannot_be_refused() -> None:
    given(model_decider, created).when(refuse).then_rejected(VersionUnknown, model_version=V1)


def test_who_has_no_approver_kind_refuses_nothing() -> None:
    given(model_decider, created, registered).when(replace(refuse, approver_kind=None)).then_rejected(
        ApproverKindMissing, principal=refuse.principal
    )


def test_a_deputy_can_refuse() -> None:
    by_deputy = replace(refuse, principal=DEPUTY, approver_kind=None)
    given(model_decider, created, registered, delegated).when(by_deputy).then(replace(refused, approver=DEPUTY))


def test_the_author_can_refuse_their_own_version() -> None:
    """Separation of duties keeps people from saying yes."""
    author = registered.registered_by
    given(model_decider, created, registered).when(replace(refuse, principal=author)).then(
        replace(refused, approver=author)
    )


def test_a_retired_version_is_refused_nothing() -> None:
    given(model_decider, created, registered, retired).when(refuse).then_rejected(
        VersionHasEnded, model_version=V1, stage="retired"
    )
