"""Who may approve which version of a model?"""

from dataclasses import replace
from hashlib import sha256

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import (
    AlreadyOver,
    ApproverKindMissing,
    FourEyesRequired,
    OtherArtifactSeen,
    OtherEvidenceSeen,
    StageHasOwnCommand,
    StageUnknown,
    VersionHasEnded,
    VersionUnknown,
)
from tenure_registry.names import PRODUCTION, RETIRED, PrincipalId, Stage

from tests.unit.registry.story import (
    AUTHOR,
    BYTES,
    NOON,
    OTHER_BYTES,
    RISK_OFFICER,
    V1,
    created,
    grant,
    granted,
    nothing_seen,
    passed,
    refused,
    registered,
    retired,
    rules,
)
from tests.unit.registry.story_approvals import (
    ASKER,
    DEPUTY,
    NEXT_WEEK,
    delegated,
    grant_as_deputy,
    grant_for_a_week,
    granted_by_deputy,
    granted_for_a_week,
    requested,
)
from tests.unit.registry.story_policy import brier_limit, house, rules_of, way

ONE_REPORT = "sha256:" + sha256(b"eval-1 sha256:cc\n").hexdigest()
strict = rules_of(replace(house, separation=("author", "requester", "evidence_recorder")))


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


def test_an_approval_binds_all_evidence_that_there_is() -> None:
    given(model_decider, created, registered, passed).when(grant).then(replace(granted, evidence_digest=ONE_REPORT))


def test_who_looked_at_other_evidence_does_not_approve() -> None:
    """Somebody added a report between the look and the decision."""
    looked = replace(grant, seen_evidence=nothing_seen)
    given(model_decider, created, registered, passed).when(looked).then_rejected(
        OtherEvidenceSeen, model_version=V1, recorded=ONE_REPORT, seen=nothing_seen
    )


def test_who_looked_at_just_this_evidence_approves() -> None:
    given(model_decider, created, registered).when(replace(grant, seen_evidence=nothing_seen)).then(granted)


def test_an_approval_after_newer_evidence_is_another_one() -> None:
    given(model_decider, created, registered, granted, passed).when(grant).then(
        replace(granted, evidence_digest=ONE_REPORT)
    )


def test_an_approval_under_other_rules_is_another_one() -> None:
    stricter = rules_of(replace(house, transitions=(way(PRODUCTION, evidence=(brier_limit,)),)))
    given(model_decider, created, registered, granted).when(replace(grant, rules=stricter)).then(
        replace(granted, policy=stricter.policy.ref(PRODUCTION))
    )


def test_an_approval_binds_the_rules_of_its_own_stage_alone() -> None:
    """A change of the policy elsewhere leaves it standing."""
    elsewhere = rules_of(replace(house, transitions=(way("validated", evidence=(brier_limit,)), way(PRODUCTION))))
    here = rules_of(replace(house, transitions=(way("validated"), way(PRODUCTION))))
    assert elsewhere.policy.ref(PRODUCTION) == here.policy.ref(PRODUCTION)
    assert elsewhere.policy.ref(Stage("validated")) != here.policy.ref(Stage("validated"))


def test_who_approves_as_another_kind_now_approves_anew() -> None:
    given(model_decider, created, registered, granted).when(replace(grant, approver_kind="business")).then(
        replace(granted, approver_kind="business")
    )


def test_another_comment_makes_no_other_approval() -> None:
    given(model_decider, created, registered, granted).when(replace(grant, comment="very fine")).then_nothing()


def test_an_approval_can_be_given_until_a_day() -> None:
    given(model_decider, created, registered).when(grant_for_a_week).then(granted_for_a_week)


def test_an_approval_can_be_prolonged() -> None:
    given(model_decider, created, registered, granted_for_a_week).when(grant).then(granted)


def test_an_approval_does_not_begin_when_it_is_over() -> None:
    given(model_decider, created, registered).when(replace(grant, expires_at=NOON)).then_rejected(
        AlreadyOver, instant=NOON
    )


def test_without_an_approver_kind_nothing_is_approved() -> None:
    given(model_decider, created, registered).when(grant_as_deputy).then_rejected(ApproverKindMissing, principal=DEPUTY)


def test_a_deputy_approves_in_the_approvers_place_and_as_of_their_kind() -> None:
    given(model_decider, created, registered, delegated).when(grant_as_deputy).then(granted_by_deputy)


def test_a_delegation_is_for_one_stage() -> None:
    validated = replace(grant_as_deputy, stage=Stage("validated"))
    given(model_decider, created, registered, delegated).when(validated).then_rejected(
        ApproverKindMissing, principal=DEPUTY
    )


def test_a_delegation_ends_on_its_day() -> None:
    given(model_decider, created, registered, delegated).when(replace(grant_as_deputy, now=NEXT_WEEK)).then_rejected(
        ApproverKindMissing, principal=DEPUTY
    )


def test_an_approver_who_is_also_a_deputy_decides_for_themself() -> None:
    own = replace(grant_as_deputy, approver_kind="business")
    given(model_decider, created, registered, delegated).when(own).then(
        replace(granted, approver=DEPUTY, approver_kind="business")
    )


def test_the_author_cannot_approve_under_any_policy() -> None:
    lax = rules_of(replace(house, separation=()))
    given(model_decider, created, registered).when(replace(grant, principal=AUTHOR, rules=lax)).then_rejected(
        FourEyesRequired, approver=AUTHOR, model_version=V1, role="author"
    )


def test_who_asked_cannot_approve_where_the_policy_says_so() -> None:
    own = replace(grant, principal=ASKER, rules=strict)
    given(model_decider, created, registered, requested).when(own).then_rejected(
        FourEyesRequired, approver=ASKER, model_version=V1, role="requester"
    )


def test_who_asked_can_approve_where_the_policy_says_nothing() -> None:
    given(model_decider, created, registered, requested).when(replace(grant, principal=ASKER)).then(
        replace(granted, approver=ASKER)
    )


def test_who_recorded_the_evidence_cannot_approve_where_the_policy_says_so() -> None:
    recorder = PrincipalId("p-recorder")
    own = replace(grant, principal=recorder, rules=strict)
    given(model_decider, created, registered, replace(passed, recorded_by=recorder)).when(own).then_rejected(
        FourEyesRequired, approver=recorder, model_version=V1, role="evidence_recorder"
    )


def test_a_deputy_is_no_way_around_the_separation_of_duties() -> None:
    """The officer asked, so the officer's deputy cannot approve either."""
    asked = replace(requested, requested_by=RISK_OFFICER)
    given(model_decider, created, registered, asked, delegated).when(
        replace(grant_as_deputy, rules=strict)
    ).then_rejected(FourEyesRequired, approver=RISK_OFFICER, model_version=V1, role="requester")


def test_a_stage_that_the_policy_does_not_know_is_approved_by_nobody() -> None:
    given(model_decider, created, registered).when(replace(grant, stage=Stage("prodution"))).then_rejected(
        StageUnknown, policy="standard", stage="prodution", known=rules.policy.stages
    )


def test_the_end_of_a_life_is_not_approved_but_commanded() -> None:
    given(model_decider, created, registered).when(replace(grant, stage=RETIRED)).then_rejected(
        StageHasOwnCommand, stage="retired"
    )


def test_a_retired_version_is_approved_for_nothing() -> None:
    given(model_decider, created, registered, retired).when(grant).then_rejected(
        VersionHasEnded, model_version=V1, stage="retired"
    )
