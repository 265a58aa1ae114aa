"""Server-sent events."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

import anyio
from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response
from tenure_service import Instant, Problem, Read, reads
from tenure_service.headers import headers_of
from tenure_service.tokens import Authenticator

from tenure_dispatch.api.bodies import Patterns
from tenure_dispatch.choice import Choice, unknown_types
from tenure_dispatch.dispatcher import Dispatcher
from tenure_dispatch.listening.listening import Listener, Listening
from tenure_dispatch.listening.position import PositionUnreadable
from tenure_dispatch.listening.position import read as read_position
from tenure_dispatch.places import Start, positions_of
from tenure_dispatch.subscription.rules import TypeUnknown

router = APIRouter()


@router.get("/events", responses={200: {"content": {"text/event-stream": {}}}})
async def listen(
    read: Annotated[Read, Depends(reads())],
    types: Annotated[Patterns, Query()] = (),
    streams: Annotated[Patterns, Query()] = (),
    start: Annotated[Literal["beginning", "now"] | Instant, Query()] = "now",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Accepted events as they come, until the caller goes; the id of the last one leads on from there, exactly."""
    dispatcher, runtime = read.runtime.part(Dispatcher), read.runtime
    if unknown := unknown_types(types):
        raise TypeUnknown(unknown)
    if dispatcher.listeners.full:
        raise Problem(503, "too-many-listeners", f"{dispatcher.listeners.most} listen here already")
    _, _, token = headers_of(read.request).get("authorization", "").partition(" ")
    listener = Listener(
        feed=dispatcher.feed,
        choice=Choice(types, streams),
        positions=await positions_of(begun(last_event_id, start), runtime.event_log, runtime.replica),
        allowed=partial(is_good, runtime.authenticator, token.strip()),
        stopping=anyio.Event(),
    )
    return Listening(listener, dispatcher.listeners)


def is_good(authenticator: Authenticator, token: str) -> bool:
    """Whether it would still be let in."""
    try:
        return authenticator.principal(token) is not None
    except Problem:  # it says why not, which who asks anew is told
        return False


def begun(last_event_id: str | None, start: Literal["beginning", "now"] | datetime) -> Start:
    """An id leads further than where the listener once began. Raises Problem 400."""
    if not last_event_id:
        return start
    try:
        return read_position(last_event_id)
    except PositionUnreadable:
        raise Problem(400, "malformed-event-id", "Last-Event-ID is the id of one of our events") from None
