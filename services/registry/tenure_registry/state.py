"""What is known of a model while deciding."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from rpds import HashTrieMap

from tenure_registry.events import ApprovalGranted, ApprovalRefused, EvidenceRecorded, SnapshotRef, VersionRegistered
from tenure_registry.names import ApproverKind, Digest, EvidenceKind, ModelName, ModelVersion, PrincipalId, Stage


@dataclass(frozen=True, slots=True)
class Version:
    """One version. `evidence` is all of it by name, `newest` the name of each kind's newest.

    `approvals` and `refusals` are what stands, by (stage, approver); a refusal with its reason.
    """

    artifact_digest: Digest
    author: PrincipalId
    registered_at: datetime
    framework: str
    features: tuple[str, ...]
    snapshots: tuple[SnapshotRef, ...]
    metadata: HashTrieMap[str, str]
    stage: Stage | None = None
    evidence: HashTrieMap[str, EvidenceRecorded] = field(default_factory=HashTrieMap)
    newest: HashTrieMap[EvidenceKind, str] = field(default_factory=HashTrieMap)
    approvals: HashTrieMap[tuple[Stage, PrincipalId], ApproverKind] = field(default_factory=HashTrieMap)
    refusals: HashTrieMap[tuple[Stage, PrincipalId], str] = field(default_factory=HashTrieMap)


@dataclass(frozen=True, slots=True)
class Model:
    """A model; `name` is None until it was created."""

    name: ModelName | None = None
    family: str | None = None
    description: str = ""
    owner: PrincipalId | None = None
    versions: HashTrieMap[ModelVersion, Version] = field(default_factory=HashTrieMap)


def with_evidence(version: Version, event: EvidenceRecorded) -> Version:
    return replace(
        version,
        evidence=version.evidence.insert(event.evidence, event),
        newest=version.newest.insert(event.kind, event.evidence),
    )


def with_approval(version: Version, event: ApprovalGranted) -> Version:
    place = (event.stage, event.approver)
    return replace(
        version,
        approvals=version.approvals.insert(place, event.approver_kind),
        refusals=version.refusals.discard(place),
    )


def with_refusal(version: Version, event: ApprovalRefused) -> Version:
    place = (event.stage, event.approver)
    return replace(
        version, approvals=version.approvals.discard(place), refusals=version.refusals.insert(place, event.reason)
    )


def version_of(event: VersionRegistered) -> Version:
    return Version(
        artifact_digest=event.artifact_digest,
        author=event.registered_by,
        registered_at=event.registered_at,
        framework=event.framework,
        features=event.features,
        snapshots=event.snapshots,
        metadata=HashTrieMap(event.metadata),
    )
