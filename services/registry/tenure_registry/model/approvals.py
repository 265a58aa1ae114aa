"""Who may let a version through?

- Never the author; nor, where the policy says so, who asked or who recorded the evidence.
- An approval binds the artifact, the evidence and the rules that were looked at.
- A refusal and a revocation say why; a refusal takes the refuser's own approval back.
- A refusal stands until its kind grants anew, or who gave it withdraws it; a deputy does not overrule whom they
  decide for. Once that grant is taken back or has expired, the refusal stands again.
"""

from __future__ import annotations

from datetime import datetime

from tenure_registry.model.commands import (
    ApprovalCommand,
    DelegationCommand,
    ExpireApproval,
    GrantApproval,
    RefuseApproval,
    RequestApproval,
    RevokeApproval,
    WithdrawRefusal,
)
from tenure_registry.model.delegations import decide_delegation
from tenure_registry.model.events import (
    ApprovalEvent,
    ApprovalExpired,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalRevoked,
    RefusalWithdrawn,
)
from tenure_registry.model.find import find, find_living, find_seen
from tenure_registry.model.limits import APPROVALS, REFUSALS, REQUESTS, demand_room
from tenure_registry.model.rules import (
    AlreadyOver,
    ApproverKindMissing,
    FourEyesRequired,
    NothingToRevoke,
    NothingToWithdraw,
    OtherEvidenceSeen,
    ReasonRequired,
)
from tenure_registry.model.stages import way_into
from tenure_registry.model.state import Approval, Model, Version
from tenure_registry.names import ApproverKind, PrincipalId, Stage


def decide_approval(model: Model, command: ApprovalCommand) -> ApprovalEvent | None:
    if isinstance(command, DelegationCommand):
        return decide_delegation(model, command)
    match command:
        case RequestApproval():
            return request(find_living(model, command.model_version), command)
        case GrantApproval():
            return grant(find_seen(model, command.model_version, command.seen_digest), command)
        case RefuseApproval():
            return refuse(find_seen(model, command.model_version, command.seen_digest), command)
        case RevokeApproval():
            return revoke(find(model, command.model_version), command)
        case WithdrawRefusal():
            return withdraw(find(model, command.model_version), command)
        case ExpireApproval():
            return expire(find(model, command.model_version), command)


def request(version: Version, command: RequestApproval) -> ApprovalRequested | None:
    known = version.requests.get(command.stage)
    if known and (known.kinds, known.comment) == (command.kinds, command.comment):
        return None
    if known is None:
        demand_room(len(version.requests), REQUESTS, "requests for approval")
    return ApprovalRequested(
        model_version=command.model_version,
        artifact_digest=version.digest,
        stage=command.stage,
        kinds=command.kinds,
        comment=command.comment,
        requested_by=command.principal,
        requested_at=command.now,
    )


def grant(version: Version, command: GrantApproval) -> ApprovalGranted | None:
    way_into(command.rules.policy, command.stage)
    kind = kind_of(version, command.stage, command.principal, command.approver_kind, command.now)
    absent = behalf_of(version, command)
    demand_separation(version, command, (command.principal, *([absent] if absent else [])))
    evidence = version.evidence_digest()
    if command.seen_evidence not in (None, evidence):
        raise OtherEvidenceSeen(command.model_version, evidence, command.seen_evidence or evidence)
    if command.expires_at is not None and command.expires_at <= command.now:
        raise AlreadyOver(command.expires_at)
    granted = ApprovalGranted(
        model_version=command.model_version,
        artifact_digest=version.digest,
        stage=command.stage,
        approver=command.principal,
        approver_kind=kind,
        on_behalf_of=absent,
        evidence_digest=evidence,
        policy=command.rules.policy.ref(command.stage),
        comment=command.comment,
        expires_at=command.expires_at,
        granted_at=command.now,
    )
    known = version.approvals.get((command.stage, command.principal))
    if known is None:
        demand_room(len(version.approvals), APPROVALS, "approvals")
    return None if known and same_approval(known.said, granted) and not refused_since(version, known) else granted


def same_approval(known: ApprovalGranted, granted: ApprovalGranted) -> bool:
    return looked_at(known) == looked_at(granted)


def refused_since(version: Version, known: Approval) -> bool:
    """By the same kind: then a grant in the same words says something new."""
    return any(
        one.sequence > known.sequence
        and (one.said.stage, one.said.approver_kind) == (known.said.stage, known.said.approver_kind)
        for one in version.refusals.values()
    )


def looked_at(said: ApprovalGranted) -> tuple[object, ...]:
    """What makes an approval another one; a comment does not."""
    policy = said.policy.digest if said.policy else None
    return (said.evidence_digest, policy, said.expires_at, said.approver_kind, said.on_behalf_of)


def demand_separation(version: Version, command: GrantApproval, deciders: tuple[PrincipalId, ...]) -> None:
    """`deciders` are who grants, and in whose place."""
    request = version.requests.get(command.stage)
    parts: dict[str, set[PrincipalId]] = {
        "author": {version.author},
        "requester": {request.requested_by} if request else set(),
        "evidence_recorder": {one.said.recorded_by for one in version.evidence.values()},
    }
    for role in ("author", *command.rules.policy.separation):
        for one in deciders:
            if one in parts[role]:
                raise FourEyesRequired(one, command.model_version, role)


def kind_of(
    version: Version, stage: Stage, principal: PrincipalId, own: ApproverKind | None, now: datetime
) -> ApproverKind:
    kind = own or version.delegated_kind(stage, principal, now)
    if kind is None:
        raise ApproverKindMissing(principal)
    return kind


def behalf_of(version: Version, command: GrantApproval) -> PrincipalId | None:
    if command.approver_kind is not None:
        return None
    return version.delegations[(command.stage, command.principal)].approver


def refuse(version: Version, command: RefuseApproval) -> ApprovalRefused | None:
    if not command.reason.strip():
        raise ReasonRequired()
    kind = kind_of(version, command.stage, command.principal, command.approver_kind, command.now)
    known = version.refusals.get((command.stage, command.principal))
    if known and known.said.reason == command.reason:
        return None
    if known is None:
        demand_room(len(version.refusals), REFUSALS, "refusals")
    return ApprovalRefused(
        model_version=command.model_version,
        artifact_digest=version.digest,
        stage=command.stage,
        approver=command.principal,
        approver_kind=kind,
        reason=command.reason,
        refused_at=command.now,
    )


def withdraw(version: Version, command: WithdrawRefusal) -> RefusalWithdrawn:
    if (command.stage, command.principal) not in version.refusals:
        raise NothingToWithdraw(command.principal, command.model_version, command.stage)
    if not command.reason.strip():
        raise ReasonRequired()
    return RefusalWithdrawn(
        model_version=command.model_version,
        stage=command.stage,
        approver=command.principal,
        reason=command.reason,
        withdrawn_at=command.now,
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


def expire(version: Version, command: ExpireApproval) -> ApprovalExpired | None:
    known = version.approvals.get((command.stage, command.approver))
    if known is None or known.said.expires_at is None or command.now < known.said.expires_at:
        return None
    return ApprovalExpired(
        model_version=command.model_version,
        stage=command.stage,
        approver=command.approver,
        expires_at=known.said.expires_at,
        expired_at=command.now,
    )
