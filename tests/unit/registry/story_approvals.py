"""Requests, delegations and what follows from them, as the tests of the registry begin with them."""

from dataclasses import replace
from datetime import timedelta

from tenure_registry.model.commands import DelegateApproval, ExpireApproval, RequestApproval, WithdrawDelegation
from tenure_registry.model.events import ApprovalDelegated, ApprovalExpired, ApprovalRequested, DelegationWithdrawn
from tenure_registry.names import PRODUCTION, PrincipalId

from tests.unit.registry.story import BYTES, NOON, RISK_OFFICER, V1, grant, granted

DEPUTY, ASKER = PrincipalId("p-deputy"), PrincipalId("p-asker")
NEXT_WEEK = NOON + timedelta(days=7)

request = RequestApproval(
    model_version=V1, stage=PRODUCTION, kinds=("risk",), comment="please", principal=ASKER, now=NOON
)
requested = ApprovalRequested(
    model_version=V1,
    artifact_digest=BYTES,
    stage=PRODUCTION,
    kinds=("risk",),
    comment="please",
    requested_by=ASKER,
    requested_at=NOON,
)
delegate = DelegateApproval(
    model_version=V1,
    stage=PRODUCTION,
    delegate=DEPUTY,
    until=NEXT_WEEK,
    principal=RISK_OFFICER,
    approver_kind="risk",
    now=NOON,
)
delegated = ApprovalDelegated(
    model_version=V1,
    stage=PRODUCTION,
    approver=RISK_OFFICER,
    approver_kind="risk",
    delegate=DEPUTY,
    until=NEXT_WEEK,
    delegated_at=NOON,
)
withdraw_delegation = WithdrawDelegation(
    model_version=V1,
    stage=PRODUCTION,
    delegate=DEPUTY,
    reason="",
    may_stand_in=False,
    principal=RISK_OFFICER,
    now=NOON,
)
delegation_withdrawn = DelegationWithdrawn(
    model_version=V1,
    stage=PRODUCTION,
    approver=RISK_OFFICER,
    delegate=DEPUTY,
    reason="",
    withdrawn_by=RISK_OFFICER,
    withdrawn_at=NOON,
)
grant_as_deputy = replace(grant, principal=DEPUTY, approver_kind=None)
granted_by_deputy = replace(granted, approver=DEPUTY, on_behalf_of=RISK_OFFICER)
grant_for_a_week = replace(grant, expires_at=NEXT_WEEK)
granted_for_a_week = replace(granted, expires_at=NEXT_WEEK)
expire = ExpireApproval(model_version=V1, stage=PRODUCTION, approver=RISK_OFFICER, now=NEXT_WEEK)
expired = ApprovalExpired(
    model_version=V1, stage=PRODUCTION, approver=RISK_OFFICER, expires_at=NEXT_WEEK, expired_at=NEXT_WEEK
)
