"""Versions: what exactly they are, where their bytes lie, and what is said of them."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import Field, model_validator
from starlette.responses import Response
from tenure_service import At, Body, Name, ReceiptBody, StreamRead, Text

from tenure_registry import views
from tenure_registry.api.common import Asking, Digest256, Engineer, Producer, by, digest_of_json
from tenure_registry.api.tags import NewTags, tagging
from tenure_registry.model.commands import CheckLocator, ObserveFingerprint, RegisterVersion
from tenure_registry.names import Digest, LocatorOutcome, ModelVersion, PromptName
from tenure_registry.parts import CodeRef, HostedConfiguration, PromptRef, RunRef, SnapshotRef
from tenure_registry.parts import Field as Column
from tenure_registry.streams import model_stream

router = APIRouter()
Locator = Annotated[str, Field(pattern=r"^(pkg:[a-z]+/.+|[a-z][a-z0-9+.-]*://.+)$", max_length=2_000)]
Short = Annotated[str, Field(max_length=1_000)]


class SnapshotBody(Body):
    snapshot: Name
    digest: Digest256


class PromptBody(Body):
    prompt: Name
    revision: Annotated[int, Field(strict=True, ge=1, lt=2**31)]


class ColumnBody(Body):
    name: Short
    type: Short


class HostedBody(Body):
    """A vendor's model; its digest is made of these, the fingerprint included."""

    provider: Name
    model_id: Short
    fingerprint: Short | None = None
    parameters: Annotated[dict[Name, Short], Field(max_length=100, default_factory=dict)]


class RunBody(Body):
    tracker: Name
    address: Short = ""
    run: Short


class CodeBody(Body):
    repository: Short
    revision: Short


class NewVersion(Body):
    """An artifact by its digest, or a hosted model by its configuration."""

    model_version: Name
    artifact_digest: Digest256 | None = None
    hosted: HostedBody | None = None
    locators: Annotated[tuple[Locator, ...], Field(max_length=20)] = ()
    framework: Text = ""
    features: Annotated[tuple[Name, ...], Field(max_length=10_000)] = ()
    inputs: Annotated[tuple[ColumnBody, ...], Field(max_length=10_000)] = ()
    outputs: Annotated[tuple[ColumnBody, ...], Field(max_length=1_000)] = ()
    snapshots: Annotated[tuple[SnapshotBody, ...], Field(max_length=100)] = ()
    prompts: Annotated[tuple[PromptBody, ...], Field(max_length=100)] = ()
    run: RunBody | None = None
    code: CodeBody | None = None
    metadata: Annotated[dict[Name, Text], Field(max_length=100, default_factory=dict)]

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        if (self.artifact_digest is None) == (self.hosted is None):
            raise ValueError("give artifact_digest for an artifact, or hosted for a vendor's model")
        return self


class NewFingerprint(Body):
    fingerprint: Short


class NewLocatorCheck(Body):
    """What was found at a locator: `verified` only after all its bytes were read and their digest was the version's."""

    locator: Locator
    outcome: Literal["verified", "unverified", "differs"]
    detail: Text = ""


@router.post("/models/{model}/versions", status_code=201, response_model=ReceiptBody)
async def register_version(model: Name, body: NewVersion, mutation: Producer) -> Response:
    return await mutation.execute(registration(body, mutation), model_stream(model))


def registration(body: NewVersion, asked: Asking) -> RegisterVersion:
    hosted = HostedConfiguration(**body.hosted.model_dump()) if body.hosted else None
    digest = body.artifact_digest or digest_of_json(body.hosted.model_dump() if body.hosted else None)
    return RegisterVersion(
        model_version=ModelVersion(body.model_version),
        kind="hosted" if hosted else "artifact",
        artifact_digest=Digest(digest),
        locators=body.locators,
        hosted=hosted,
        framework=body.framework,
        features=body.features,
        inputs=tuple(Column(**dict(one)) for one in body.inputs),
        outputs=tuple(Column(**dict(one)) for one in body.outputs),
        snapshots=tuple(SnapshotRef(snapshot=one.snapshot, digest=Digest(one.digest)) for one in body.snapshots),
        prompts=tuple(PromptRef(prompt=PromptName(one.prompt), revision=one.revision) for one in body.prompts),
        run=RunRef(**dict(body.run)) if body.run else None,
        code=CodeRef(**dict(body.code)) if body.code else None,
        metadata=dict(body.metadata),
        principal=by(asked),
        now=asked.now,
    )


@router.post("/models/{model}/versions/{model_version}/fingerprints", status_code=201, response_model=ReceiptBody)
async def observe_fingerprint(model: Name, model_version: Name, body: NewFingerprint, mutation: Producer) -> Response:
    """What a vendor says that it serves now; evidence from before a change no longer counts."""
    command = ObserveFingerprint(
        model_version=ModelVersion(model_version),
        fingerprint=body.fingerprint,
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))


@router.post("/models/{model}/versions/{model_version}/locators", status_code=201, response_model=ReceiptBody)
async def check_locator(model: Name, model_version: Name, body: NewLocatorCheck, mutation: Producer) -> Response:
    outcome: LocatorOutcome = body.outcome
    command = CheckLocator(
        model_version=ModelVersion(model_version),
        locator=body.locator,
        outcome=outcome,
        detail=body.detail,
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))


@router.post("/models/{model}/versions/{model_version}/tags", status_code=201, response_model=ReceiptBody)
async def tag_version(model: Name, model_version: Name, body: NewTags, mutation: Engineer) -> Response:
    return await mutation.execute(tagging(model_version, body, mutation), model_stream(model))


def one_version(at: At) -> views.VersionView | None:
    name = ModelVersion(at.params["model_version"])
    version = at.state.versions.get(name)
    return views.version_view(name, version) if version else None


READS = (
    StreamRead(
        path="/models/{model}/versions/{model_version}",
        stream=lambda params: model_stream(params["model"]),
        view=one_version,
        answers=views.VersionView,
        summary="One version with its evidence and approvals",
        sensitive=True,
    ),
)
