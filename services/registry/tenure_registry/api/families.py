"""Families: what their models inherit."""

from fastapi import APIRouter
from starlette.responses import Response
from tenure_service import At, Name, ReceiptBody, StreamRead

from tenure_registry.api.common import Engineer, by, unknown_of
from tenure_registry.api.models import Details, owner_of, shared
from tenure_registry.family.decider import ChangeFamily, CreateFamily, Family
from tenure_registry.names import FamilyName
from tenure_registry.streams import family_stream

router = APIRouter()


class NewFamily(Details):
    family: Name


@router.post("/families", status_code=201, response_model=ReceiptBody)
async def create_family(body: NewFamily, mutation: Engineer) -> Response:
    command = CreateFamily(
        family=FamilyName(body.family),
        unknown=await unknown_policy(body, mutation),
        principal=by(mutation),
        now=mutation.now,
        owner=owner_of(body) or by(mutation),
        **shared(body),
    )
    return await mutation.execute(command, family_stream(body.family))


@router.put("/families/{family}", status_code=201, response_model=ReceiptBody)
async def change_family(family: Name, body: Details, mutation: Engineer) -> Response:
    """All details as they are from now on; the models follow. Without an owner it is who asks."""
    command = ChangeFamily(
        unknown=await unknown_policy(body, mutation),
        principal=by(mutation),
        now=mutation.now,
        owner=owner_of(body) or by(mutation),
        **shared(body),
    )
    return await mutation.execute(command, family_stream(family))


async def unknown_policy(body: Details, mutation: Engineer) -> str | None:
    return body.policy if body.policy and await unknown_of(mutation, None, body.policy) else None


def one_family(at: At) -> Family | None:
    family: Family = at.state
    return family if family.name else None


READS = (
    StreamRead(
        path="/families/{family}",
        stream=lambda params: family_stream(params["family"]),
        view=one_family,
        answers=Family,
        summary="One family",
    ),
)
