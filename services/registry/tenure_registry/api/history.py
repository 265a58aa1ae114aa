"""History: a model's events, in the order in which they were recorded."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response
from tenure_codec.errors import Undecodable
from tenure_journal import Meta
from tenure_service import Asked, Name, PageQuery, Problem, Read, not_found
from tenure_service.requests import read_cursor, write_cursor

from tenure_registry.api.common import Reader
from tenure_registry.history import history_item
from tenure_registry.streams import model_stream

router = APIRouter()


@router.get("/models/{model}/history")
async def read_history(model: Name, read: Reader, moment: Asked, page: Annotated[PageQuery, Depends()]) -> Response:
    """A page looks at `limit` events; with `effective_at` it leaves out those that had not happened by then."""
    stream = read.replica.stream(model_stream(model))
    known = moment.known(stream) if stream else 0
    if stream is None or known == 0:
        raise not_found(f"model {model}")
    first = after(page.cursor) + 1
    last = min(first + page.limit - 1, known)
    read.note()
    items = [
        history_item(meta, event, stream.is_voided(meta.link, known))
        for meta, event in (await told(read, stream.name, first, last) if first <= last else [])
        if moment.effective_at is None or meta.time <= moment.effective_at
    ]
    following = write_cursor(str(last)) if last < known else None
    return read.answer({"items": items, "next": following}, settled=moment.settled)


def after(cursor: str | None) -> int:
    text = read_cursor(cursor) or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Problem(400, "malformed-cursor", "a cursor is what the page before said in `next`")
    return int(text)


async def told(read: Read, stream: str, first: int, last: int) -> list[tuple[Meta, Any]]:
    """None in place of an event that this build can't read: a parked stream has a history too."""
    try:
        return await read.replica.events(stream, first, last)
    except Undecodable:
        return [(meta, await readable(read, meta)) for meta in await read.replica.metas(stream, first, last)]


async def readable(read: Read, meta: Meta) -> Any:
    try:
        [(_, event)] = await read.replica.events(meta.stream, meta.sequence, meta.sequence)
    except Undecodable:
        return None
    return event
