"""When does a version enter a stage?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.decider import model_decider
from tenure_registry.names import PrincipalId
from tenure_registry.rules import ApprovalMissing, EvidenceMissing, EvidenceNotPassed, StageOutOfOrder, VersionUnknown

from tests.unit.registry.story import (
    V1,
    created,
    failed,
    granted,
    in_production,
    passed,
    refused,
    registered,
    revoked,
    to_production,
)


def test_an_evaluated_and_approved_version_enters_production() -> None:
    given(model_decider, created, registered, passed, granted).when(to_production).then(in_production)


def test_entering_the_same_stage_again_changes_nothing() -> None:
    given(model_decider, created, registered, passed, granted, in_production).when(to_production).then_nothing()


def test_production_needs_an_evaluation() -> None:
    given(model_decider, created, registered, granted).when(to_production).then_rejected(
        EvidenceMissing, model_version=V1, evidence_kind="evaluation"
    )


def test_a_later_failed_evaluation_blocks_production() -> None:
    given(model_decider, created, registered, passed, granted, failed).when(to_production).then_rejected(
        EvidenceNotPassed, model_version=V1, evidence="eval-2", verdict="failed"
    )


def test_production_needs_an_approval() -> None:
    given(model_decider, created, registered, passed).when(to_production).then_rejected(
        ApprovalMissing, model_version=V1, stage="production", kinds=("business", "risk")
    )


def test_a_revoked_approval_no_longer_counts() -> None:
    given(model_decider, created, registered, passed, granted, revoked).when(to_production).then_rejected(
        ApprovalMissing, model_version=V1, stage="production", kinds=("business", "risk")
    )


def test_a_refusal_takes_the_refusers_own_approval_back() -> None:
    given(model_decider, created, registered, passed, granted, refused).when(to_production).then_rejected(
        ApprovalMissing, model_version=V1, stage="production", kinds=("business", "risk")
    )


def test_stages_are_entered_in_order() -> None:
    back = replace(to_production, stage="candidate")
    given(model_decider, created, registered, passed, granted, in_production).when(back).then_rejected(
        StageOutOfOrder, model_version=V1, current="production", wanted="candidate"
    )


def test_security_alone_lets_nothing_into_production() -> None:
    by_security = replace(granted, approver=PrincipalId("p-security"), approver_kind="security")
    given(model_decider, created, registered, passed, by_security).when(to_production).then_rejected(
        ApprovalMissing, model_version=V1, stage="production", kinds=("business", "risk")
    )


def test_a_newer_passed_evaluation_opens_production_again() -> None:
    again = replace(passed, evidence="eval-3")
    given(model_decider, created, registered, passed, failed, again, granted).when(to_production).then(
        replace(in_production, evidence=("eval-3",))
    )


def test_an_inconclusive_evaluation_is_not_a_passed_one() -> None:
    unclear = replace(passed, verdict="inconclusive")
    given(model_decider, created, registered, unclear, granted).when(to_production).then_rejected(
        EvidenceNotPassed, model_version=V1, evidence="eval-1", verdict="inconclusive"
    )


def test_an_earlier_stage_needs_no_approval() -> None:
    to_candidate = replace(to_production, stage="candidate")
    given(model_decider, created, registered).when(to_candidate).then(
        replace(in_production, stage="candidate", evidence=(), approvers=())
    )


def test_nothing_comes_back_from_retired() -> None:
    retired = replace(in_production, stage="retired", previous_stage="production")
    given(model_decider, created, registered, passed, granted, in_production, retired).when(
        to_production
    ).then_rejected(StageOutOfOrder, model_version=V1, current="retired", wanted="production")


def test_an_unknown_version_enters_no_stage() -> None:
    given(model_decider, created).when(to_production).then_rejected(VersionUnknown, model_version=V1)
