"""What does a reader see of a model?"""

from dataclasses import dataclass
from datetime import datetime

from tenure_registry.events import EvidenceRecorded, SnapshotRef
from tenure_registry.names import ApproverKind, Digest, ModelVersion, PrincipalId, Stage
from tenure_registry.state import Model, Version


@dataclass(frozen=True, slots=True)
class ApprovalView:
    stage: Stage
    approver: PrincipalId
    approver_kind: ApproverKind


@dataclass(frozen=True, slots=True)
class RefusalView:
    stage: Stage
    approver: PrincipalId
    reason: str


@dataclass(frozen=True, slots=True)
class VersionView:
    model_version: ModelVersion
    stage: Stage | None
    artifact_digest: Digest
    registered_by: PrincipalId
    registered_at: datetime
    framework: str
    features: tuple[str, ...]
    snapshots: tuple[SnapshotRef, ...]
    metadata: dict[str, str]
    evidence: tuple[EvidenceRecorded, ...]
    approvals: tuple[ApprovalView, ...]
    refusals: tuple[RefusalView, ...]


@dataclass(frozen=True, slots=True)
class VersionSummary:
    model_version: ModelVersion
    stage: Stage | None
    artifact_digest: Digest


@dataclass(frozen=True, slots=True)
class ModelView:
    model: str
    family: str | None
    description: str
    owner: PrincipalId
    versions: tuple[VersionSummary, ...]


def model_view(model: Model) -> ModelView | None:
    """None for a model that was not created."""
    if model.name is None or model.owner is None:
        return None
    versions = sorted(model.versions.items(), key=lambda item: (item[1].registered_at, item[0]))
    summaries = tuple(VersionSummary(name, version.stage, version.artifact_digest) for name, version in versions)
    return ModelView(model.name, model.family, model.description, model.owner, summaries)


def version_view(name: ModelVersion, version: Version) -> VersionView:
    """All that is known of one version; all evidence, by the time of its recording."""
    evidence = sorted(version.evidence.values(), key=lambda one: (one.recorded_at, one.evidence))
    refusals = sorted((stage, approver, reason) for (stage, approver), reason in version.refusals.items())
    approvals = sorted((stage, approver, kind) for (stage, approver), kind in version.approvals.items())
    return VersionView(
        model_version=name,
        stage=version.stage,
        artifact_digest=version.artifact_digest,
        registered_by=version.author,
        registered_at=version.registered_at,
        framework=version.framework,
        features=version.features,
        snapshots=version.snapshots,
        metadata=dict(version.metadata.items()),
        evidence=tuple(evidence),
        approvals=tuple(ApprovalView(*approval) for approval in approvals),
        refusals=tuple(RefusalView(*refusal) for refusal in refusals),
    )
