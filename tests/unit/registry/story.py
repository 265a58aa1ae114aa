"""The orders and facts that the tests of the registry begin with: one model, one version, one approver."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from tenure_registry.model.commands import (
    CreateModel,
    EnterStage,
    GrantApproval,
    RecordEvidence,
    RefuseApproval,
    RegisterVersion,
    RevokeApproval,
    Rules,
    WithdrawRefusal,
)
from tenure_registry.model.ending_events import VersionRetired
from tenure_registry.model.events import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRevoked,
    EvidenceRecorded,
    ModelCreated,
    RefusalWithdrawn,
    StageEntered,
    VersionRegistered,
)
from tenure_registry.names import PRODUCTION, Digest, ModelName, ModelVersion, PrincipalId
from tenure_registry.parts import Metric, SnapshotRef
from tenure_registry.policy.inheritance import effective
from tenure_registry.policy.standard import STANDARD, STANDARD_DOCUMENT

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DELAYS, V1 = ModelName("delay-predictor"), ModelVersion("1")
BYTES, OTHER_BYTES, REPORT = Digest("sha256:aa"), Digest("sha256:bb"), Digest("sha256:cc")
AUTHOR, RISK_OFFICER = PrincipalId("p-author"), PrincipalId("p-risk")

create = CreateModel(
    model=DELAYS,
    family=None,
    variant=None,
    description="late?",
    owner=AUTHOR,
    policy=None,
    risk_tier=None,
    contexts=(),
    unknown=None,
    principal=AUTHOR,
    now=NOON,
)
created = ModelCreated(
    model=DELAYS,
    family=None,
    variant=None,
    description="late?",
    owner=AUTHOR,
    policy=None,
    risk_tier=None,
    contexts=(),
    created_by=AUTHOR,
    created_at=NOON,
)
register = RegisterVersion(
    model_version=V1,
    kind="artifact",
    artifact_digest=BYTES,
    locators=("s3://models/delays/1",),
    hosted=None,
    framework="scikit-learn",
    features=("wind_speed",),
    inputs=(),
    outputs=(),
    snapshots=(SnapshotRef(snapshot="winter", digest=REPORT),),
    prompts=(),
    run=None,
    code=None,
    metadata={"commit": "abc"},
    principal=AUTHOR,
    now=NOON,
)
registered = VersionRegistered(
    model_version=V1,
    kind="artifact",
    artifact_digest=BYTES,
    locators=("s3://models/delays/1",),
    hosted=None,
    framework="scikit-learn",
    features=("wind_speed",),
    inputs=(),
    outputs=(),
    snapshots=(SnapshotRef(snapshot="winter", digest=REPORT),),
    prompts=(),
    run=None,
    code=None,
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
    report=None,
    body_digest=None,
    contexts=(),
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
    report=None,
    contexts=(),
    metrics=(brier,),
    recorded_by=AUTHOR,
    recorded_at=NOON,
)
failed = replace(passed, evidence="eval-2", verdict="failed")
rules = Rules(policy=effective(STANDARD, 0, [STANDARD_DOCUMENT]), risk_tier=None, contexts={})
nothing_seen = Digest("sha256:" + sha256(b"").hexdigest())
grant = GrantApproval(
    model_version=V1,
    seen_digest=BYTES,
    seen_evidence=None,
    stage=PRODUCTION,
    comment="fine",
    expires_at=None,
    rules=rules,
    principal=RISK_OFFICER,
    approver_kind="risk",
    now=NOON,
)
granted = ApprovalGranted(
    model_version=V1,
    artifact_digest=BYTES,
    stage=PRODUCTION,
    approver=RISK_OFFICER,
    approver_kind="risk",
    on_behalf_of=None,
    evidence_digest=nothing_seen,
    policy=rules.policy.ref(PRODUCTION),
    comment="fine",
    expires_at=None,
    granted_at=NOON,
)
refuse = RefuseApproval(
    model_version=V1,
    seen_digest=BYTES,
    stage=PRODUCTION,
    reason="too few winters",
    principal=RISK_OFFICER,
    approver_kind="risk",
    now=NOON,
)
refused = ApprovalRefused(
    model_version=V1,
    artifact_digest=BYTES,
    stage=PRODUCTION,
    approver=RISK_OFFICER,
    approver_kind="risk",
    reason="too few winters",
    refused_at=NOON,
)
withdraw_refusal = WithdrawRefusal(
    model_version=V1, stage=PRODUCTION, reason="a winter more is there", principal=RISK_OFFICER, now=NOON
)
refusal_withdrawn = RefusalWithdrawn(
    model_version=V1, stage=PRODUCTION, approver=RISK_OFFICER, reason="a winter more is there", withdrawn_at=NOON
)
revoke = RevokeApproval(model_version=V1, stage=PRODUCTION, reason="new evidence", principal=RISK_OFFICER, now=NOON)
revoked = ApprovalRevoked(
    model_version=V1, stage=PRODUCTION, approver=RISK_OFFICER, reason="new evidence", revoked_at=NOON
)
to_production = EnterStage(
    model_version=V1,
    stage=PRODUCTION,
    rules=rules,
    roles=frozenset({"engineer"}),
    principal=AUTHOR,
    now=NOON,
)
in_production = StageEntered(
    model_version=V1,
    stage=PRODUCTION,
    previous_stage=None,
    evidence=("eval-1",),
    approvers=(RISK_OFFICER,),
    policy=rules.policy.ref(PRODUCTION),
    based_on=(),
    entered_by=AUTHOR,
    entered_at=NOON,
)
retired = VersionRetired(
    model_version=V1,
    reason="a better one serves",
    forced=None,
    traffic=(),
    callers=(),
    unacknowledged=(),
    based_on=(),
    retired_by=AUTHOR,
    retired_at=NOON,
)
