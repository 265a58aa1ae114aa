"""Consumers: who uses a model, as they say and as telemetry says; and whether they know of its end."""

from fastapi import APIRouter
from starlette.responses import Response
from tenure_journal import View
from tenure_service import Asked, Body, Mutation, Name, ReceiptBody, Text, not_found

from tenure_registry.api.common import Asking, Producer, Reader, Speaker, by
from tenure_registry.consumers import ConsumerView, consumers_of
from tenure_registry.model.commands import AcknowledgeRetirement, DeclareConsumer, WithdrawConsumer
from tenure_registry.model.state import Model
from tenure_registry.names import ConsumerName, ModelVersion
from tenure_registry.streams import model_stream

router = APIRouter()


class NewConsumer(Body):
    """No personal data: a system or a team, not a person."""

    consumer: Name
    purpose: Text = ""


class NewWithdrawal(Body):
    reason: Text


class NewAcknowledgement(Body):
    """`reason` is needed of an operator or admin who speaks for another's consumer, or for one that nobody declared."""

    consumer: Name
    reason: Text = ""


@router.get("/models/{model}/consumers", response_model=list[ConsumerView])
async def list_consumers(model: Name, read: Reader, moment: Asked) -> Response:
    """By name, at any moment; each version that one was seen calling, or that ends, for itself."""
    return await listed(model, None, read, moment)


@router.get("/models/{model}/versions/{model_version}/consumers", response_model=list[ConsumerView])
async def list_consumers_of_version(model: Name, model_version: Name, read: Reader, moment: Asked) -> Response:
    """Those of one version: the declared ones, and who was seen calling it."""
    return await listed(model, ModelVersion(model_version), read, moment)


async def listed(model: str, version: ModelVersion | None, read: Reader, moment: Asked) -> Response:
    def looked_at(view: View) -> list[ConsumerView] | None:
        known: Model = view.state(model_stream(model))
        there = known.created is not None if version is None else version in known.versions
        return consumers_of(view, known, version) if there else None

    found = await moment.ask(looked_at)
    if found is None:
        raise not_found(f"model {model}" if version is None else f"version {version} of {model}")
    return read.answer(found, settled=moment.settled)


@router.post("/models/{model}/consumers", status_code=201, response_model=ReceiptBody)
async def declare_consumer(model: Name, body: NewConsumer, mutation: Producer) -> Response:
    return await mutation.execute(declaring(body, mutation), model_stream(model))


def declaring(body: NewConsumer, asked: Asking) -> DeclareConsumer:
    return DeclareConsumer(
        consumer=ConsumerName(body.consumer), purpose=body.purpose, principal=by(asked), now=asked.now
    )


@router.delete("/models/{model}/consumers/{consumer}", status_code=201, response_model=ReceiptBody)
async def withdraw_consumer(model: Name, consumer: Name, mutation: Producer) -> Response:
    """By who declared it."""
    return await mutation.execute(withdrawing(consumer, "", mutation), model_stream(model))


@router.post("/models/{model}/consumers/{consumer}/withdrawal", status_code=201, response_model=ReceiptBody)
async def withdraw_for_another(model: Name, consumer: Name, body: NewWithdrawal, mutation: Speaker) -> Response:
    """With a reason: an operator or admin in the place of who declared it."""
    return await mutation.execute(withdrawing(consumer, body.reason, mutation), model_stream(model))


def withdrawing(consumer: str, reason: str, mutation: Mutation) -> WithdrawConsumer:
    return WithdrawConsumer(
        consumer=ConsumerName(consumer),
        reason=reason,
        may_stand_in=may_stand_in(mutation),
        principal=by(mutation),
        now=mutation.now,
    )


@router.post("/models/{model}/versions/{model_version}/acknowledgements", status_code=201, response_model=ReceiptBody)
async def acknowledge(model: Name, model_version: Name, body: NewAcknowledgement, mutation: Speaker) -> Response:
    """By who declared the consumer; by an operator or admin with a reason."""
    command = AcknowledgeRetirement(
        model_version=ModelVersion(model_version),
        consumer=ConsumerName(body.consumer),
        reason=body.reason,
        may_stand_in=may_stand_in(mutation),
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, model_stream(model))


def may_stand_in(mutation: Mutation) -> bool:
    """For who declared a consumer."""
    return mutation.principal.may("admin", "operator")
