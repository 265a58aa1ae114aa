"""Subscriptions: made, changed, shown."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Depends
from starlette.responses import Response
from tenure_decider import Rejected
from tenure_eventlog import Partition
from tenure_service import Mutation, Name, PageQuery, Problem, Read, Runtime, mutates, not_found, reads
from tenure_service.vector import partitions_of, vector_names

from tenure_dispatch.api.bodies import (
    ChangedBody,
    Changes,
    From,
    NewPause,
    NewReplay,
    NewSecret,
    NewSubscription,
    SubscriptionBody,
    SubscriptionPage,
)
from tenure_dispatch.api.told import told
from tenure_dispatch.choice import Choice
from tenure_dispatch.cursors import place
from tenure_dispatch.dispatcher import Dispatcher
from tenure_dispatch.names import PrincipalId, SubscriptionName, webhook
from tenure_dispatch.places import Start, positions_of
from tenure_dispatch.settings import DispatchSettings
from tenure_dispatch.subscription.decider import (
    CreateSubscription,
    DeleteSubscription,
    MoveSubscription,
    PauseSubscription,
    ResumeSubscription,
    RotateSecret,
    Subscription,
    SubscriptionCommand,
)
from tenure_dispatch.subscription.store import Asked, Changed, Standing, Work
from tenure_dispatch.webhooks.signature import new_secret
from tenure_dispatch.webhooks.targets import TargetRefused, Unresolved, addresses_of, target_of

router = APIRouter()
Keeper = Annotated[Mutation, Depends(mutates("operator", "engineer"))]
Reader = Annotated[Read, Depends(reads())]


@router.post("/subscriptions", status_code=201, response_model=ChangedBody)
async def create_subscription(body: NewSubscription, mutation: Keeper) -> Response:
    """The secret that deliveries are signed with is in the answer, and nowhere else."""
    dispatcher = mutation.runtime.part(Dispatcher)
    now, name = datetime.now(UTC), SubscriptionName(body.subscription)
    command = CreateSubscription(
        subscription=name,
        url=body.url,
        choice=Choice(body.types, body.streams),
        refused=await refusal(body.url, dispatcher.settings),
        others=0,
        principal=PrincipalId(mutation.principal.id),
        now=now,
    )
    changed = await execute(mutation, command, "create", start=body.start, secret=new_secret())
    return answer(mutation, changed, 201)


@router.post("/subscriptions/{subscription}/pause", response_model=ChangedBody)
async def pause_subscription(subscription: Name, body: NewPause, mutation: Keeper) -> Response:
    """Nothing is delivered until it is resumed; nothing is lost meanwhile."""
    command = PauseSubscription(subscription=SubscriptionName(subscription), reason=body.reason, now=datetime.now(UTC))
    return answer(mutation, await execute(mutation, command, "pause", reason=body.reason))


@router.post("/subscriptions/{subscription}/resume", response_model=ChangedBody)
async def resume_subscription(subscription: Name, mutation: Keeper) -> Response:
    """Goes on where it was."""
    command = ResumeSubscription(subscription=SubscriptionName(subscription), now=datetime.now(UTC))
    return answer(mutation, await execute(mutation, command, "resume"))


@router.post("/subscriptions/{subscription}/rotate", response_model=ChangedBody)
async def rotate_secret(subscription: Name, body: NewSecret, mutation: Keeper) -> Response:
    """A new secret, shown this once."""
    grace = timedelta(seconds=body.grace_seconds)
    command = RotateSecret(subscription=SubscriptionName(subscription), grace=grace, now=datetime.now(UTC))
    return answer(mutation, await execute(mutation, command, "rotate", secret=new_secret()))


@router.post("/subscriptions/{subscription}/replay", response_model=ChangedBody)
async def replay(subscription: Name, body: NewReplay, mutation: Keeper) -> Response:
    """Delivers again from there on, under the same ids; what failed there is tried anew."""
    command = MoveSubscription(subscription=SubscriptionName(subscription), now=datetime.now(UTC))
    return answer(mutation, await execute(mutation, command, "replay", start=body.start, reason=str(body.start)[:500]))


@router.delete("/subscriptions/{subscription}", response_model=ChangedBody)
async def delete_subscription(subscription: Name, mutation: Keeper) -> Response:
    """For ever, with its secrets and dead letters; what was done to it stays in its changes."""
    command = DeleteSubscription(subscription=SubscriptionName(subscription), now=datetime.now(UTC))
    return answer(mutation, await execute(mutation, command, "delete"))


@router.get("/subscriptions", response_model=SubscriptionPage)
async def list_subscriptions(read: Reader, page: Annotated[PageQuery, Depends()]) -> Response:
    """By name; never a secret."""
    dispatcher = read.runtime.part(Dispatcher)
    with told():
        known = await dispatcher.store.all()
        standings = await dispatcher.store.standings([one.subscription for one in known])
    show = partial(shown, dispatcher)
    return read.page(page, known, lambda one: one.subscription, lambda one: show(one, standings[one.subscription]))


@router.get("/subscriptions/{subscription}", response_model=SubscriptionBody)
async def show_subscription(subscription: Name, read: Reader) -> Response:
    """How it stands; the revision is its ETag."""
    dispatcher, name = read.runtime.part(Dispatcher), SubscriptionName(subscription)
    with told():
        known = await dispatcher.store.one(name)
        standings = await dispatcher.store.standings([name])
    if known is None:
        raise not_found(f"subscription {subscription}")
    response = read.answer(shown(dispatcher, known, standings[name]))
    response.headers["ETag"] = f'"{known.revision}"'  # never 304: how it stands moves without it
    return response


@router.get("/subscriptions/{subscription}/changes", response_model=Changes)
async def list_changes(subscription: Name, read: Reader) -> Response:
    """What was done to it and by whom, newest first; also after it was deleted."""
    with told():
        rows = await read.runtime.part(Dispatcher).store.changes(SubscriptionName(subscription))
    return read.answer({"items": [entry(row) for row in rows]})


async def execute(
    mutation: Mutation,
    command: SubscriptionCommand,
    action: str,
    *,
    start: From | None = None,
    reason: str | None = None,
    secret: str | None = None,
    also: Work | None = None,
) -> Changed:
    """Carries it out once, whatever comes again; a refusal is noted. Raises what becomes a problem."""
    dispatcher = mutation.runtime.part(Dispatcher)
    asked = Asked(
        command=command,
        action=action,
        command_id=mutation.command_id,
        command_digest=mutation.command_digest,
        by=PrincipalId(mutation.principal.id),
        now=command.now,
        reason=reason,
        if_match=mutation.if_match,
        secret=secret,
    )
    try:
        with told():
            work = also if start is None else await moved(mutation.runtime, command.subscription, start)
            changed = await dispatcher.store.execute(asked, work)
    except (Rejected, Problem) as refused:
        mutation.refused(refused)
        raise
    await dispatcher.deliveries.renew(webhook(command.subscription))
    return changed


async def moved(runtime: Runtime, subscription: SubscriptionName, start: From) -> Work:
    """Puts the subscription's cursors there. Raises Problem 422, PositionAhead."""
    positions = await positions_of(start_of(start), runtime.event_log, runtime.replica)

    async def work(connection: asyncpg.Connection) -> None:
        await place(connection, webhook(subscription), positions)

    return work


