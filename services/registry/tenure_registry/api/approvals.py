"""Approvals: asked for, given, refused, taken back, passed on."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response
from tenure_service import Body, Instant, Mutation, Name, ReceiptBody, Text

from tenure_registry.api.common import Decider, Digest256, Engineer, StageName, by, fresh_rules
from tenure_registry.model.commands import (
    DelegateApproval,
    GrantApproval,
    RefuseApproval,
    RequestApproval,
    RevokeApproval,
    WithdrawDelegation,
    WithdrawRefusal,
)
from tenure_registry.names import ApproverKind, Digest, ModelVersion, PrincipalId, Stage
from tenure_registry.streams import model_stream

router = APIRouter()


class NewRequest(Body):
    stage: StageName
    kinds: Annotated[tuple[ApproverKind, ...], Field(max_length=4)] = ()
    comment: Text = ""


class NewApproval(Body):
    """`comment` is the reason of all but a grant; `withdraw` takes a refusal back, `revoke` a grant.

    `seen_evidence` is the ledger's digest as it was looked at.
    """

    stage: StageName
    decision: Literal["grant", "refuse", "withdraw", "revoke"]
    seen_digest: Digest256
    seen_evidence: Digest256 | None = None
    expires_at: Instant | None = None
    comment: Text = ""


class NewDelegation(Body):
    """`delegate` is a principal's id."""

    stage: StageName
    delegate: Name
    until: Instant


class NewWithdrawal(Body):
    """`reason` is needed of an admin who takes back what somebody else delegated."""

    stage: StageName
    delegate: Name
    reason: Text = ""


@router.post("/models/{model}/versions/{model_version}/approval-requests", status_code=201, response_model=ReceiptBody)
async def request_approval(model: Name, model_version: Name, body: NewRequest, mutation: Engineer) -> Response:
    command = RequestApproval(
        model_version=ModelVersion(model_version),
        stage=Stage(body.stage),
        kinds=body.kinds,
        comment=body.comment,
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))


@router.post("/models/{model}/versions/{model_version}/approvals", status_code=201, response_model=ReceiptBody)
async def decide_approval(model: Name, model_version: Name, body: NewApproval, mutation: Decider) -> Response:
    """Grant, refuse, withdraw a refusal or revoke a grant, as an approver or by delegation."""
    command = await approval_command(model, model_version, body, mutation)
    return await mutation.execute(command, model_stream(model))


async def approval_command(
    model: str, model_version: str, body: NewApproval, mutation: Mutation
) -> GrantApproval | RefuseApproval | WithdrawRefusal | RevokeApproval:
    version, stage, seen = ModelVersion(model_version), Stage(body.stage), Digest(body.seen_digest)
    principal, kind, now = by(mutation), mutation.principal.kind, mutation.now
    if body.decision == "revoke":
        return RevokeApproval(model_version=version, stage=stage, reason=body.comment, principal=principal, now=now)
    if body.decision == "withdraw":
        return WithdrawRefusal(model_version=version, stage=stage, reason=body.comment, principal=principal, now=now)
    if body.decision == "refuse":
        return RefuseApproval(
            model_version=version,
            seen_digest=seen,
            stage=stage,
            reason=body.comment,
            principal=principal,
            approver_kind=kind,
            now=now,
        )
    return GrantApproval(
        model_version=version,
        seen_digest=seen,
        seen_evidence=Digest(body.seen_evidence) if body.seen_evidence else None,
        stage=stage,
        comment=body.comment,
        expires_at=body.expires_at,
        rules=await fresh_rules(mutation, model),
        principal=principal,
        approver_kind=kind,
        now=now,
    )


@router.post("/models/{model}/versions/{model_version}/delegations", status_code=201, response_model=ReceiptBody)
async def delegate_approval(model: Name, model_version: Name, body: NewDelegation, mutation: Decider) -> Response:
    """Until then the delegate may decide in the approver's place."""
    command = DelegateApproval(
        model_version=ModelVersion(model_version),
        stage=Stage(body.stage),
        delegate=PrincipalId(body.delegate),
        until=body.until,
        principal=by(mutation),
        approver_kind=mutation.principal.kind,
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))


@router.post(
    "/models/{model}/versions/{model_version}/delegations/withdrawal", status_code=201, response_model=ReceiptBody
)
async def withdraw_delegation(model: Name, model_version: Name, body: NewWithdrawal, mutation: Decider) -> Response:
    """By who delegated, or an admin: from now on the delegate decides no longer; what they decided stays."""
    command = WithdrawDelegation(
        model_version=ModelVersion(model_version),
        stage=Stage(body.stage),
        delegate=PrincipalId(body.delegate),
        reason=body.reason,
        may_stand_in=mutation.principal.may("admin"),
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))
