"""May a subscription be changed so?

- A subscription has a name of its own, an address that may be reached, and types that there are.
- It is paused and resumed any number of times; one whose receiver said that it is gone can be resumed too.
- Besides the newest secret at most one older one signs.

Dispatch writes no events: what is decided here is a row, and an entry in the table of changes beside it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from tenure_decider import Decider

from tenure_dispatch.choice import Choice, unknown_types
from tenure_dispatch.names import PrincipalId, SubscriptionName
from tenure_dispatch.subscription.rules import (
    AddressRefused,
    SecretInGrace,
    SubscriptionExists,
    SubscriptionUnknown,
    TooManySubscriptions,
    TypeUnknown,
)

MOST_SUBSCRIPTIONS = 200
Status = Literal["active", "paused", "gone", "deleted"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """`reason`: why it is not active. `signs_until`: the end of the grace in which the secret before also signs."""

    subscription: SubscriptionName
    url: str
    choice: Choice
    status: Status
    reason: str | None
    signs_until: datetime | None
    revision: int
    created_by: PrincipalId
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateSubscription:
    """`refused`: what is wrong with the address, as far as that can be told now. `others`: how many there are."""

    subscription: SubscriptionName
    url: str
    choice: Choice
    refused: str | None
    others: int
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PauseSubscription:
    """`gone`: the receiver said that it wants nothing any more."""

    subscription: SubscriptionName
    reason: str
    gone: bool = False
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ResumeSubscription:
    subscription: SubscriptionName
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RotateSecret:
    subscription: SubscriptionName
    grace: timedelta
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveSubscription:
    """Delivers from another place on, or again what was given up."""

    subscription: SubscriptionName
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteSubscription:
    subscription: SubscriptionName
    now: datetime


OnExisting = PauseSubscription | ResumeSubscription | RotateSecret | MoveSubscription | DeleteSubscription
SubscriptionCommand = CreateSubscription | OnExisting


def decide(known: Subscription | None, command: SubscriptionCommand) -> Subscription | None:
    """The subscription as it is from then on; None where nothing changes."""
    if isinstance(command, CreateSubscription):
        return created(known, command)
    if known is None:
        raise SubscriptionUnknown(command.subscription)
    changed = on_existing(known, command)
    return changed and replace(changed, revision=known.revision + 1, changed_at=command.now)


def created(known: Subscription | None, command: CreateSubscription) -> Subscription:
    if known:
        raise SubscriptionExists(command.subscription)
    if command.refused:
        raise AddressRefused(command.url, command.refused)
    if unknown := unknown_types(command.choice.types):
        raise TypeUnknown(unknown)
    if command.others >= MOST_SUBSCRIPTIONS:
        raise TooManySubscriptions(MOST_SUBSCRIPTIONS)
    return Subscription(
        subscription=command.subscription,
        url=command.url,
        choice=command.choice,
        status="active",
        reason=None,
        signs_until=None,
        revision=1,
        created_by=command.principal,
        created_at=command.now,
        changed_at=command.now,
    )


def on_existing(known: Subscription, command: OnExisting) -> Subscription | None:
    match command:
        case PauseSubscription():
            status: Status = "gone" if command.gone else "paused"
            return replace(known, status=status, reason=command.reason) if known.status == "active" else None
        case ResumeSubscription():
            return replace(known, status="active", reason=None) if known.status != "active" else None
        case RotateSecret():
            if command.grace and known.signs_until and known.signs_until > command.now:
                raise SecretInGrace(command.subscription)
            return replace(known, signs_until=command.now + command.grace if command.grace else None)
        case MoveSubscription():
            return known
        case DeleteSubscription():
            return replace(known, status="deleted", reason=None)
        case _:
            assert_never(command)


def evolve(known: Subscription | None, changed: Subscription) -> Subscription | None:
    return None if changed.status == "deleted" else changed


subscription_decider: Decider[Subscription | None, SubscriptionCommand, Subscription] = Decider(None, decide, evolve)
