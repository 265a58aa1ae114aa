"""What may happen to a model's versions, and who may let it?"""

from dataclasses import replace
from datetime import UTC, datetime

from tenure_decider import given
from tenure_registry.commands import (
    CreateModel,
    EnterStage,
    GrantApproval,
    RecordEvidence,
    RefuseApproval,
    RegisterVersion,
    RevokeApproval,
)
from tenure_registry.decider import model_decider
from tenure_registry.events import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRevoked,
    EvidenceRecorded,
    Metric,
    ModelCreated,
    SnapshotRef,
    StageEntered,
    VersionRegistered,
)
from tenure_registry.names import Digest, ModelName, ModelVersion, PrincipalId
from tenure_registry.rules import (
    ApprovalMissing,
    ArtifactIsFixed,
    EvidenceIsFixed,
    EvidenceMissing,
    EvidenceNotPassed,
    FourEyesRequired,
    ModelExists,
    ModelUnknown,
    NothingToRevoke,
    OtherArtifactSeen,
    ReasonRequired,
    StageOutOfOrder,
    VersionUnknown,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DELAYS, V1 = ModelName("delay-predictor"), ModelVersion("1")
BYTES, OTHER_BYTES, REPORT = Digest("sha256:aa"), Digest("sha256:bb"), Digest("sha256:cc")
AUTHOR, RISK_OFFICER = PrincipalId("p-author"), PrincipalId("p-risk")

create = CreateModel(model=DELAYS, family=None, description="late?", principal=AUTHOR, now=NOON)
created = ModelCreated(model=DELAYS, family=None, description="late?", owner=AUTHOR, created_at=NOON)
register = RegisterVersion(
    model_version=V1,
    artifact_digest=BYTES,
    framework="scikit-learn",
    features=("wind_speed",),
    snapshots=(SnapshotRef(snapshot="winter", digest=REPORT),),
    metadata={"commit": "abc"},
    principal=AUTHOR,
    now=NOON,
)
registered = VersionRegistered(
    model_version=V1,
    artifact_digest=BYTES,
    framework="scikit-learn",
    features=("wind_speed",),
    snapshots=(SnapshotRef(snapshot="winter", digest=REPORT),),
    metadata={"commit": "abc"},
    registered_by=AUTHOR,
    registered_at=NOON,
)
brier = Metric(name="brier", value=0.16, slice=None, n=5_000, low=0.15, high=0.17)
record = RecordEvidence(
    evidence="eval-1",
    model_version=V1,
    seen_digest=BYTES,
    kind="evaluation",
    verdict="passed",
    tool="scikit-learn",
    tool_version="1.9",
    report_digest=REPORT,
    metrics=(brier,),
    principal=AUTHOR,
    now=NOON,
)
passed = EvidenceRecorded(
    evidence="eval-1",
    model_version=V1,
    artifact_digest=BYTES,
    kind="evaluation",
    verdict="passed",
    tool="scikit-learn",
    tool_version="1.9",
    report_digest=REPORT,
    metrics=(brier,),
    recorded_by=AUTHOR,
    recorded_at=NOON,
)
failed = replace(passed, evidence="eval-2", verdict="failed")
grant = GrantApproval(
    model_version=V1,
    seen_digest=BYTES,
    stage="production",
    comment="fine",
    principal=RISK_OFFICER,
    approver_kind="risk",
    now=NOON,
)
granted = ApprovalGranted(
    model_version=V1,
    artifact_digest=BYTES,
    stage="production",
    approver=RISK_OFFICER,
    approver_kind="risk",
    comment="fine",
    granted_at=NOON,
)
refuse = RefuseApproval(
    model_version=V1,
    seen_digest=BYTES,
    stage="production",
    reason="too few winters",
    principal=RISK_OFFICER,
    approver_kind="risk",
    now=NOON,
)
refused = ApprovalRefused(
    model_version=V1,
    artifact_digest=BYTES,
    stage="production",
    approver=RISK_OFFICER,
    approver_kind="risk",
    reason="too few winters",
    refused_at=NOON,
)
revoke = RevokeApproval(model_version=V1, stage="production", reason="new evidence", principal=RISK_OFFICER, now=NOON)
revoked = ApprovalRevoked(
    model_version=V1, stage="production", approver=RISK_OFFICER, reason="new evidence", revoked_at=NOON
)
to_production = EnterStage(model_version=V1, stage="production", principal=AUTHOR, now=NOON)
in_production = StageEntered(
    model_version=V1,
    stage="production",
    previous_stage=None,
    evidence=("eval-1",),
    approvers=(RISK_OFFICER,),
    entered_by=AUTHOR,
    entered_at=NOON,
)


def test_a_model_is_created() -> None:
    given(model_decider).when(create).then(created)


def test_creating_a_model_again_changes_nothing() -> None:
    given(model_decider, created).when(create).then_nothing()


def test_what_a_model_was_created_as_stays() -> None:
    given(model_decider, created).when(replace(create, description="early?")).then_rejected(ModelExists, model=DELAYS)


def test_a_version_is_registered() -> None:
    given(model_decider, created).when(register).then(registered)


def test_a_ci_job_that_runs_twice_registers_once() -> None:
    given(model_decider, created, registered).when(register).then_nothing()


def test_a_versions_artifact_never_changes_under_its_name() -> None:
    given(model_decider, created, registered).when(replace(register, artifact_digest=OTHER_BYTES)).then_rejected(
        ArtifactIsFixed, model_version=V1, registered=BYTES, offered=OTHER_BYTES
    )


def test_a_version_needs_its_model() -> None:
    given(model_decider).when(register).then_rejected(ModelUnknown)


def test_evidence_is_recorded() -> None:
    given(model_decider, created, registered).when(record).then(passed)


def test_the_same_evidence_again_changes_nothing() -> None:
    given(model_decider, created, registered, passed).when(record).then_nothing()


def test_evidence_is_never_exchanged_under_its_name() -> None:
    given(model_decider, created, registered, passed).when(replace(record, report_digest=BYTES)).then_rejected(
        EvidenceIsFixed, evidence="eval-1"
    )


def test_evidence_binds_the_artifact_that_was_evaluated() -> None:
    given(model_decider, created, registered).when(replace(record, seen_digest=OTHER_BYTES)).then_rejected(
        OtherArtifactSeen, model_version=V1, registered=BYTES, seen=OTHER_BYTES
    )


def test_an_approver_who_saw_the_artifact_can_approve_it() -> None:
    given(model_decider, created, registered).when(grant).then(granted)


def test_approving_twice_changes_nothing() -> None:
    given(model_decider, created, registered, granted).when(grant).then_nothing()


def test_the_author_cannot_approve() -> None:
    given(model_decider, created, registered).when(replace(grant, principal=AUTHOR)).then_rejected(
        FourEyesRequired, approver=AUTHOR, model_version=V1
    )


def test_an_approval_binds_what_was_seen() -> None:
    given(model_decider, created, registered).when(replace(grant, seen_digest=OTHER_BYTES)).then_rejected(
        OtherArtifactSeen, model_version=V1, registered=BYTES, seen=OTHER_BYTES
    )


def test_an_unknown_version_cannot_be_approved() -> None:
    given(model_decider, created).when(grant).then_rejected(VersionUnknown, model_version=V1)


def test_an_approver_can_refuse() -> None:
    given(model_decider, created, registered).when(refuse).then(refused)


def test_a_refusal_says_why() -> None:
    given(model_decider, created, registered).when(replace(refuse, reason="")).then_rejected(ReasonRequired)


def test_a_standing_approval_can_be_revoked() -> None:
    given(model_decider, created, registered, granted).when(revoke).then(revoked)


def test_a_revocation_says_why() -> None:
    given(model_decider, created, registered, granted).when(replace(revoke, reason="")).then_rejected(ReasonRequired)


def test_an_approval_that_does_not_stand_cannot_be_revoked() -> None:
    given(model_decider, created, registered, granted, revoked).when(revoke).then_rejected(
        NothingToRevoke, approver=RISK_OFFICER, model_version=V1, stage="production"
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
        ApprovalMissing, model_version=V1, stage="production"
    )


def test_a_revoked_approval_no_longer_counts() -> None:
    given(model_decider, created, registered, passed, granted, revoked).when(to_production).then_rejected(
        ApprovalMissing, model_version=V1, stage="production"
    )


def test_a_refusal_takes_the_refusers_own_approval_back() -> None:
    given(model_decider, created, registered, passed, granted, refused).when(to_production).then_rejected(
        ApprovalMissing, model_version=V1, stage="production"
    )


def test_stages_are_entered_in_order() -> None:
    back = replace(to_production, stage="candidate")
    given(model_decider, created, registered, passed, granted, in_production).when(back).then_rejected(
        StageOutOfOrder, model_version=V1, current="production", wanted="candidate"
    )


def test_a_rejection_reads_as_a_sentence() -> None:
    assert str(FourEyesRequired(AUTHOR, V1)) == "p-author registered 1 and cannot approve it."
