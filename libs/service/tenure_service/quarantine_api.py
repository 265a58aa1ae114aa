"""What can be asked and done about the records that a service's processor can't read?"""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Query
from pydantic import Field, model_validator
from starlette.responses import Response
from tenure_eventlog import Record
from tenure_ingest import BEGINNING, CommandReused, DatabaseAway, Done, Order, Place, QuarantineDesk, Which, place_of

from tenure_service.hosting import Hosted
from tenure_service.problems import Problem, not_found
from tenure_service.requests import Body, Mutation, PageQuery, Read, mutates, read_cursor, reads, write_cursor

BODY_ROLES = ("engineer", "auditor")
Reader = Annotated[Read, Depends(reads())]
BodyReader = Annotated[Read, Depends(reads(*BODY_ROLES))]
Keeper = Annotated[Mutation, Depends(mutates("engineer", "operator"))]
Word = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Field(ge=0, lt=2**31)]
Offset = Annotated[int, Field(ge=0, lt=2**63)]
Why = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"^[^\x00]*$")]
_NOT_NOW = (DatabaseAway, asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)


class Discarded(Body):
    at: datetime
    by: str
    why: str


class HeldRecord(Body):
    """A record in quarantine, without its body. `scope`: for which reader alone it is held."""

    topic: str
    partition: int
    offset: int
    scope: str | None
    reason: str
    appended_at: datetime
    held_at: datetime
    key_bytes: int | None
    value_bytes: int | None
    discarded: Discarded | None


class HeldCount(Body):
    topic: str
    partition: int
    reason: str
    records: int


class PassedCount(Body):
    topic: str
    partition: int
    scope: str
    reason: str
    records: int


class QuarantinePage(Body):
    """`trouble`: what is wrong with the processor, a full quarantine among it.

    `passed`: what one reader alone could not read, beyond what is held for it: counted, not kept.
    """

    items: list[HeldRecord]
    next: str | None
    counts: list[HeldCount]
    passed: list[PassedCount]
    trouble: list[str]


class HeldBody(Body):
    """Bytes in base64; `text` is the value where it is UTF-8."""

    key: str | None
    value: str | None
    text: str | None
    headers: list[tuple[str, str | None]]


class Choice(Body):
    """Which held records: all of a reason or of a scope, of one place, or what is both."""

    reason: Word | None = None
    scope: Word | None = None
    topic: Word | None = None
    partition: Number | None = None
    offset: Offset | None = None
    cursor: Annotated[str, Field(max_length=1_000)] | None = None

    @model_validator(mode="after")
    def _says_which(self) -> "Choice":
        if not (self.reason or self.scope or self.topic):
            raise ValueError("say which records: a reason, a scope or a topic")
        return self

    def which(self) -> Which:
        return Which(self.reason, self.topic, self.partition, self.offset, self.scope)


class NewDiscard(Choice):
    why: Why


class DoneBody(Body):
    """`again`: how many of the records are held once more. `next`: the cursor for the rest, where there may be one."""

    records: int
    again: int
    next: str | None


async def list_held(
    read: Reader,
    page: Annotated[PageQuery, Depends()],
    reason: Annotated[Word | None, Query()] = None,
    topic: Annotated[Word | None, Query()] = None,
    partition: Annotated[Number | None, Query()] = None,
    scope: Annotated[Word | None, Query()] = None,
    discarded: Annotated[bool, Query()] = False,
) -> Response:
    """The records that could not be read, in the order of the log; `discarded`: those that somebody dropped."""
    hosted = read.runtime.part(Hosted)
    which = Which(reason, topic, partition, None, scope)
    with told():
        rows = await hosted.quarantine.page(which, discarded, after(page.cursor), page.limit + 1)
        await hosted.quarantine.look()
    following = cursor_of(place_of(rows[page.limit - 1])) if len(rows) > page.limit else None
    items = [view(row) for row in rows[: page.limit]]
    summary = {"counts": counts(hosted.quarantine), "passed": passed(hosted.quarantine), "trouble": hosted.health()}
    return read.answer({"items": items, "next": following, **summary})


async def show_held(topic: Word, partition: Number, offset: Offset, read: Reader) -> Response:
    """What is held of one place, or was discarded there: once for all readers, or once for each that can't read it."""
    with told():
        rows = await desk_of(read).page(Which(None, topic, partition, offset))
    if not rows:
        raise nothing_at(topic, partition, offset)
    return read.answer([view(row) for row in rows])


