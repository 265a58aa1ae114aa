"""What can be asked of the registry over HTTP?"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response
from tenure_service import (
    At,
    Body,
    Mutation,
    Name,
    PageQuery,
    Problem,
    Read,
    ReceiptBody,
    StreamRead,
    Text,
    mutates,
    reads,
)

from tenure_registry import views
from tenure_registry.commands import (
    CreateModel,
    EnterStage,
    GrantApproval,
    RecordEvidence,
    RefuseApproval,
    RegisterVersion,
    RevokeApproval,
)
from tenure_registry.events import Metric, SnapshotRef
from tenure_registry.names import (
    Digest,
    EvidenceKind,
    EvidenceVerdict,
    ModelName,
    ModelVersion,
    PrincipalId,
    Stage,
)

router = APIRouter()
Digest256 = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Engineer = Annotated[Mutation, Depends(mutates("engineer"))]
Approver = Annotated[Mutation, Depends(mutates("approver"))]


class NewModel(Body):
    model: Name
    family: Name | None = None
    description: Text = ""


class SnapshotBody(Body):
    snapshot: Name
    digest: Digest256


class NewVersion(Body):
    model_version: Name
    artifact_digest: Digest256
    framework: Text = ""
    features: Annotated[tuple[Name, ...], Field(max_length=10_000)] = ()
    snapshots: Annotated[tuple[SnapshotBody, ...], Field(max_length=100)] = ()
    metadata: Annotated[dict[Name, Text], Field(max_length=100, default_factory=dict)]


class MetricBody(Body):
    name: Name
    value: Finite
    slice: Text | None = None
    n: Annotated[int, Field(ge=0, lt=2**63)]
    low: Finite | None = None
    high: Finite | None = None


class NewEvidence(Body):
    evidence: Name
    seen_digest: Digest256
    kind: EvidenceKind
    verdict: EvidenceVerdict
    tool: Text
    tool_version: Text
    report_digest: Digest256
    metrics: Annotated[tuple[MetricBody, ...], Field(max_length=2_000)] = ()


class NewApproval(Body):
    stage: Stage
    decision: Literal["grant", "refuse", "revoke"]
    seen_digest: Digest256
    comment: Text = ""


class NewStage(Body):
    stage: Stage


def stream_of(model: str) -> str:
    return f"registry/model/{model}"


@router.post("/models", status_code=201, response_model=ReceiptBody)
async def create_model(body: NewModel, mutation: Engineer) -> Response:
    command = CreateModel(
        model=ModelName(body.model),
        family=body.family,
        description=body.description,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, stream_of(body.model))


@router.post("/models/{model}/versions", status_code=201, response_model=ReceiptBody)
async def register_version(model: Name, body: NewVersion, mutation: Engineer) -> Response:
    command = RegisterVersion(
        model_version=ModelVersion(body.model_version),
        artifact_digest=Digest(body.artifact_digest),
        framework=body.framework,
        features=body.features,
        snapshots=tuple(SnapshotRef(snapshot=s.snapshot, digest=Digest(s.digest)) for s in body.snapshots),
        metadata=dict(body.metadata),
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, stream_of(model))


@router.post("/models/{model}/versions/{model_version}/evidence", status_code=201, response_model=ReceiptBody)
async def record_evidence(model: Name, model_version: Name, body: NewEvidence, mutation: Engineer) -> Response:
    command = RecordEvidence(
        evidence=body.evidence,
        model_version=ModelVersion(model_version),
        seen_digest=Digest(body.seen_digest),
        kind=body.kind,
        verdict=body.verdict,
        tool=body.tool,
        tool_version=body.tool_version,
        report_digest=Digest(body.report_digest),
        metrics=tuple(Metric(**dict(metric)) for metric in body.metrics),
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, stream_of(model))


@router.post("/models/{model}/versions/{model_version}/approvals", status_code=201, response_model=ReceiptBody)
async def decide_approval(model: Name, model_version: Name, body: NewApproval, mutation: Approver) -> Response:
    """Grant, refuse or revoke; `comment` is the reason of the latter two."""
    return await mutation.execute(approval_command(model_version, body, mutation), stream_of(model))


def approval_command(
    model_version: str, body: NewApproval, mutation: Mutation
) -> GrantApproval | RefuseApproval | RevokeApproval:
    kind = mutation.principal.kind
    if kind is None:
        raise Problem(403, "approver-kind-missing", "this token approves nothing: it has no approver kind")
    version, by = ModelVersion(model_version), PrincipalId(mutation.principal.id)
    if body.decision == "revoke":
        return RevokeApproval(
            model_version=version, stage=body.stage, reason=body.comment, principal=by, now=mutation.now
        )
    if body.decision == "refuse":
        return RefuseApproval(
            model_version=version,
            seen_digest=Digest(body.seen_digest),
            stage=body.stage,
            reason=body.comment,
            principal=by,
            approver_kind=kind,
            now=mutation.now,
        )
    return GrantApproval(
        model_version=version,
        seen_digest=Digest(body.seen_digest),
        stage=body.stage,
        comment=body.comment,
        principal=by,
        approver_kind=kind,
        now=mutation.now,
    )


@router.post("/models/{model}/versions/{model_version}/stage", status_code=201, response_model=ReceiptBody)
async def enter_stage(model: Name, model_version: Name, body: NewStage, mutation: Engineer) -> Response:
    command = EnterStage(
        model_version=ModelVersion(model_version),
        stage=body.stage,
        principal=PrincipalId(mutation.principal.id),
        now=mutation.now,
    )
    return await mutation.execute(command, stream_of(model))


@router.get("/models")
async def list_models(read: Annotated[Read, Depends(reads())], page: Annotated[PageQuery, Depends()]) -> Response:
    models = sorted(read.replica.streams("registry/model").values(), key=lambda stream: stream.name)
    return read.page(page, models, key=lambda stream: stream.name, view=lambda stream: views.model_view(stream.state))


def one_model(at: At) -> views.ModelView | None:
    return views.model_view(at.state)


def one_version(at: At) -> views.VersionView | None:
    name = ModelVersion(at.params["model_version"])
    version = at.state.versions.get(name)
    return views.version_view(name, version) if version else None


READS = (
    StreamRead(
        path="/models/{model}",
        stream=lambda params: stream_of(params["model"]),
        view=one_model,
        answers=views.ModelView,
        summary="One model",
    ),
    StreamRead(
        path="/models/{model}/versions/{model_version}",
        stream=lambda params: stream_of(params["model"]),
        view=one_version,
        answers=views.VersionView,
        summary="One version with its evidence and approvals",
        sensitive=True,
    ),
)
