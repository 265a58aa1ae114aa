"""What is known of a model while deciding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from rpds import HashTrieMap

from tenure_registry.model.events import (
    ApprovalDelegated,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ConsumerDeclared,
    EvidenceRecorded,
    GateReason,
    ModelCreated,
    VersionRegistered,
)
from tenure_registry.names import (
    ApproverKind,
    ConsumerName,
    Digest,
    EvidenceKind,
    FamilyName,
    LocatorOutcome,
    ModelName,
    ModelVersion,
    PolicyName,
    PrincipalId,
    Stage,
)
from tenure_registry.parts import Tag, Variant


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was recorded, without the report's bytes, and its place in the stream."""

    said: EvidenceRecorded
    sequence: int


@dataclass(frozen=True, slots=True)
class Approval:
    said: ApprovalGranted
    sequence: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How a version's life ends, as far as it has come."""

    sunset_at: datetime | None = None
    replacement: ModelVersion | None = None
    reason: str = ""
    notified: HashTrieMap[ConsumerName, datetime] = field(default_factory=HashTrieMap)
    acknowledged: HashTrieMap[ConsumerName, PrincipalId] = field(default_factory=HashTrieMap)
    retired_at: datetime | None = None
    manifest_digest: Digest | None = None
    cleaned: HashTrieMap[str, PrincipalId] = field(default_factory=HashTrieMap)
    proof_digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version. `refingerprinted` is the place of the newest change of what a vendor serves; 0 where none was."""

    registered: VersionRegistered
    sequence: int
    stage: Stage | None = None
    fingerprint: str | None = None
    refingerprinted: int = 0
    evidence: HashTrieMap[str, Evidence] = field(default_factory=HashTrieMap)
    approvals: HashTrieMap[tuple[Stage, PrincipalId], Approval] = field(default_factory=HashTrieMap)
    refusals: HashTrieMap[tuple[Stage, PrincipalId], ApprovalRefused] = field(default_factory=HashTrieMap)
    requests: HashTrieMap[Stage, ApprovalRequested] = field(default_factory=HashTrieMap)
    delegations: HashTrieMap[tuple[Stage, PrincipalId], ApprovalDelegated] = field(default_factory=HashTrieMap)
    locators: HashTrieMap[str, LocatorOutcome] = field(default_factory=HashTrieMap)
    tags: HashTrieMap[str, Tag] = field(default_factory=HashTrieMap)
    reopened: tuple[GateReason, ...] = ()
    ending: Ending = Ending()

    @property
    def digest(self) -> Digest:
        return self.registered.artifact_digest

    @property
    def author(self) -> PrincipalId:
        return self.registered.registered_by

    def of_kind(self, kind: EvidenceKind) -> list[Evidence]:
        """In the order of recording."""
        found = [one for one in self.evidence.values() if one.said.kind == kind]
        return sorted(found, key=lambda one: one.sequence)

    def evidence_digest(self) -> Digest:
        """Covers the name and the report of all evidence that there is: what an approver has looked at."""
        lines = sorted(f"{one.said.evidence} {one.said.report_digest}\n" for one in self.evidence.values())
        return Digest("sha256:" + sha256("".join(lines).encode()).hexdigest())

    def delegated_kind(self, stage: Stage, delegate: PrincipalId, now: datetime) -> ApproverKind | None:
        found = self.delegations.get((stage, delegate))
        return found.approver_kind if found and now < found.until else None


@dataclass(frozen=True, slots=True)
class Model:
    """A model; `created` is None until it was. `sequence` is that of the newest event."""

    created: ModelCreated | None = None
    description: str = ""
    owner: PrincipalId | None = None
    policy: PolicyName | None = None
    risk_tier: str | None = None
    contexts: tuple[str, ...] = ()
    versions: HashTrieMap[ModelVersion, Version] = field(default_factory=HashTrieMap)
    aliases: HashTrieMap[str, ModelVersion] = field(default_factory=HashTrieMap)
    consumers: HashTrieMap[ConsumerName, ConsumerDeclared] = field(default_factory=HashTrieMap)
    tags: HashTrieMap[str, Tag] = field(default_factory=HashTrieMap)
    hold: str | None = None
    sequence: int = 0

    @property
    def name(self) -> ModelName | None:
        return self.created.model if self.created else None

    @property
    def family(self) -> FamilyName | None:
        return self.created.family if self.created else None

    @property
    def variant(self) -> Variant | None:
        return self.created.variant if self.created else None


def put(model: Model, name: ModelVersion, version: Version, sequence: int) -> Model:
    return replace(model, versions=model.versions.insert(name, version), sequence=sequence)


def tagged(tags: HashTrieMap[str, Tag], added: Iterable[Tag], removed: Iterable[str]) -> HashTrieMap[str, Tag]:
    for key in removed:
        tags = tags.discard(key)
    for tag in added:
        tags = tags.insert(tag.key, tag)
    return tags
