"""Who may decide in an approver's place, and until when?

- Not the author; and who must not decide delegates nothing.
- Who delegated takes it back at any time, an admin with a reason; what was decided until then stays.
"""

from __future__ import annotations

from tenure_registry.model.commands import DelegateApproval, DelegationCommand, WithdrawDelegation
from tenure_registry.model.events import ApprovalDelegated, DelegationWithdrawn
from tenure_registry.model.find import find, find_living
from tenure_registry.model.limits import DELEGATIONS, demand_room
from tenure_registry.model.rules import (
    AlreadyOver,
    ApproverKindMissing,
    DelegationOfAnother,
    DelegationToAuthor,
    DelegationUnknown,
    FourEyesRequired,
    ReasonRequired,
)
from tenure_registry.model.state import Model, Version


def decide_delegation(model: Model, command: DelegationCommand) -> ApprovalDelegated | DelegationWithdrawn | None:
    match command:
        case DelegateApproval():
            return delegate(find_living(model, command.model_version), command)
        case WithdrawDelegation():
            return withdraw(find(model, command.model_version), command)


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


def withdraw(version: Version, command: WithdrawDelegation) -> DelegationWithdrawn:
    known = version.delegations.get((command.stage, command.delegate))
    if known is None:
        raise DelegationUnknown(command.delegate, command.model_version, command.stage)
    if command.principal != known.approver:
        demand_may_stand_in(known, command)
    return DelegationWithdrawn(
        model_version=command.model_version,
        stage=command.stage,
        approver=known.approver,
        delegate=command.delegate,
        reason=command.reason,
        withdrawn_by=command.principal,
        withdrawn_at=command.now,
    )


def demand_may_stand_in(known: ApprovalDelegated, command: WithdrawDelegation) -> None:
    if not command.may_stand_in:
        raise DelegationOfAnother(known.approver, command.delegate)
    if not command.reason.strip():
        raise ReasonRequired()
