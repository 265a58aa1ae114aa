"""How fresh must a model's contexts be, and are they?

- A binding names a published revision, and a limit above zero.
- A version reads one revision of a context; another version may read another.
- A context is breached or restored only where it is bound, and only when that changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from rpds import HashTrieMap
from tenure_decider import Decider, Invalid, Rejected

from tenure_context_sync.binding.state import Bindings, Bound, evolve
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
    model_version: ModelVersion
    context: ContextName
    entity_class: str | None
    age_seconds: float | None
    limit_seconds: int
    newest_source_at: datetime | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RestoreSla:
    model: ModelName
    model_version: ModelVersion
    context: ContextName
    entity_class: str | None
    age_seconds: float
    limit_seconds: int
    newest_source_at: datetime
    now: datetime


BindingCommand = BindContext | BreachSla | RestoreSla


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
    """Version {model_version} of {model} is not bound to {context}."""

    model: ModelName
    model_version: ModelVersion
    context: ContextName


def decide(bindings: Bindings, command: BindingCommand) -> BindingEvent | None:
    match command:
        case BindContext():
            return bind(bindings.get((command.model_version, command.context)), command)
        case BreachSla():
            return breach(find(bindings, command), command)
        case RestoreSla():
            return restore(find(bindings, command), command)
        case _ as never:
            assert_never(never)


def bind(known: Bound | None, command: BindContext) -> ContextBound | None:
    if command.source is None:
        raise RevisionNotPublished(command.context, command.revision)
    if command.sla.max_age_seconds <= 0:
        raise LimitNotPositive(command.sla.max_age_seconds)
    wanted = Bound(command.model_version, command.context, command.revision, command.source, command.sla)
    if known and replace(known, breached=frozenset()) == wanted:
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
    if command.entity_class in bound.breached:
        return None
    return SlaBreached(
        model=command.model,
        model_version=bound.model_version,
        context=bound.context,
        revision=bound.revision,
        source=bound.source,
        entity_class=command.entity_class,
        age_seconds=command.age_seconds,
        limit_seconds=command.limit_seconds,
        newest_source_at=command.newest_source_at,
        breached_at=command.now,
    )


def restore(bound: Bound, command: RestoreSla) -> SlaRestored | None:
    if command.entity_class not in bound.breached:
        return None
    return SlaRestored(
        model=command.model,
        model_version=bound.model_version,
        context=bound.context,
        revision=bound.revision,
        source=bound.source,
        entity_class=command.entity_class,
        age_seconds=command.age_seconds,
        limit_seconds=command.limit_seconds,
        newest_source_at=command.newest_source_at,
        restored_at=command.now,
    )


def find(bindings: Bindings, command: BreachSla | RestoreSla) -> Bound:
    try:
        return bindings[command.model_version, command.context]
    except KeyError:
        raise NotBound(command.model, command.model_version, command.context) from None


binding_decider: Decider[Bindings, BindingCommand, BindingEvent] = Decider(HashTrieMap(), decide, evolve)
