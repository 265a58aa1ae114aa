"""Where is a subscription, and how does a command change it exactly once?

Row, cursors, secret and the entry in `changes` are one transaction. A crash before its end leaves nothing; after it a
retry with the same Idempotency-Key finds the entry and is answered as before.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from tenure_eventlog import Partition
from tenure_eventlog.queries import queries

from tenure_dispatch.choice import Choice
from tenure_dispatch.cursors import Cursor, cursors_of
from tenure_dispatch.names import PrincipalId, Reader, SubscriptionName, webhook
from tenure_dispatch.subscription.decider import CreateSubscription, Subscription, SubscriptionCommand, decide
from tenure_dispatch.subscription.secrets import Sealer

SQL = queries("tenure_dispatch")
MOST_CHANGES = 200

Work = Callable[[asyncpg.Connection], Awaitable[None]]


class CommandReused(Exception):
    """The Idempotency-Key was sent before with another command."""


class RevisionMismatch(Exception):
    """If-Match names another revision than the one there is."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"the subscription is at revision {revision}")
        self.revision = revision


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A command with all that a store must know of its request."""

    command: SubscriptionCommand
    action: str
    command_id: UUID
    command_digest: str
    by: PrincipalId
    now: datetime
    reason: str | None = None
    if_match: int | None = None
    secret: str | None = None


class Changed(NamedTuple):
    """`subscription` None: it is deleted. `secret`: the one that this command made."""

    name: SubscriptionName
    revision: int
    changed: bool
    secret: str | None


class Standing(NamedTuple):
    """How deliveries to one subscription stand."""

    cursors: Mapping[Partition, Cursor]
    dead: int


@dataclass(frozen=True, slots=True)
class SubscriptionStore:
    pool: asyncpg.Pool
    sealer: Sealer

    async def execute(self, asked: Asked, also: Work | None = None) -> Changed:
        """Durable on return; `also` is done in the same transaction, and whoever delivers begins anew.

        Raises Rejected, CommandReused, RevisionMismatch, SealUnavailable.
        """
        name = asked.command.subscription
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL["lock_name"])
            await connection.execute(SQL["lock_lease"], webhook(name))
            if before := await connection.fetchrow(SQL["change"], asked.command_id):
                return await self._again(connection, asked, before)
            known = await self._known(connection, asked)
            changed = decide(known, await self._counted(connection, asked.command))
            if changed is None:
                return Changed(name, known.revision if known else 0, False, None)
            number = await self._write(connection, changed, asked)
            if also:
                await also(connection)
            await connection.execute(SQL["evict"], webhook(name))
            await connection.execute(SQL["keep_change"], *_entry(asked, changed.revision, number))
            return Changed(name, changed.revision, True, asked.secret)

    async def all(self) -> list[Subscription]:
        """By name."""
        return [subscription_of(row) for row in await self.pool.fetch(SQL["subscriptions"])]

    async def one(self, name: SubscriptionName) -> Subscription | None:
        row = await self.pool.fetchrow(SQL["one"], name)
        return row and subscription_of(row)

    async def secrets(self, known: Subscription, now: datetime) -> list[str]:
        """What signs now, the newest first. Raises SealUnavailable."""
        rows = await self.pool.fetch(SQL["secrets"], known.subscription)
        good = rows[: 2 if known.signs_until and known.signs_until > now else 1]
        return [self.sealer.open(known.subscription, row["master_key"], row["sealed"]) for row in good]

    async def changes(self, name: SubscriptionName) -> Sequence[asyncpg.Record]:
        """Newest first, `MOST_CHANGES` of them."""
        found: Sequence[asyncpg.Record] = await self.pool.fetch(SQL["changes"], name, MOST_CHANGES)
        return found

    async def standings(self, names: Sequence[SubscriptionName]) -> Mapping[SubscriptionName, Standing]:
        """Of these, by name."""
        rows = await self.pool.fetch(SQL["states"], [webhook(name) for name in names])
        dead = {row["subscription"]: row["dead"] for row in await self.pool.fetch(SQL["dead_counts"])}
        by_reader: dict[Reader, list[asyncpg.Record]] = {}
        for row in rows:
            by_reader.setdefault(row["reader"], []).append(row)
        return {name: Standing(cursors_of(by_reader.get(webhook(name), ())), dead.get(name, 0)) for name in names}

    async def _again(self, connection: asyncpg.Connection, asked: Asked, before: asyncpg.Record) -> Changed:
        if before["command_digest"] != asked.command_digest:
            raise CommandReused
        name, secret = asked.command.subscription, None
        for row in await connection.fetch(SQL["secrets"], name) if before["secret_number"] else ():
            if row["number"] == before["secret_number"]:
                secret = self.sealer.open(name, row["master_key"], row["sealed"])
        return Changed(name, before["revision"], True, secret)

    async def _known(self, connection: asyncpg.Connection, asked: Asked) -> Subscription | None:
        row = await connection.fetchrow(SQL["subscription"], asked.command.subscription)
        known = row and subscription_of(row)
        if asked.if_match is not None and known and asked.if_match != known.revision:
            raise RevisionMismatch(known.revision)
        return known

    async def _counted(self, connection: asyncpg.Connection, command: SubscriptionCommand) -> SubscriptionCommand:
        if isinstance(command, CreateSubscription):
            return replace(command, others=await connection.fetchval(SQL["count"]))
        return command

    async def _write(self, connection: asyncpg.Connection, changed: Subscription, asked: Asked) -> int | None:
        """The number of the secret that was made."""
        name = changed.subscription
        if changed.status == "deleted":
            for removal, of in (("remove", name), ("remove_cursors", webhook(name)), ("remove_lease", webhook(name))):
                await connection.execute(SQL[removal], of)
            return None
        await connection.execute(SQL["keep"], *_row(changed))
        if asked.secret is None:
            return None
        wrapped = self.sealer.seal(name, asked.secret)
        number: int = await connection.fetchval(SQL["add_secret"], name, wrapped.key, wrapped.sealed)
        await connection.execute(SQL["forget_secrets"], name)
        return number


def _row(s: Subscription) -> tuple[object, ...]:
    choice = (list(s.choice.types), list(s.choice.streams))
    when = (s.created_by, s.created_at, s.changed_at)
    return (s.subscription, s.url, *choice, s.status, s.reason, s.signs_until, s.revision, *when)


def _entry(asked: Asked, revision: int, secret_number: int | None) -> tuple[object, ...]:
    who = (asked.action, asked.by, asked.now, asked.reason)
    return (asked.command_id, asked.command_digest, asked.command.subscription, revision, *who, secret_number)


def subscription_of(row: asyncpg.Record) -> Subscription:
    return Subscription(
        subscription=row["subscription"],
        url=row["url"],
        choice=Choice(tuple(row["types"]), tuple(row["streams"])),
        status=row["status"],
        reason=row["reason"],
        signs_until=row["signs_until"],
        revision=row["revision"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )
