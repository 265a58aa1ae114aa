"""What was given up, delivering it again, and a delivery that is only a test."""

import json
import time
from datetime import UTC, datetime
from typing import Annotated

import asyncpg
import msgspec
from fastapi import APIRouter, Depends
from starlette.responses import Response
from tenure_codec.envelope import write_instant
from tenure_eventlog import Partition
from tenure_service import Mutation, Name, PageQuery, Problem, Read, mutates, not_found, reads
from tenure_service.requests import read_cursor, write_cursor

from tenure_dispatch.api.bodies import ChangedBody, DeadLetterPage, NewRedelivery, TestOutcome
from tenure_dispatch.api.subscriptions import answer, execute
from tenure_dispatch.api.told import told
from tenure_dispatch.cursors import SQL
from tenure_dispatch.dispatcher import Dispatcher
from tenure_dispatch.names import SubscriptionName
from tenure_dispatch.subscription.decider import MoveSubscription
from tenure_dispatch.webhooks.sender import Sender, opened_client
from tenure_dispatch.webhooks.targets import target_of

router = APIRouter()
Keeper = Annotated[Mutation, Depends(mutates("operator", "engineer"))]
TEST_TYPE = "dev.tenure.dispatch.test.v1"
START = (Partition("", 0), -1)


@router.get("/subscriptions/{subscription}/dead-letters", response_model=DeadLetterPage)
async def list_dead_letters(
    subscription: Name, read: Annotated[Read, Depends(reads())], page: Annotated[PageQuery, Depends()]
) -> Response:
    """What was given up, in the order of the log, with the last failure."""
    dispatcher, name = read.runtime.part(Dispatcher), SubscriptionName(subscription)
    with told():
        if await dispatcher.store.one(name) is None:
            raise not_found(f"subscription {subscription}")
        rows = await dispatcher.graveyard.page(name, after(page.cursor), page.limit + 1)
    following = cursor_of(rows[page.limit - 1]) if len(rows) > page.limit else None
    return read.answer({"items": [dead_letter(row) for row in rows[: page.limit]], "next": following})


@router.post("/subscriptions/{subscription}/dead-letters/redeliver", response_model=ChangedBody)
async def redeliver(subscription: Name, body: NewRedelivery, mutation: Keeper) -> Response:
    """Tries them once more, at once where the subscription is active; what fails again stays where it is."""
    name = SubscriptionName(subscription)
    wanted = None if body.events is None else list(body.events)

    async def ask_again(connection: asyncpg.Connection) -> None:
        await connection.execute(SQL["ask_again"], name, wanted)

    command = MoveSubscription(subscription=name, now=datetime.now(UTC))
    return answer(mutation, await execute(mutation, command, "redeliver", also=ask_again))


@router.post("/subscriptions/{subscription}/test", response_model=TestOutcome)
async def test_delivery(subscription: Name, mutation: Keeper) -> Response:
    """One signed event of a type of its own, tried once; an id that follows from the Idempotency-Key."""
    dispatcher, name = mutation.runtime.part(Dispatcher), SubscriptionName(subscription)
    with told():
        known = await dispatcher.store.one(name)
        if known is None:
            raise not_found(f"subscription {subscription}")
        signing = await dispatcher.webhooks.signing(known)
    message_id, began = str(mutation.command_id), time.monotonic()
    async with opened_client() as http:
        sender = Sender(http, dispatcher.settings, target_of(known.url, dispatcher.settings), signing)
        outcome = await sender.send(message_id, test_event(message_id, name))
    return mutation.answer(
        {
            "delivered": outcome.failure is None,
            "event": message_id,
            "status": outcome.status,
            "failure": outcome.failure,
            "seconds": round(time.monotonic() - began, 3),
        }
    )


def test_event(message_id: str, subscription: SubscriptionName) -> bytes:
    """A CloudEvent that is on no log."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": message_id,
            "source": "/tenure/dispatch",
            "type": TEST_TYPE,
            "subject": f"dispatch/subscription/{subscription}",
            "time": write_instant(datetime.now(UTC)),
            "datacontenttype": "application/json",
            "data": {"subscription": subscription},
        }
    )


def after(cursor: str | None) -> tuple[Partition, int]:
    """The place after which a page begins. Raises Problem 400."""
    if not cursor:
        return START
    try:
        topic, number, offset = json.loads(read_cursor(cursor))
        return Partition(str(topic), int(number)), int(offset)
    except (ValueError, TypeError):
        raise Problem(400, "malformed-cursor", "a cursor is what the page before said in `next`") from None


def cursor_of(row: asyncpg.Record) -> str:
    return write_cursor(json.dumps([row["topic"], row["number"], row["log_offset"]]))


def dead_letter(row: asyncpg.Record) -> dict[str, object]:
    same = ("stream", "sequence", "topic", "attempts", "failing_since", "died_at", "failure", "redeliver")
    place = {"partition": row["number"], "offset": row["log_offset"]}
    return {"event": row["event_id"], "type": row["event_type"], **place, **{name: row[name] for name in same}}
