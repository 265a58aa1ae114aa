"""What does a reader see of the registry?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tenure_registry.model.commands import Rules
from tenure_registry.model.events import GateReason
from tenure_registry.model.requirements import Finding, unmet
from tenure_registry.model.state import Ending, Evidence, Model, Version
from tenure_registry.names import ApproverKind, Digest, LocatorOutcome, ModelVersion, PrincipalId, Stage, VersionKind
from tenure_registry.parts import (
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
from tenure_registry.policy.decider import Policy
from tenure_registry.policy.document import PolicyDocument


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceView:
    evidence: str
    kind: str
    verdict: str
    tool: str
    tool_version: str
    report_digest: Digest
    contexts: tuple[ContextRef, ...]
    metrics: tuple[Metric, ...]
    recorded_by: PrincipalId
    recorded_at: datetime
    sequence: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalView:
    stage: Stage
    approver: PrincipalId
    approver_kind: ApproverKind
    on_behalf_of: PrincipalId | None
    comment: str
    policy: PolicyRef | None
    evidence_digest: Digest | None
    expires_at: datetime | None
    granted_at: datetime
    sequence: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusalView:
    """Not withdrawn; `GET .../requirements` says whether it still stands."""

    stage: Stage
    approver: PrincipalId
    approver_kind: ApproverKind
    reason: str
    refused_at: datetime
    sequence: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DelegationView:
    stage: Stage
    approver: PrincipalId
    approver_kind: ApproverKind
    delegate: PrincipalId
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LocatorView:
    """`outcome` is `unverified` until somebody read all of it and its digest was the version's."""

    locator: str
    outcome: LocatorOutcome


