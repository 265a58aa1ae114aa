"""How is an approval taken back?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import NothingToRevoke, ReasonRequired, VersionUnknown

from tests.unit.registry.story import (
    AUTHOR,
    RISK_OFFICER,
    V1,
    created,
    grant,
    granted,
    registered,
    retired,
    revoke,
    revoked,
)


def test_a_standing_approval_can_be_revoked() -> None:
    given(model_decider, created, registered, granted).when(revoke).then(revoked)


def test_a_revocation_says_why() -> None:
    given(model_decider, created, registered, granted).when(replace(revoke, reason="")).then_rejected(ReasonRequired)


def test_an_approval_that_does_not_stand_cannot_be_revoked() -> None:
    given(model_decider, created, registered, granted, revoked).when(revoke).then_rejected(
        NothingToRevoke, approver=RISK_OFFICER, model_version=V1, stage="production"
    )


def test_revoking_twice_has_nothing_to_revoke() -> None:
    given(model_decider, created, registered).when(revoke).then_rejected(
        NothingToRevoke, approver=RISK_OFFICER, model_version=V1, stage="production"
    )


def test_a_revoked_approval_can_be_given_again() -> None:
    given(model_decider, created, registered, granted, revoked).when(grant).then(granted)


def test_nobody_revokes_what_another_granted() -> None:
    given(model_decider, created, registered, granted).when(replace(revoke, principal=AUTHOR)).then_rejected(
        NothingToRevoke, approver=AUTHOR, model_version=V1, stage="production"
    )


def test_an_approval_of_what_was_retired_can_still_be_revoked() -> None:
    given(model_decider, created, registered, granted, retired).when(revoke).then(revoked)


def test_an_unknown_version_has_no_approval_to_revoke() -> None:
    given(model_decider, created).when(revoke).then_rejected(VersionUnknown, model_version=V1)
