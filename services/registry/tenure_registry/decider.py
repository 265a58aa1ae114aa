"""What may happen to a model's versions, and who may let it.

- A model is created once; what it was created as stays.
- A version's artifact never changes under its name.
- Evidence and approvals bind the artifact that was looked at.
- The author of a version cannot approve it.
- A refusal and a revocation say why.
- Stages are entered in order; nothing comes back from retired.
- Production needs an evaluation whose newest result passed, and a standing approval by another than the author.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from rpds import HashTrieMap
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
from tenure_registry.names import Digest, ModelVersion, PrincipalId, Stage
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
    StageOutOfOrder,
    VersionUnknown,
)
from tenure_registry.state import Model, Version

NEXT: dict[Stage | None, tuple[Stage, ...]] = {
    None: ("candidate", "validated", "production", "retired"),
    "candidate": ("validated", "production", "retired"),
    "validated": ("production", "retired"),
    "production": ("retired",),
    "retired": (),
}


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
            return put(model, event.model_version, registered(event))
        case EvidenceRecorded():
            version = model.versions[event.model_version]
            return put(
                model, event.model_version, replace(version, evidence=version.evidence.insert(event.kind, event))
            )
        case ApprovalGranted():
            version = model.versions[event.model_version]
            approvals = version.approvals.insert((event.stage, event.approver), event.approver_kind)
            return put(model, event.model_version, replace(version, approvals=approvals))
        case ApprovalRefused() | ApprovalRevoked():
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
    known = version.evidence.get(command.kind)
    if known and known.evidence == command.evidence:
        if known.report_digest != command.report_digest:
            raise EvidenceIsFixed(command.evidence)
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


def refuse(version: Version, command: RefuseApproval) -> ApprovalRefused:
    demand_seen(version, command.model_version, command.seen_digest)
    if not command.reason:
        raise ReasonRequired()
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
    if not command.reason:
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
        demand_ready(version, command.model_version, approvers)
    return StageEntered(
        model_version=command.model_version,
        stage=command.stage,
        previous_stage=version.stage,
        evidence=tuple(sorted(evidence.evidence for evidence in version.evidence.values())),
        approvers=approvers,
        entered_by=command.principal,
        entered_at=command.now,
    )


def demand_ready(version: Version, model_version: ModelVersion, approvers: tuple[PrincipalId, ...]) -> None:
    evaluation = version.evidence.get("evaluation")
    if evaluation is None:
        raise EvidenceMissing(model_version, "evaluation")
    if evaluation.verdict != "passed":
        raise EvidenceNotPassed(model_version, evaluation.evidence, evaluation.verdict)
    if not approvers:
        raise ApprovalMissing(model_version, "production")


def approvers_of(version: Version, stage: Stage) -> tuple[PrincipalId, ...]:
    return tuple(sorted(approver for granted, approver in version.approvals if granted == stage))


def demand_seen(version: Version, model_version: ModelVersion, seen: Digest) -> None:
    if seen != version.artifact_digest:
        raise OtherArtifactSeen(model_version, version.artifact_digest, seen)


def find(model: Model, model_version: ModelVersion) -> Version:
    try:
        return model.versions[model_version]
    except KeyError:
        raise VersionUnknown(model_version) from None


def put(model: Model, model_version: ModelVersion, version: Version) -> Model:
    return replace(model, versions=model.versions.insert(model_version, version))


def registered(event: VersionRegistered) -> Version:
    return Version(
        artifact_digest=event.artifact_digest,
        author=event.registered_by,
        registered_at=event.registered_at,
        framework=event.framework,
        features=event.features,
        snapshots=event.snapshots,
        metadata=HashTrieMap(event.metadata),
    )


model_decider: Decider[Model, RegistryCommand, RegistryEvent] = Decider(Model(), decide, evolve)