@dataclass(frozen=True, kw_only=True, slots=True)
class EndingView:
    sunset_at: datetime | None
    replacement: ModelVersion | None
    reason: str
    notified: dict[str, datetime]
    acknowledged: dict[str, PrincipalId]
    retired_at: datetime | None
    manifest_digest: Digest | None
    cleaned: dict[str, PrincipalId]
    proof_digest: Digest | None


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionView:
    """`sequence` is that of its registration."""

    model_version: ModelVersion
    stage: Stage | None
    kind: VersionKind
    artifact_digest: Digest
    hosted: HostedConfiguration | None
    fingerprint: str | None
    locators: tuple[LocatorView, ...]
    registered_by: PrincipalId
    registered_at: datetime
    framework: str
    features: tuple[str, ...]
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    snapshots: tuple[SnapshotRef, ...]
    prompts: tuple[PromptRef, ...]
    run: RunRef | None
    code: CodeRef | None
    metadata: dict[str, str]
    tags: tuple[Tag, ...]
    evidence: tuple[EvidenceView, ...]
    evidence_digest: Digest
    approvals: tuple[ApprovalView, ...]
    refusals: tuple[RefusalView, ...]
    delegations: tuple[DelegationView, ...]
    gate_reopened: tuple[GateReason, ...]
    ending: EndingView | None
    sequence: int


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionSummary:
    model_version: ModelVersion
    stage: Stage | None
    artifact_digest: Digest


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelView:
    """As it was declared; what is None here is inherited from the family."""

    model: str
    family: str | None
    variant: Variant | None
    description: str
    owner: PrincipalId | None
    created_by: PrincipalId
    policy: str | None
    risk_tier: str | None
    contexts: tuple[str, ...]
    tags: tuple[Tag, ...]
    aliases: dict[str, ModelVersion]
    consumers: dict[str, str]
    legal_hold: str | None
    versions: tuple[VersionSummary, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyView:
    policy: str
    revision: int
    digest: Digest
    document: PolicyDocument


def model_view(model: Model) -> ModelView | None:
    """None for a model that was not created."""
    if model.created is None:
        return None
    versions = sorted(model.versions.items(), key=lambda item: item[1].sequence)
    return ModelView(
        model=model.created.model,
        family=model.family,
        variant=model.variant,
        description=model.description,
        owner=model.owner,
        created_by=model.created.created_by,
        policy=model.policy,
        risk_tier=model.risk_tier,
        contexts=model.contexts,
        tags=tags_view(model),
        aliases=dict(sorted(model.aliases.items())),
        consumers={name: one.said.purpose for name, one in sorted(model.consumers.items())},
        legal_hold=model.hold,
        versions=tuple(
            VersionSummary(model_version=name, stage=version.stage, artifact_digest=version.digest)
            for name, version in versions
        ),
    )


def version_view(name: ModelVersion, version: Version) -> VersionView:
    """All that is known of one version."""
    said = version.registered
    return VersionView(
        model_version=name,
        stage=version.stage,
        kind=said.kind,
        artifact_digest=version.digest,
        hosted=said.hosted,
        fingerprint=version.fingerprint,
        locators=tuple(
            LocatorView(locator=one, outcome=version.locators.get(one) or "unverified") for one in said.locators
        ),
        registered_by=version.author,
        registered_at=said.registered_at,
        framework=said.framework,
        features=said.features,
        inputs=said.inputs,
        outputs=said.outputs,
        snapshots=said.snapshots,
        prompts=said.prompts,
        run=said.run,
        code=said.code,
        metadata=said.metadata,
        tags=tags_view(version),
        evidence=tuple(evidence_views(version)),
        evidence_digest=version.evidence_digest(),
        approvals=tuple(approval_views(version)),
        refusals=tuple(refusal_views(version)),
        delegations=tuple(delegation_views(version)),
        gate_reopened=version.reopened,
        ending=ending_view(version.ending),
        sequence=version.sequence,
    )


def tags_view(of: Model | Version) -> tuple[Tag, ...]:
    return tuple(tag for _, tag in sorted(of.tags.items()))


def evidence_views(version: Version) -> list[EvidenceView]:
    """In the order of recording."""
    found = sorted(version.evidence.values(), key=lambda one: one.sequence)
    return [evidence_view(one) for one in found]


def evidence_view(one: Evidence) -> EvidenceView:
    said = one.said
    return EvidenceView(
        evidence=said.evidence,
        kind=said.kind,
        verdict=said.verdict,
        tool=said.tool,
        tool_version=said.tool_version,
        report_digest=said.report_digest,
        contexts=said.contexts,
        metrics=said.metrics,
        recorded_by=said.recorded_by,
        recorded_at=said.recorded_at,
        sequence=one.sequence,
    )


def approval_views(version: Version) -> list[ApprovalView]:
    return [
        ApprovalView(
            stage=one.said.stage,
            approver=one.said.approver,
            approver_kind=one.said.approver_kind,
            on_behalf_of=one.said.on_behalf_of,
            comment=one.said.comment,
            policy=one.said.policy,
            evidence_digest=one.said.evidence_digest,
            expires_at=one.said.expires_at,
            granted_at=one.said.granted_at,
            sequence=one.sequence,
        )
        for one in sorted(version.approvals.values(), key=lambda one: one.sequence)
    ]


def refusal_views(version: Version) -> list[RefusalView]:
    return [
        RefusalView(
            stage=one.said.stage,
            approver=one.said.approver,
            approver_kind=one.said.approver_kind,
            reason=one.said.reason,
            refused_at=one.said.refused_at,
            sequence=one.sequence,
        )
        for one in sorted(version.refusals.values(), key=lambda one: one.sequence)
    ]


def delegation_views(version: Version) -> list[DelegationView]:
    return [
        DelegationView(
            stage=one.stage,
            approver=one.approver,
            approver_kind=one.approver_kind,
            delegate=one.delegate,
            until=one.until,
        )
        for _, one in sorted(version.delegations.items())
    ]


def ending_view(ending: Ending) -> EndingView | None:
    if ending == Ending():
        return None
    return EndingView(
        sunset_at=ending.sunset_at,
        replacement=ending.replacement,
        reason=ending.reason,
        notified=dict(sorted(ending.notified.items())),
        acknowledged=dict(sorted(ending.acknowledged.items())),
        retired_at=ending.retired_at,
        manifest_digest=ending.manifest_digest,
        cleaned=dict(sorted(ending.cleaned.items())),
        proof_digest=ending.proof_digest,
    )


def policy_view(stream: str, policy: Policy) -> PolicyView | None:
    if policy.document is None or policy.digest is None:
        return None
    name = stream.rpartition("/")[2]
    return PolicyView(policy=name, revision=policy.revision, digest=policy.digest, document=policy.document)


def requirements_view(
    stream: str, model_version: str, stage: Stage, rules: Rules, found: Sequence[Finding]
) -> dict[str, Any]:
    """`events` are places in the model's stream: `registry/model/fraud#12`."""
    return {
        "model_version": model_version,
        "stage": stage,
        "policy": rules.policy.ref(stage),
        "met": not unmet(found),
        "requirements": [
            {**asdict(one), "events": [f"{stream}#{sequence}" for sequence in one.sequences]} for one in found
        ],
    }
