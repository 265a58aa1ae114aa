"""How fresh must a model's contexts be, and are they?

- A binding names a published revision, and a limit above zero.
- A context is breached or restored only where it is bound, and only when that changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, assert_never

from rpds import HashTrieMap
from tenure_decider import Decider, Invalid, Rejected

from tenure_context_sync.events import BindingEvent, ContextBound, Sla, SlaBreached, SlaRestored
from tenure_context_sync.names import ContextName, ModelName, ModelVersion, PrincipalId, SourceName


@dataclass(frozen=True, kw_only=True, slots=True)
class BindContext:
    """`source` is None where the revision is not published; read from the context's stream before the decision."""

    model: ModelName
    model_version: ModelVersion
    context: ContextName
    revision: int
    source: SourceName | None
    sla: Sla
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class BreachSla:
    """The timer's observation; an age of None means that nothing ever came."""

    model: ModelName
    context: ContextName
    age_seconds: float | None
    limit_seconds: int
    newest_source_at: datetime | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RestoreSla:
    model: ModelName
    context: ContextName
    age_seconds: float
    limit_seconds: int
    newest_source_at: datetime
    now: datetime


BindingCommand = BindContext | BreachSla | RestoreSla


@dataclass(frozen=True, slots=True)
class Bound:
    """The newest binding of one context, and whether its SLA is breached."""

    model_version: ModelVersion
    revision: int
    source: SourceName
    sla: Sla
    breached: bool = False


Bindings: TypeAlias = "HashTrieMap[ContextName, Bound]"


@dataclass(eq=False)
class RevisionNotPublished(Invalid):
    """Revision {revision} of context {context} is not published."""

    context: ContextName
    revision: int


@dataclass(eq=False)
class LimitNotPositive(Invalid):
    """An SLA of {max_age_seconds} s can't be kept: the limit must be above zero."""

    max_age_seconds: int


@dataclass(eq=False)
class NotBound(Rejected):
    """{model} is not bound to {context}."""

    model: ModelName
    context: ContextName


def decide(bindings: Bindings, command: BindingCommand) -> BindingEvent | None:
    match command:
        case BindContext():
            return bind(bindings.get(command.context), command)
        case BreachSla():
            return breach(find(bindings, command), command)
        case RestoreSla():
            return restore(find(bindings, command), command)
        case _ as never:
            assert_never(never)


def evolve(bindings: Bindings, event: BindingEvent) -> Bindings:
    match event:
        case ContextBound():
            known = bindings.get(event.context)
            breached = known is not None and known.breached
            return bindings.insert(
                event.context, Bound(event.model_version, event.revision, event.source, event.sla, breached)
            )
        case SlaBreached():
            return bindings.insert(event.context, replace(bindings[event.context], breached=True))
        case SlaRestored():
            return bindings.insert(event.context, replace(bindings[event.context], breached=False))
        case _ as never:
            assert_never(never)


def bind(known: Bound | None, command: BindContext) -> ContextBound | None:
    if command.source is None:
        raise RevisionNotPublished(command.context, command.revision)
    if command.sla.max_age_seconds <= 0:
        raise LimitNotPositive(command.sla.max_age_seconds)
    wanted = Bound(command.model_version, command.revision, command.source, command.sla)
    if known and replace(known, breached=False) == wanted:
        return None
    return ContextBound(
        model=command.model,
        model_version=command.model_version,
        context=command.context,
        revision=command.revision,
        source=command.source,
        sla=command.sla,
        bound_by=command.principal,
        bound_at=command.now,
    )


def breach(bound: Bound, command: BreachSla) -> SlaBreached | None:
    if bound.breached:
        return None
    return SlaBreached(
        model=command.model,
        context=command.context,
        age_seconds=command.age_seconds,
        limit_seconds=command.limit_seconds,
        newest_source_at=command.newest_source_at,
        breached_at=command.now,
    )


def restore(bound: Bound, command: RestoreSla) -> SlaRestored | None:
    if not bound.breached:
        return None
    return SlaRestored(
        model=command.model,
        context=command.context,
        age_seconds=command.age_seconds,
        limit_seconds=command.limit_seconds,
        newest_source_at=command.newest_source_at,
        restored_at=command.now,
    )


def find(bindings: Bindings, command: BreachSla | RestoreSla) -> Bound:
    try:
        return bindings[command.context]
    except KeyError:
        raise NotBound(command.model, command.context) from None


binding_decider: Decider[Bindings, BindingCommand, BindingEvent] = Decider(HashTrieMap(), decide, evolve)