async def read_held(topic: Word, partition: Number, offset: Offset, read: BodyReader) -> Response:
    """A held record, whole. The read is noted."""
    with told():
        record = await desk_of(read).record(topic, partition, offset)
    if record is None:
        raise nothing_at(topic, partition, offset)
    read.note()
    return read.answer(body_of(record))


async def replay_held(body: Choice, mutation: Keeper) -> Response:
    """Gives held records to the processor again, each once, a thousand at a time."""
    with told():
        done = await desk_of(mutation).replay(order_of(mutation), body.which(), after(body.cursor))
    return mutation.answer(done_view(done))


async def discard_held(body: NewDiscard, mutation: Keeper) -> Response:
    """Drops the bodies of held records, a thousand at a time; who did it, when and why stays."""
    with told():
        done = await desk_of(mutation).discard(order_of(mutation), body.which(), body.why, after(body.cursor))
    return mutation.answer(done_view(done))


def add_quarantine(router: APIRouter) -> None:
    """Gives a service that hosts a processor the endpoints of its quarantine."""
    place = "/quarantine/{topic}/{partition}/{offset}"
    router.get("/quarantine", response_model=QuarantinePage)(list_held)
    router.get(place, response_model=list[HeldRecord])(show_held)
    router.get(f"{place}/record", response_model=HeldBody)(read_held)
    router.post("/quarantine/replay", response_model=DoneBody)(replay_held)
    router.post("/quarantine/discard", response_model=DoneBody)(discard_held)


def desk_of(request: Read | Mutation) -> QuarantineDesk[Any]:
    return request.runtime.part(Hosted).quarantine


def order_of(mutation: Mutation) -> Order:
    return Order(mutation.command_id, mutation.command_digest, mutation.principal.id)


@contextmanager
def told() -> Iterator[None]:
    """What the database says, as a problem."""
    try:
        yield
    except _NOT_NOW as away:
        raise Problem(503, "database-away", str(away)) from away
    except CommandReused as reused:
        raise Problem(422, "command-id-reused", "this idempotency key was used for another command") from reused


def view(row: asyncpg.Record) -> dict[str, object]:
    """A row as the API shows it."""
    place = place_of(row)
    by = {"at": row["discarded_at"], "by": row["discarded_by"], "why": row["discard_reason"]}
    return {
        "topic": place.topic,
        "partition": place.partition,
        "offset": place.offset,
        "scope": row["scope"],
        "reason": row["reason"],
        "appended_at": datetime.fromtimestamp(row["append_time_ms"] / 1_000, UTC),
        "held_at": row["held_at"],
        "key_bytes": row["key_bytes"],
        "value_bytes": row["value_bytes"],
        "discarded": by if row["discarded_at"] else None,
    }


def counts(desk: QuarantineDesk[Any]) -> list[dict[str, object]]:
    return [
        {"topic": partition.topic, "partition": partition.number, "reason": reason, "records": records}
        for (partition, reason), records in desk.counts.items()
    ]


def passed(desk: QuarantineDesk[Any]) -> list[dict[str, object]]:
    return [
        {"topic": at.topic, "partition": at.number, "scope": scope, "reason": reason, "records": records}
        for at, scope, reason, records in desk.passed
    ]


def body_of(record: Record) -> dict[str, object]:
    try:
        text = record.value.decode() if record.value is not None else None
    except UnicodeDecodeError:
        text = None
    headers = [(name, _base64(value)) for name, value in record.headers]
    return {"key": _base64(record.key), "value": _base64(record.value), "text": text, "headers": headers}


def _base64(data: bytes | None) -> str | None:
    return None if data is None else b64encode(data).decode()


def done_view(done: Done) -> dict[str, object]:
    return {"records": done.records, "again": done.again, "next": cursor_of(done.last) if done.last else None}


def cursor_of(place: Place) -> str:
    return write_cursor(json.dumps(place))


def after(cursor: str | None) -> Place:
    """Where a page begins. Raises Problem 400."""
    if not cursor:
        return BEGINNING
    try:
        topic, partition, offset, scope = json.loads(read_cursor(cursor))
        return Place(str(topic), int(partition), int(offset), str(scope))
    except (ValueError, TypeError):
        raise Problem(400, "malformed-cursor", "a cursor is what the answer before said in `next`") from None


def nothing_at(topic: str, partition: int, offset: int) -> Problem:
    return not_found(f"record {topic}/{partition}/{offset} in quarantine")
