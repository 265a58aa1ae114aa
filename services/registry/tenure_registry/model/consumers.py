"""Who uses a model, and whose word is a consumer's?

- Who declared a consumer speaks for it: changes what it is for, withdraws it, acknowledges an end.
- In their place an operator or an admin does, with a reason; for one that is only seen calling, nobody else.
- Notice of an end gets who is declared, and who is seen calling the version; each one acknowledges for itself.
"""

from __future__ import annotations

from tenure_registry.model.catalogue import demand_created
from tenure_registry.model.commands import (
    AcknowledgeRetirement,
    ConsumerCommand,
    DeclareConsumer,
    NotifyConsumer,
    WithdrawConsumer,
)
from tenure_registry.model.ending_events import (
    ConsumerDeclared,
    ConsumerNotified,
    ConsumerWithdrawn,
    RetirementAcknowledged,
)
from tenure_registry.model.find import find
from tenure_registry.model.limits import CONSUMERS, NOTICES, demand_room
from tenure_registry.model.rules import (
    ConsumerOfAnother,
    ConsumerUndeclared,
    ConsumerUnknown,
    NotDeprecated,
    ReasonRequired,
)
from tenure_registry.model.state import Consumer, Ending, Model, Version
from tenure_registry.names import ConsumerName

ConsumerEvent = ConsumerDeclared | ConsumerWithdrawn | ConsumerNotified | RetirementAcknowledged


def decide_consumer(model: Model, command: ConsumerCommand) -> ConsumerEvent | None:
    match command:
        case DeclareConsumer():
            return declare(model, command)
        case WithdrawConsumer():
            return withdraw(model, command)
        case NotifyConsumer():
            return notify(model, command)
        case AcknowledgeRetirement():
            return acknowledge(model, command)


def declare(model: Model, command: DeclareConsumer) -> ConsumerDeclared | None:
    demand_created(model)
    known = model.consumers.get(command.consumer)
    if known and known.said.purpose == command.purpose:
        return None
    if known and known.said.declared_by != command.principal:
        raise ConsumerOfAnother(command.consumer, known.said.declared_by)
    if known is None:
        demand_room(len(model.consumers), CONSUMERS, "consumers")
    return ConsumerDeclared(
        consumer=command.consumer,
        purpose=command.purpose,
        declared_by=command.principal,
        declared_at=command.now,
    )


def withdraw(model: Model, command: WithdrawConsumer) -> ConsumerWithdrawn:
    known = model.consumers.get(command.consumer)
    if known is None:
        raise ConsumerUnknown(command.consumer)
    demand_owner(known, command)
    return ConsumerWithdrawn(
        consumer=command.consumer,
        reason=command.reason,
        withdrawn_by=command.principal,
        withdrawn_at=command.now,
    )


def notify(model: Model, command: NotifyConsumer) -> ConsumerNotified | None:
    ending = find(model, command.model_version).ending
    if ending.sunset_at is None or command.consumer in ending.notified:
        return None
    demand_room(len(ending.notified), NOTICES, "notices of one end")
    return ConsumerNotified(
        model_version=command.model_version,
        consumer=command.consumer,
        sunset_at=ending.sunset_at,
        notified_at=command.now,
    )


def acknowledge(model: Model, command: AcknowledgeRetirement) -> RetirementAcknowledged | None:
    ending = find(model, command.model_version).ending
    if ending.sunset_at is None:
        raise NotDeprecated(command.model_version)
    demand_word_for(model, ending, command)
    if command.consumer in ending.acknowledged:
        return None
    return RetirementAcknowledged(
        model_version=command.model_version,
        consumer=command.consumer,
        sunset_at=ending.sunset_at,
        reason=command.reason,
        acknowledged_by=command.principal,
        acknowledged_at=command.now,
    )


def demand_word_for(model: Model, ending: Ending, command: AcknowledgeRetirement) -> None:
    known = model.consumers.get(command.consumer)
    if known:
        return demand_owner(known, command)
    if command.consumer not in ending.notified:
        raise ConsumerUnknown(command.consumer)
    if not command.may_stand_in:
        raise ConsumerUndeclared(command.consumer)
    if not command.reason.strip():
        raise ReasonRequired()


def demand_owner(known: Consumer, command: WithdrawConsumer | AcknowledgeRetirement) -> None:
    if command.principal == known.said.declared_by:
        return
    if not command.may_stand_in:
        raise ConsumerOfAnother(command.consumer, known.said.declared_by)
    if not command.reason.strip():
        raise ReasonRequired()


def silent_consumers(model: Model, version: Version) -> tuple[ConsumerName, ...]:
    """Declared ones, and those that had notice and were never declared: they were seen calling."""
    asked = {*model.consumers, *(name for name in version.ending.notified if name not in model.former_consumers)}
    return tuple(sorted(name for name in asked if name not in version.ending.acknowledged))
