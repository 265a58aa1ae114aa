"""What has happened to a model and its versions."""

from dataclasses import dataclass
from datetime import datetime

from tenure_registry.model.ending_events import EndingEvent
from tenure_registry.names import (
    ApproverKind,
    Digest,
    EvidenceKind,
    EvidenceVerdict,
    FamilyName,
    LocatorOutcome,
    ModelName,
    ModelVersion,
    PolicyName,
    PrincipalId,
    Stage,
    VersionKind,
)
from tenure_registry.parts import (
    BasedOn,
    CodeRef,
    ContextRef,
    Field,
    HostedConfiguration,
    Metric,
    PolicyRef,
    PromptRef,
    RunRef,
    SnapshotRef,
    Tag,
    Variant,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCreated:
    """What is None or empty here is inherited from the family, where there is one."""

    model: ModelName
    family: FamilyName | None
    variant: Variant | None
    description: str
    owner: PrincipalId | None
    policy: PolicyName | None
    risk_tier: str | None
    contexts: tuple[str, ...]
    created_by: PrincipalId
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelChanged:
    """All that can change of a model, as it is from now on."""

    description: str
    owner: PrincipalId | None
    policy: PolicyName | None
    risk_tier: str | None
    contexts: tuple[str, ...]
    changed_by: PrincipalId
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRegistered:
    """Of a hosted version `artifact_digest` is the digest of the declared configuration."""

    model_version: ModelVersion
    kind: VersionKind
    artifact_digest: Digest
    locators: tuple[str, ...]
    hosted: HostedConfiguration | None
    framework: str
    features: tuple[str, ...]
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    snapshots: tuple[SnapshotRef, ...]
    prompts: tuple[PromptRef, ...]
    run: RunRef | None
    code: CodeRef | None
    metadata: dict[str, str]
    registered_by: PrincipalId
    registered_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class HostedFingerprintChanged:
    """The vendor serves something else under the same name."""

    model_version: ModelVersion
    fingerprint: str
    previous: str | None
    observed_by: PrincipalId
    observed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LocatorChecked:
    """`unverified` is what could not be reached or read whole; it never counts as the artifact."""

    model_version: ModelVersion
    locator: str
    outcome: LocatorOutcome
    detail: str
    checked_by: PrincipalId
    checked_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class TagsChanged:
    """Of a version, or of the model where none is named."""

    model_version: ModelVersion | None
    tags: tuple[Tag, ...]
    removed: tuple[str, ...]
    changed_by: PrincipalId
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AliasMoved:
    """From one version to another; to none where it was taken away."""

    alias: str
    model_version: ModelVersion | None
    previous: ModelVersion | None
    moved_by: PrincipalId
    moved_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceRecorded:
    """`contexts` are the revisions that it was made with; `report` is what `report_digest` covers."""

    evidence: str
    model_version: ModelVersion
    artifact_digest: Digest
    kind: EvidenceKind
    verdict: EvidenceVerdict
    tool: str
    tool_version: str
    report_digest: Digest
    report: bytes | None
    contexts: tuple[ContextRef, ...]
    metrics: tuple[Metric, ...]
    recorded_by: PrincipalId
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalRequested:
    model_version: ModelVersion
    artifact_digest: Digest
    stage: Stage
    kinds: tuple[ApproverKind, ...]
    comment: str
    requested_by: PrincipalId
    requested_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalGranted:
    """`evidence_digest` covers all evidence that there was; `policy` the rules; None where neither was bound yet."""

    model_version: ModelVersion
    artifact_digest: Digest
    stage: Stage
    approver: PrincipalId
    approver_kind: ApproverKind
    on_behalf_of: PrincipalId | None
    evidence_digest: Digest | None
    policy: PolicyRef | None
    comment: str
    expires_at: datetime | None
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
class RefusalWithdrawn:
    """Who refused takes it back; that is no approval yet."""

    model_version: ModelVersion
    stage: Stage
    approver: PrincipalId
    reason: str
    withdrawn_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalRevoked:
    model_version: ModelVersion
    stage: Stage
    approver: PrincipalId
    reason: str
    revoked_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalExpired:
    model_version: ModelVersion
    stage: Stage
    approver: PrincipalId
    expires_at: datetime
    expired_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalDelegated:
    """Until then `delegate` may decide in the approver's place, as an approver of that kind."""

    model_version: ModelVersion
    stage: Stage
    approver: PrincipalId
    approver_kind: ApproverKind
    delegate: PrincipalId
    until: datetime
    delegated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DelegationWithdrawn:
    """From now on `delegate` decides no longer in the place of `approver`; what they decided before stays."""

    model_version: ModelVersion
    stage: Stage
    approver: PrincipalId
    delegate: PrincipalId
    reason: str
    withdrawn_by: PrincipalId
    withdrawn_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StageEntered:
    """`evidence` and `approvers` are what met the policy's requirements."""

    model_version: ModelVersion
    stage: Stage
    previous_stage: Stage | None
    evidence: tuple[str, ...]
    approvers: tuple[PrincipalId, ...]
    policy: PolicyRef | None
    based_on: tuple[BasedOn, ...]
    entered_by: PrincipalId
    entered_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class GateReason:
    """Why a requirement that was met is met no longer."""

    requirement: str
    status: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GateReopened:
    """A version is in a stage that it could not enter today."""

    model_version: ModelVersion
    stage: Stage
    reasons: tuple[GateReason, ...]
    policy: PolicyRef
    reopened_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class GateSatisfied:
    """All that the stage asks for is there again."""

    model_version: ModelVersion
    stage: Stage
    policy: PolicyRef
    satisfied_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxCommandRefused:
    """What somebody asked for without the API, and the rule that said no. Nothing of the model is another."""

    source: str
    id: str
    type: str
    rule: str
    detail: str
    asked_by: PrincipalId
    refused_at: datetime


CatalogueEvent = (
    ModelCreated
    | ModelChanged
    | VersionRegistered
    | HostedFingerprintChanged
    | LocatorChecked
    | TagsChanged
    | AliasMoved
)
ApprovalEvent = (
    ApprovalRequested
    | ApprovalGranted
    | ApprovalRefused
    | RefusalWithdrawn
    | ApprovalRevoked
    | ApprovalExpired
    | ApprovalDelegated
    | DelegationWithdrawn
)
GateEvent = StageEntered | GateReopened | GateSatisfied
ModelEvent = CatalogueEvent | EvidenceRecorded | ApprovalEvent | GateEvent | EndingEvent | InboxCommandRefused
