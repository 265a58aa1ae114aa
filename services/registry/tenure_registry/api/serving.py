"""Serving: what answers requests, and why it may, at any moment."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response
from tenure_service import Asked, Moment, Name, Read, not_found

from tenure_registry.api.common import Reader
from tenure_registry.names import PRODUCTION
from tenure_registry.served import Decision, Serving, decisions_of, is_deciding, serving_at
from tenure_registry.streams import model_stream

router = APIRouter()
Environment = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


@router.get("/models/{model}/serving", response_model=Serving)
async def read_serving(model: Name, read: Reader, moment: Asked, environment: Environment = PRODUCTION) -> Response:
    """Arms with their releases, versions and contexts; of each version who let it into production, on what evidence."""
    decisions = await decided(read, moment, model)
    found = await moment.ask(lambda view: serving_at(view, model, environment, decisions))
    if found is None:
        raise not_found(f"release that served {model} in {environment} then")
    read.note()
    return read.answer(found, settled=moment.settled)


async def decided(read: Read, moment: Moment, model: str) -> dict[str, Decision]:
    name = model_stream(model)
    stream = read.replica.stream(name)
    if stream is None or (known := moment.known(stream)) == 0:
        return {}
    told = await read.replica.events(name, 1, known, is_deciding)
    events = [(meta, event) for meta, event in told if not stream.is_voided(meta.link, known)]
    return decisions_of(await moment.state(name), name, events, moment.effective_at)
