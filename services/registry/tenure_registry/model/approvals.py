"""Who may let a version through?

- Never the author; nor, where the policy says so, who asked or who recorded the evidence.
- An approval binds the artifact, the evidence and the rules that were looked at.
- A refusal and a revocation say why; a refusal takes the refuser's own approval back.
- An approver may let somebody else decide, until a day; not the author, and who must not decide delegates nothing.
"""

from __future__ import annotations

from datetime import datetime

from tenure_registry.model.commands import (
    ApprovalCommand,
    DelegateApproval,
    ExpireApproval,
    GrantApproval,
    RefuseApproval,
    RequestApproval,
    RevokeApproval,
)
from tenure_registry.model.events import (
    ApprovalDelegated,
    ApprovalEvent,
    ApprovalExpired,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalRevoked,
)
from tenure_registry.model.find import find, find_living, find_seen
from tenure_registry.model.limits import APPROVALS, DELEGATIONS, REFUSALS, REQUESTS, demand_room
from tenure_registry.model.rules import (
    AlreadyOver,
    ApproverKindMissing,
    DelegationToAuthor,
    FourEyesRequired,
    NothingToRevoke,
    OtherEvidenceSeen,
    ReasonRequired,
)
from tenure_registry.model.stages import way_into
from tenure_registry.model.state import Model, Version
from tenure_registry.names import ApproverKind, PrincipalId, Stage


def decide_approval(model: Model, command: ApprovalCommand) -> ApprovalEvent | None:
    match command:
        case RequestApproval():
            return request(find_living(model, command.model_version), command)
        case GrantApproval():
            return grant(find_seen(model, command.model_version, command.seen_digest), command)
        case RefuseApproval():
            return refuse(find_seen(model, command.model_version, command.seen_digest), command)
        case RevokeApproval():
            return revoke(find(model, command.model_version), command)
        case DelegateApproval():
            return delegate(find_living(model, command.model_version), command)
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
    return None if known and same_approval(known.said, granted) else granted


def same_approval(known: ApprovalGranted, granted: ApprovalGranted) -> bool:
    return looked_at(known) == looked_at(granted)


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
    if known and known.reason == command.reason:
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


def delegate(version: Version, command: DelegateApproval) -> ApprovalDelegated | None:
    if command.approver_kind is None:
        raise ApproverKindMissing(command.principal)
    if command.principal == version.author:
        raise FourEyesRequired(command.principal, command.model_version, "author")
    if command.delegate == version.author:
        raise DelegationToAuthor(command.delegate, command.model_version)
    if command.until <= command.now:
        raise AlreadyOver(command.until)
    known = version.delegations.get((command.stage, command.delegate))
    wanted = (command.principal, command.approver_kind, command.until)
    if known and (known.approver, known.approver_kind, known.until) == wanted:
        return None
    if known is None:
        demand_room(len(version.delegations), DELEGATIONS, "delegations")
    return ApprovalDelegated(
        model_version=command.model_version,
        stage=command.stage,
        approver=command.principal,
        approver_kind=command.approver_kind,
        delegate=command.delegate,
        until=command.until,
        delegated_at=command.now,
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
