"""What can be asked of freezes, the times in which nothing may move?"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response
from tenure_service import Body, Instant, Name, ReceiptBody, StreamRead, Text

from tenure_rollout.api.common import Operator, Reason, as_it_is, by, listing
from tenure_rollout.freeze.decider import DeclareFreeze, LiftFreeze
from tenure_rollout.names import FreezeName, ModelName
from tenure_rollout.world import FREEZE

router = APIRouter()
Environment = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class NewFreeze(Body):
    """No models: all of them; no environments: all of them."""

    freeze: Name
    models: Annotated[tuple[Name, ...], Field(max_length=2_000)] = ()
    environments: Annotated[tuple[Environment, ...], Field(max_length=50)] = ()
    starts_at: Instant
    ends_at: Instant
    reason: Text


@router.post("/freezes", status_code=201, response_model=ReceiptBody)
async def declare_freeze(body: NewFreeze, mutation: Operator) -> Response:
    command = DeclareFreeze(
        freeze=FreezeName(body.freeze),
        models=tuple(ModelName(model) for model in body.models),
        environments=body.environments,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        reason=body.reason,
        principal=by(mutation),
        now=mutation.now,
    )
    return await mutation.execute(command, f"{FREEZE}/{body.freeze}")


@router.post("/freezes/{freeze}/lift", status_code=201, response_model=ReceiptBody)
async def lift_freeze(freeze: Name, body: Reason, mutation: Operator) -> Response:
    command = LiftFreeze(freeze=FreezeName(freeze), reason=body.reason, principal=by(mutation), now=mutation.now)
    return await mutation.execute(command, f"{FREEZE}/{freeze}")


router.get("/freezes", name="list_freezes")(listing(FREEZE))

READS = (
    StreamRead(
        path="/freezes/{freeze}",
        stream=lambda params: f"{FREEZE}/{params['freeze']}",
        view=as_it_is,
        answers=dict[str, object],
        summary="One freeze: when, for what, why",
    ),
)
