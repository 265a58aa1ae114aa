"""What can be asked of a model and its versions. Ids and the time come in from outside, and what other streams say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tenure_registry.model.ending_events import Calls, Traffic
from tenure_registry.names import (
    ApproverKind,
    ConsumerName,
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
    PromptRef,
    RunRef,
    SnapshotRef,
    Tag,
    Variant,
)
from tenure_registry.policy.inheritance import EffectivePolicy


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What other streams say, read before the decision: the policy, the risk tier, the bound revisions.

    `contexts` has the newest that is bound of each context, `own` those of versions, by version and context.
    """

    policy: EffectivePolicy
    risk_tier: str | None
    contexts: Mapping[str, int]
    own: Mapping[tuple[str, str], int] = field(default_factory=dict)
    based_on: tuple[BasedOn, ...] = ()

    def revision_read(self, model_version: str, context: str) -> int | None:
        """By that version; one that is not bound itself reads what the model does."""
        return self.own.get((model_version, context), self.contexts.get(context))


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateModel:
    """`unknown` is the first of the family and the policy that does not exist."""

    model: ModelName
    family: FamilyName | None
    variant: Variant | None
    description: str
    owner: PrincipalId | None
    policy: PolicyName | None
    risk_tier: str | None
    contexts: tuple[str, ...]
    unknown: str | None
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeModel:
    description: str
    owner: PrincipalId | None
    policy: PolicyName | None
    risk_tier: str | None
    contexts: tuple[str, ...]
    unknown: str | None
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterVersion:
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
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ObserveFingerprint:
    model_version: ModelVersion
    fingerprint: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckLocator:
    model_version: ModelVersion
    locator: str
    outcome: LocatorOutcome
    detail: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeTags:
    model_version: ModelVersion | None
    tags: tuple[Tag, ...]
    removed: tuple[str, ...]
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveAlias:
    alias: str
    model_version: ModelVersion | None
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordEvidence:
    """`body_digest` is that of `report` as it arrived."""

    evidence: str
    model_version: ModelVersion
    seen_digest: Digest
    kind: EvidenceKind
    verdict: EvidenceVerdict
    tool: str
    tool_version: str
    report_digest: Digest
    report: bytes | None
    body_digest: Digest | None
    contexts: tuple[ContextRef, ...]
    metrics: tuple[Metric, ...]
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestApproval:
    model_version: ModelVersion
    stage: Stage
    kinds: tuple[ApproverKind, ...]
    comment: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class GrantApproval:
    """`approver_kind` is the token's, None for who only acts for somebody else."""

    model_version: ModelVersion
    seen_digest: Digest
    seen_evidence: Digest | None
    stage: Stage
    comment: str
    expires_at: datetime | None
    rules: Rules
    principal: PrincipalId
    approver_kind: ApproverKind | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RefuseApproval:
    model_version: ModelVersion
    seen_digest: Digest
    stage: Stage
    reason: str
    principal: PrincipalId
    approver_kind: ApproverKind | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class WithdrawRefusal:
    model_version: ModelVersion
    stage: Stage
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeApproval:
    model_version: ModelVersion
    stage: Stage
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DelegateApproval:
    model_version: ModelVersion
    stage: Stage
    delegate: PrincipalId
    until: datetime
    principal: PrincipalId
    approver_kind: ApproverKind | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class WithdrawDelegation:
    """`may_stand_in`: for whoever delegated, with a reason."""

    model_version: ModelVersion
    stage: Stage
    delegate: PrincipalId
    reason: str
    may_stand_in: bool
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpireApproval:
    """The timer's observation."""

    model_version: ModelVersion
    stage: Stage
    approver: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class EnterStage:
    model_version: ModelVersion
    stage: Stage
    rules: Rules
    roles: frozenset[str]
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LookAtGate:
    """The reaction's question: could the version enter today the stage that it is in?"""

    model_version: ModelVersion
    rules: Rules
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclareConsumer:
    consumer: ConsumerName
    purpose: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class WithdrawConsumer:
    """`may_stand_in`: for whoever declared it, with a reason."""

    consumer: ConsumerName
    reason: str
    may_stand_in: bool
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DeprecateVersion:
    model_version: ModelVersion
    sunset_at: datetime
    replacement: ModelVersion | None
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class NotifyConsumer:
    model_version: ModelVersion
    consumer: ConsumerName
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AcknowledgeRetirement:
    """`may_stand_in`: for whoever declared the consumer, or for one that nobody did, with a reason."""

    model_version: ModelVersion
    consumer: ConsumerName
    reason: str
    may_stand_in: bool
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RetireVersion:
    """`traffic` is what rollout's topic says, `callers` what monitor's does; `force` the reason of who `may_force`."""

    model_version: ModelVersion
    reason: str
    force: str | None
    may_force: bool
    traffic: tuple[Traffic, ...]
    callers: tuple[Calls, ...]
    based_on: tuple[BasedOn, ...]
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveVersion:
    model_version: ModelVersion
    manifest: str
    manifest_digest: Digest
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportCleanUp:
    model_version: ModelVersion
    task: str
    note: str
    rules: Rules
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceLegalHold:
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LiftLegalHold:
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordDestruction:
    model_version: ModelVersion
    proof: str
    proof_digest: Digest
    destroyed: Digest
    rules: Rules
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RefuseInboxCommand:
    """For the record: who asked has no answer to read."""

    source: str
    id: str
    type: str
    rule: str
    detail: str
    principal: PrincipalId
    now: datetime


CatalogueCommand = (
    CreateModel | ChangeModel | RegisterVersion | ObserveFingerprint | CheckLocator | ChangeTags | MoveAlias
)
DelegationCommand = DelegateApproval | WithdrawDelegation
ApprovalCommand = (
    RequestApproval
    | GrantApproval
    | RefuseApproval
    | WithdrawRefusal
    | RevokeApproval
    | ExpireApproval
    | DelegationCommand
)
GateCommand = EnterStage | LookAtGate
ConsumerCommand = DeclareConsumer | WithdrawConsumer | NotifyConsumer | AcknowledgeRetirement
EndingCommand = (
    ConsumerCommand
    | DeprecateVersion
    | RetireVersion
    | ArchiveVersion
    | ReportCleanUp
    | PlaceLegalHold
    | LiftLegalHold
    | RecordDestruction
)
ModelCommand = CatalogueCommand | RecordEvidence | ApprovalCommand | GateCommand | EndingCommand | RefuseInboxCommand
