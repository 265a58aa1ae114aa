"""What can be asked of a model and its versions. Ids and the time come in from outside."""

from dataclasses import dataclass
from datetime import datetime

from tenure_registry.events import Metric, SnapshotRef
from tenure_registry.names import (
    ApproverKind,
    Digest,
    EvidenceKind,
    EvidenceVerdict,
    ModelName,
    ModelVersion,
    PrincipalId,
    Stage,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateModel:
    model: ModelName
    family: str | None
    description: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterVersion:
    model_version: ModelVersion
    artifact_digest: Digest
    framework: str
    features: tuple[str, ...]
    snapshots: tuple[SnapshotRef, ...]
    metadata: dict[str, str]
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordEvidence:
    evidence: str
    model_version: ModelVersion
    seen_digest: Digest
    kind: EvidenceKind
    verdict: EvidenceVerdict
    tool: str
    tool_version: str
    report_digest: Digest
    metrics: tuple[Metric, ...]
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class GrantApproval:
    model_version: ModelVersion
    seen_digest: Digest
    stage: Stage
    comment: str
    principal: PrincipalId
    approver_kind: ApproverKind
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RefuseApproval:
    model_version: ModelVersion
    seen_digest: Digest
    stage: Stage
    reason: str
    principal: PrincipalId
    approver_kind: ApproverKind
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeApproval:
    model_version: ModelVersion
    stage: Stage
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class EnterStage:
    model_version: ModelVersion
    stage: Stage
    principal: PrincipalId
    now: datetime


RegistryCommand = (
    CreateModel | RegisterVersion | RecordEvidence | GrantApproval | RefuseApproval | RevokeApproval | EnterStage
)
