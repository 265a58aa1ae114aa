"""Models: what they are, and which names point into them."""

from typing import Annotated, TypedDict

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response
from tenure_service import Asked, At, Body, Name, ReceiptBody, StreamRead, Text, not_found

from tenure_registry import views
from tenure_registry.api.common import Asking, Engineer, Reader, by, unknown_of
from tenure_registry.api.tags import NewTags, tagging
from tenure_registry.inherited import effective_details
from tenure_registry.model.commands import ChangeModel, CreateModel, MoveAlias
from tenure_registry.names import FamilyName, ModelName, ModelVersion, PolicyName, PrincipalId
from tenure_registry.parts import Variant
from tenure_registry.streams import model_stream

router = APIRouter()


class VariantBody(Body):
    segment: Name | None = None
    region: Name | None = None
    regime: Name | None = None


class Details(Body):
    """What is left out is inherited from the family."""

    description: Text = ""
    owner: Name | None = None
    policy: Name | None = None
    risk_tier: Name | None = None
    contexts: Annotated[tuple[Name, ...], Field(max_length=100)] = ()


class NewModel(Details):
    model: Name
    family: Name | None = None
    variant: VariantBody | None = None


class NewAlias(Body):
    """None takes the alias away."""

    model_version: Name | None


@router.post("/models", status_code=201, response_model=ReceiptBody)
async def create_model(body: NewModel, mutation: Engineer) -> Response:
    return await mutation.execute(await creation(body, mutation), model_stream(body.model))


async def creation(body: NewModel, asked: Asking) -> CreateModel:
    return CreateModel(
        model=ModelName(body.model),
        family=FamilyName(body.family) if body.family else None,
        variant=Variant(**body.variant.model_dump()) if body.variant else None,
        unknown=await unknown_of(asked, body.family, body.policy) if body.family or body.policy else None,
        owner=owner_of(body),
        principal=by(asked),
        now=asked.now,
        **shared(body),
    )


@router.put("/models/{model}", status_code=201, response_model=ReceiptBody)
async def change_model(model: Name, body: Details, mutation: Engineer) -> Response:
    """All details as they are from now on."""
    unknown = await unknown_of(mutation, None, body.policy)
    command = ChangeModel(
        unknown=unknown, owner=owner_of(body), principal=by(mutation), now=mutation.now, **shared(body)
    )
    return await mutation.execute(command, model_stream(model))


@router.put("/models/{model}/aliases/{alias}", status_code=201, response_model=ReceiptBody)
async def move_alias(model: Name, alias: Name, body: NewAlias, mutation: Engineer) -> Response:
    """Its whole history stays: read it with `as_of`."""
    return await mutation.execute(moving(alias, body, mutation), model_stream(model))


def moving(alias: str, body: NewAlias, asked: Asking) -> MoveAlias:
    to = ModelVersion(body.model_version) if body.model_version is not None else None
    return MoveAlias(alias=alias, model_version=to, principal=by(asked), now=asked.now)


@router.post("/models/{model}/tags", status_code=201, response_model=ReceiptBody)
async def tag_model(model: Name, body: NewTags, mutation: Engineer) -> Response:
    return await mutation.execute(tagging(None, body, mutation), model_stream(model))


@router.get("/models/{model}/effective")
async def read_effective(model: Name, read: Reader, moment: Asked) -> Response:
    """Owner, policy, risk tier and contexts that hold, each with who said so: the model, its family, or who else."""
    found = await moment.ask(lambda view: effective_details(view, model))
    if found is None:
        raise not_found(f"model {model}")
    return read.answer(found, settled=moment.settled)


class Shared(TypedDict):
    """The fields that the commands of models and families have alike."""

    description: str
    policy: PolicyName | None
    risk_tier: str | None
    contexts: tuple[str, ...]


def shared(body: Details) -> Shared:
    return {
        "description": body.description,
        "policy": PolicyName(body.policy) if body.policy else None,
        "risk_tier": body.risk_tier,
        "contexts": body.contexts,
    }


def owner_of(body: Details) -> PrincipalId | None:
    return PrincipalId(body.owner) if body.owner else None


def one_model(at: At) -> views.ModelView | None:
    return views.model_view(at.state)


READS = (
    StreamRead(
        path="/models/{model}",
        stream=lambda params: model_stream(params["model"]),
        view=one_model,
        answers=views.ModelView,
        summary="One model",
    ),
)