def start_of(start: From) -> Start:
    """Raises Problem 422."""
    if not isinstance(start, Mapping):
        return start
    try:
        offsets: dict[Partition, int] = partitions_of(start)
    except ValueError as wrong:
        raise Problem(422, "malformed-offsets", f"the offset vector {wrong}") from None
    if not offsets:
        raise Problem(422, "malformed-offsets", "the offset vector names no partition")
    return offsets


async def refusal(url: str, settings: DispatchSettings) -> str | None:
    """What is wrong with the address; a name that has no address now may have one later."""
    try:
        await addresses_of(target_of(url, settings), settings)
    except TargetRefused as why:
        return str(why)
    except Unresolved:
        return None
    return None


def answer(mutation: Mutation, changed: Changed, status: int = 200) -> Response:
    body = {"subscription": changed.name, "revision": changed.revision, "changed": changed.changed}
    response = mutation.answer({**body, "secret": changed.secret}, changed.revision)
    response.status_code = status
    return response


def shown(dispatcher: Dispatcher, known: Subscription, standing: Standing) -> dict[str, object]:
    """As the API shows it."""
    offsets = {at: cursor.next_offset for at, cursor in standing.cursors.items()}
    failing = [(at, cursor) for at, cursor in sorted(standing.cursors.items()) if cursor.failure]
    return {
        "subscription": known.subscription,
        "url": known.url,
        "types": known.choice.types,
        "streams": known.choice.streams,
        "status": known.status,
        "reason": known.reason,
        "trouble": dispatcher.deliveries.troubles.get(webhook(known.subscription)),
        "signs_until": known.signs_until,
        "revision": known.revision,
        "created_by": known.created_by,
        "created_at": known.created_at,
        "changed_at": known.changed_at,
        "behind_records": dispatcher.feed.behind(offsets),
        "dead_letters": standing.dead,
        "failing": [
            {
                "partition": f"{at.topic}/{at.number}",
                "offset": cursor.next_offset,
                "attempts": cursor.attempts,
                "since": cursor.failing_since,
                "again_at": cursor.not_before,
                "failure": cursor.failure,
            }
            for at, cursor in failing
        ],
        "offsets": vector_names(offsets),
    }


def entry(row: asyncpg.Record) -> dict[str, object]:
    return {name: row[name] for name in ("action", "revision", "changed_by", "changed_at", "reason")}
