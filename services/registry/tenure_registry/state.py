"""What is known of a model while deciding."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rpds import HashTrieMap

from tenure_registry.events import EvidenceRecorded, SnapshotRef
from tenure_registry.names import ApproverKind, Digest, EvidenceKind, ModelName, ModelVersion, PrincipalId, Stage


@dataclass(frozen=True, slots=True)
class Version:
    """One version; `evidence` holds the newest of each kind, `approvals` what stands, by (stage, approver)."""

    artifact_digest: Digest
    author: PrincipalId
    registered_at: datetime
    framework: str
    features: tuple[str, ...]
    snapshots: tuple[SnapshotRef, ...]
    metadata: HashTrieMap[str, str]
    stage: Stage | None = None
    evidence: HashTrieMap[EvidenceKind, EvidenceRecorded] = field(default_factory=HashTrieMap)
    approvals: HashTrieMap[tuple[Stage, PrincipalId], ApproverKind] = field(default_factory=HashTrieMap)


@dataclass(frozen=True, slots=True)
class Model:
    """A model; `name` is None until it was created."""

    name: ModelName | None = None
    family: str | None = None
    description: str = ""
    owner: PrincipalId | None = None
    versions: HashTrieMap[ModelVersion, Version] = field(default_factory=HashTrieMap)
