"""Who may approve which version of a model?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import FourEyesRequired, OtherArtifactSeen, VersionUnknown

from tests.unit.registry.story import AUTHOR, BYTES, OTHER_BYTES, V1, created, grant, granted, refused, registered


def test_an_approver_who_saw_the_artifact_can_approve_it() -> None:
    given(model_decider, created, registered).when(grant).then(granted)


def test_approving_twice_changes_nothing() -> None:
    given(model_decider, created, registered, granted).when(grant).then_nothing()


def test_the_author_cannot_approve() -> None:
    given(model_decider, created, registered).when(replace(grant, principal=AUTHOR)).then_rejected(
        FourEyesRequired, approver=AUTHOR, model_version=V1, role="author"
    )


def test_an_approval_binds_what_was_seen() -> None:
    given(model_decider, created, registered).when(replace(grant, seen_digest=OTHER_BYTES)).then_rejected(
        OtherArtifactSeen, model_version=V1, registered=BYTES, seen=OTHER_BYTES
    )


def test_an_unknown_version_cannot_be_approved() -> None:
    given(model_decider, created).when(grant).then_rejected(VersionUnknown, model_version=V1)


def test_a_rejection_reads_as_a_sentence() -> None:
    assert str(FourEyesRequired(AUTHOR, V1, "author")) == "p-author is the author of 1 and cannot approve it."


def test_who_refused_can_still_approve() -> None:
    given(model_decider, created, registered, refused).when(grant).then(granted)
