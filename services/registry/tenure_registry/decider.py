"""What may happen to a model's versions, and who may let it.

- A model is created once; what it was created as stays.
- A version's artifact, and all that it was registered with, never changes under its name.
- Evidence is never exchanged under its name, and what was recorded before never counts as newer again.
- Evidence and approvals bind the artifact that was looked at.
- The author of a version cannot approve it.
- A refusal and a revocation say why.
- Stages are entered in order; nothing comes back from retired.
- Production needs an evaluation whose newest result passed, and a standing approval by risk or business, who is never
  the author.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from tenure_decider import Decider

from tenure_registry.commands import (
    CreateModel,
    EnterStage,
    GrantApproval,
    RecordEvidence,
    RefuseApproval,
    RegisterVersion,
    RegistryCommand,
    RevokeApproval,
)
from tenure_registry.events import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRevoked,
    EvidenceRecorded,
    ModelCreated,
    RegistryEvent,
    StageEntered,
    VersionRegistered,
)
from tenure_registry.names import ApproverKind, Digest, ModelVersion, PrincipalId, Stage
from tenure_registry.rules import (
    ApprovalMissing,
    ArtifactIsFixed,
    EvidenceIsFixed,
    EvidenceMissing,
    EvidenceNotPassed,
    FourEyesRequired,
    ModelExists,
    ModelUnknown,
    NothingToRevoke,
    OtherArtifactSeen,
    ReasonRequired,
    RegistrationIsFixed,
    StageOutOfOrder,
    VersionUnknown,
)
from tenure_registry.state import Model, Version, version_of, with_approval, with_evidence, with_refusal

NEXT: dict[Stage | None, tuple[Stage, ...]] = {
    None: ("candidate", "validated", "production", "retired"),
    "candidate": ("validated", "production", "retired"),
    "validated": ("production", "retired"),
    "production": ("retired",),
    "retired": (),
}
PRODUCTION_KINDS: tuple[ApproverKind, ...] = ("business", "risk")


def decide(model: Model, command: RegistryCommand) -> RegistryEvent | None:
    match command:
        case CreateModel():
            return create(model, command)
        case RegisterVersion():
            return register(model, command)
        case RecordEvidence():
            return record(find(model, command.model_version), command)
        case GrantApproval():
            return grant(find(model, command.model_version), command)
        case RefuseApproval():
            return refuse(find(model, command.model_version), command)
        case RevokeApproval():
            return revoke(find(model, command.model_version), command)
        case EnterStage():
            return enter(find(model, command.model_version), command)
        case _ as never:
            assert_never(never)


def evolve(model: Model, event: RegistryEvent) -> Model:
    match event:
        case ModelCreated():
            return replace(
                model, name=event.model, family=event.family, description=event.description, owner=event.owner
            )
        case VersionRegistered():
            return put(model, event.model_version, version_of(event))
        case EvidenceRecorded():
            version = model.versions[event.model_version]
            return put(model, event.model_version, with_evidence(version, event))
        case ApprovalGranted():
            version = model.versions[event.model_version]
            return put(model, event.model_version, with_approval(version, event))
        case ApprovalRefused():
            version = model.versions[event.model_version]
            return put(model, event.model_version, with_refusal(version, event))
        case ApprovalRevoked():
            version = model.versions[event.model_version]
            approvals = version.approvals.discard((event.stage, event.approver))
            return put(model, event.model_version, replace(version, approvals=approvals))
        case StageEntered():
            version = model.versions[event.model_version]
            return put(model, event.model_version, replace(version, stage=event.stage))
        case _ as never:
            assert_never(never)


def create(model: Model, command: CreateModel) -> ModelCreated | None:
    if model.name is None:
        return ModelCreated(
            model=command.model,
            family=command.family,
            description=command.description,
            owner=command.principal,
            created_at=command.now,
        )
    if (model.family, model.description) != (command.family, command.description):
        raise ModelExists(command.model)
    return None


def register(model: Model, command: RegisterVersion) -> VersionRegistered | None:
    if model.name is None:
        raise ModelUnknown()
    known = model.versions.get(command.model_version)
    if known and known.artifact_digest != command.artifact_digest:
        raise ArtifactIsFixed(command.model_version, known.artifact_digest, command.artifact_digest)
    if known and not same_registration(known, command):
        raise RegistrationIsFixed(command.model_version)
    if known:
        return None  # a CI job that ran twice
    return VersionRegistered(
        model_version=command.model_version,
        artifact_digest=command.artifact_digest,
        framework=command.framework,
        features=command.features,
        snapshots=command.snapshots,
        metadata=command.metadata,
        registered_by=command.principal,
        registered_at=command.now,
    )


def record(version: Version, command: RecordEvidence) -> EvidenceRecorded | None:
    demand_seen(version, command.model_version, command.seen_digest)
    known = version.evidence.get(command.evidence)
    if known and not same_evidence(known, command):
        raise EvidenceIsFixed(command.evidence)
    if known:
        return None
    return EvidenceRecorded(
        evidence=command.evidence,
        model_version=command.model_version,
        artifact_digest=version.artifact_digest,
        kind=command.kind,
        verdict=command.verdict,
        tool=command.tool,
        tool_version=command.tool_version,
        report_digest=command.report_digest,
        metrics=command.metrics,
        recorded_by=command.principal,
        recorded_at=command.now,
    )


def grant(version: Version, command: GrantApproval) -> ApprovalGranted | None:
    demand_seen(version, command.model_version, command.seen_digest)
    if command.principal == version.author:
        raise FourEyesRequired(command.principal, command.model_version)
    if (command.stage, command.principal) in version.approvals:
        return None
    return ApprovalGranted(
        model_version=command.model_version,
        artifact_digest=version.artifact_digest,
        stage=command.stage,
        approver=command.principal,
        approver_kind=command.approver_kind,
        comment=command.comment,
        granted_at=command.now,
    )


def refuse(version: Version, command: RefuseApproval) -> ApprovalRefused | None:
    demand_seen(version, command.model_version, command.seen_digest)
    if not command.reason.strip():
        raise ReasonRequired()
    if version.refusals.get((command.stage, command.principal)) == command.reason:
        return None
    return ApprovalRefused(
        model_version=command.model_version,
        artifact_digest=version.artifact_digest,
        stage=command.stage,
        approver=command.principal,
        approver_kind=command.approver_kind,
        reason=command.reason,
        refused_at=command.now,
    )


def revoke(version: Version, command: RevokeApproval) -> ApprovalRevoked:
    if (command.stage, command.principal) not in version.approvals:
        raise NothingToRevoke(command.principal, command.model_version, command.stage)
    if not command.reason.strip():
        raise ReasonRequired()
    return ApprovalRevoked(
        model_version=command.model_version,
        stage=command.stage,
        approver=command.principal,
        reason=command.reason,
        revoked_at=command.now,
    )


def enter(version: Version, command: EnterStage) -> StageEntered | None:
    if version.stage == command.stage:
        return None
    if command.stage not in NEXT[version.stage]:
        raise StageOutOfOrder(command.model_version, version.stage, command.stage)
    approvers = approvers_of(version, command.stage)
    if command.stage == "production":
        demand_ready(version, command.model_version)
    return StageEntered(
        model_version=command.model_version,
        stage=command.stage,
        previous_stage=version.stage,
        evidence=tuple(sorted(version.newest.values())),
        approvers=approvers,
        entered_by=command.principal,
        entered_at=command.now,
    )


def demand_ready(version: Version, model_version: ModelVersion) -> None:
    name = version.newest.get("evaluation")
    if name is None:
        raise EvidenceMissing(model_version, "evaluation")
    evaluation = version.evidence[name]
    if evaluation.verdict != "passed":
        raise EvidenceNotPassed(model_version, evaluation.evidence, evaluation.verdict)
    kinds = {kind for (stage, _), kind in version.approvals.items() if stage == "production"}
    if kinds.isdisjoint(PRODUCTION_KINDS):
        raise ApprovalMissing(model_version, "production", PRODUCTION_KINDS)


def approvers_of(version: Version, stage: Stage) -> tuple[PrincipalId, ...]:
    return tuple(sorted(approver for granted, approver in version.approvals if granted == stage))


def demand_seen(version: Version, model_version: ModelVersion, seen: Digest) -> None:
    if seen != version.artifact_digest:
        raise OtherArtifactSeen(model_version, version.artifact_digest, seen)


def same_registration(known: Version, command: RegisterVersion) -> bool:
    registered = (known.framework, known.features, known.snapshots, dict(known.metadata.items()))
    return registered == (command.framework, command.features, command.snapshots, command.metadata)


def same_evidence(known: EvidenceRecorded, command: RecordEvidence) -> bool:
    recorded = (known.kind, known.verdict, known.tool, known.tool_version, known.report_digest, known.metrics)
    offered = (command.kind, command.verdict, command.tool, command.tool_version, command.report_digest)
    return recorded == (*offered, command.metrics)


def find(model: Model, model_version: ModelVersion) -> Version:
    try:
        return model.versions[model_version]
    except KeyError:
        raise VersionUnknown(model_version) from None


def put(model: Model, model_version: ModelVersion, version: Version) -> Model:
    return replace(model, versions=model.versions.insert(model_version, version))


model_decider: Decider[Model, RegistryCommand, RegistryEvent] = Decider(Model(), decide, evolve)
