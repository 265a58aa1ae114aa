"""What has happened to a model and its versions."""

from dataclasses import dataclass
from datetime import datetime

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
class ModelCreated:
    model: ModelName
    family: str | None
    description: str
    owner: PrincipalId
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotRef:
    """A pinned training snapshot: its name and the digest of what it held."""

    snapshot: str
    digest: Digest


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRegistered:
    model_version: ModelVersion
    artifact_digest: Digest
    framework: str
    features: tuple[str, ...]
    snapshots: tuple[SnapshotRef, ...]
    metadata: dict[str, str]
    registered_by: PrincipalId
    registered_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One figure of a report, over all data or one slice, with its interval where there is one."""

    name: str
    value: float
    slice: str | None
    n: int
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceRecorded:
    evidence: str
    model_version: ModelVersion
    artifact_digest: Digest
    kind: EvidenceKind
    verdict: EvidenceVerdict
    tool: str
    tool_version: str
    report_digest: Digest
    metrics: tuple[Metric, ...]
    recorded_by: PrincipalId
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalGranted:
    model_version: ModelVersion
    artifact_digest: Digest
    stage: Stage
    approver: PrincipalId
    approver_kind: ApproverKind
    comment: str
    granted_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalRefused:
    model_version: ModelVersion
    artifact_digest: Digest
    stage: Stage
    approver: PrincipalId
    approver_kind: ApproverKind
    reason: str
    refused_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalRevoked:
    model_version: ModelVersion
    stage: Stage
    approver: PrincipalId
    reason: str
    revoked_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StageEntered:
    model_version: ModelVersion
    stage: Stage
    previous_stage: Stage | None
    evidence: tuple[str, ...]
    approvers: tuple[PrincipalId, ...]
    entered_by: PrincipalId
    entered_at: datetime


RegistryEvent = (
    ModelCreated
    | VersionRegistered
    | EvidenceRecorded
    | ApprovalGranted
    | ApprovalRefused
    | ApprovalRevoked
    | StageEntered
)
