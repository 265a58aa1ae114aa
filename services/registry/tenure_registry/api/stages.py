"""Stages: what a version lacks to enter one, and entering it."""

from fastapi import APIRouter
from starlette.responses import Response
from tenure_service import Asked, Body, Name, ReceiptBody, not_found

from tenure_registry import views
from tenure_registry.api.common import Asker, Reader, StageName, by, fresh_rules
from tenure_registry.governance import rules_for
from tenure_registry.model.commands import EnterStage
from tenure_registry.model.requirements import findings
from tenure_registry.model.stages import way_into
from tenure_registry.names import ModelVersion, Stage
from tenure_registry.streams import model_stream

router = APIRouter()


class NewStage(Body):
    stage: StageName


@router.post("/models/{model}/versions/{model_version}/stage", status_code=201, response_model=ReceiptBody)
async def enter_stage(model: Name, model_version: Name, body: NewStage, mutation: Asker) -> Response:
    command = EnterStage(
        model_version=ModelVersion(model_version),
        stage=Stage(body.stage),
        rules=await fresh_rules(mutation, model),
        roles=frozenset(mutation.principal.roles),
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))


@router.get("/models/{model}/versions/{model_version}/requirements")
async def read_requirements(
    model: Name, model_version: Name, stage: StageName, read: Reader, moment: Asked
) -> Response:
    """What the policy asks for, each with how it stands and which events it rests on; its age as of `effective_at`."""
    at = await read.at(model_stream(model))
    version = at.state.versions.get(ModelVersion(model_version))
    if version is None:
        raise not_found(f"version {model_version} of {model}")
    rules = await moment.ask(lambda view: rules_for(view, model))
    way_into(rules.policy, Stage(stage))
    found = findings(version, Stage(stage), rules, moment.effective_at or read.runtime.clock.now())
    answer = views.requirements_view(at.name, model_version, Stage(stage), rules, found)
    return read.answer(answer, settled=moment.settled)
