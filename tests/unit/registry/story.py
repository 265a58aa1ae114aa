"""The orders and facts that the tests of the registry begin with: one model, one version, one approver."""

from dataclasses import replace
from datetime import UTC, datetime

from tenure_registry.commands import (
    CreateModel,
    EnterStage,
    GrantApproval,
    RecordEvidence,
    RefuseApproval,
    RegisterVersion,
    RevokeApproval,
)
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
