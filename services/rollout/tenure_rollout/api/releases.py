"""What can be asked of releases?"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response
from tenure_eventlog.topics import CONTEXT_EVENTS, REGISTRY_EVENTS
from tenure_service import Body, Name, ReceiptBody, Text

from tenure_rollout.api.common import DeploymentName, Operator, based_on, by, stream_of
from tenure_rollout.api.judges import JudgeBody, declared_of
from tenure_rollout.deployment.commands import CreateRelease
from tenure_rollout.events import ContextRef, Dependency
from tenure_rollout.foreign import BindingFacts, ModelFacts
from tenure_rollout.names import Deployment, ModelName, ModelVersion, ReleaseId
from tenure_rollout.world import BINDINGS, MODELS

router = APIRouter()


class ContextBody(Body):
    context: Name
    revision: Annotated[int, Field(gt=0, lt=2**31)]


class DependencyBody(Body):
    deployment: DeploymentName
    release: Name
    joint: bool = True


class NewRelease(Body):
    release: Name
    model_version: Name
    contexts: Annotated[tuple[ContextBody, ...], Field(max_length=100)] = ()
    prompt: Name | None = None
    flags: Annotated[dict[Name, Text], Field(max_length=100, default_factory=dict)]
    requires: Annotated[tuple[DependencyBody, ...], Field(max_length=20)] = ()
    judge: JudgeBody | None = None


@router.post("/deployments/{deployment}/releases", status_code=201, response_model=ReceiptBody)
async def create_release(deployment: DeploymentName, body: NewRelease, mutation: Operator) -> Response:
    """Refused unless the registry has the version in production, and its contexts are bound and no SLA blocks."""
    await mutation.fresh(REGISTRY_EVENTS.name, CONTEXT_EVENTS.name)
    model = deployment.partition("@")[0]
    versions: ModelFacts = mutation.replica.state(f"{MODELS}{model}")
    bindings: BindingFacts = mutation.replica.state(f"{BINDINGS}{model}")
    version = versions.get(body.model_version)
    contexts = tuple(ContextRef(context=c.context, revision=c.revision) for c in body.contexts)
    command = CreateRelease(
        release=ReleaseId(body.release),
        model=ModelName(model),
        model_version=ModelVersion(body.model_version),
        stage=version.stage if version else None,
        artifact_digest=version.artifact_digest if version else None,
        contexts=contexts,
        unbound=tuple(c.context for c in contexts if c.revision not in (bindings.revisions.get(c.context) or ())),
        blocked_by=bindings.blocking(contexts),
        prompt=body.prompt,
        flags=dict(body.flags),
        requires=tuple(_dependency(one) for one in body.requires),
        judge=declared_of(body.judge) if body.judge else None,
        based_on=based_on(mutation.replica, f"{MODELS}{model}", f"{BINDINGS}{model}"),
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, stream_of(deployment))


def _dependency(body: DependencyBody) -> Dependency:
    return Dependency(deployment=Deployment(body.deployment), release=ReleaseId(body.release), joint=body.joint)
