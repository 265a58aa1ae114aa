"""How fresh must a model's contexts be, and are they?

- A binding names a published revision, and limits above zero that its sources' heartbeats can show to be kept.
- Classes of entities are told apart by a field that the revision answers, each by one limit.
- An objective is a share between 0 and 1 of a window of whole minutes.
- A version reads one revision of a context; another version may read another.
- A context is breached or restored, its budget exhausted or recovered, only where it is bound and only when that
  changes.
"""

from __future__ import annotations

from typing import assert_never

from rpds import HashTrieMap
from tenure_decider import Decider

from tenure_context_sync.binding.budget import MOST_WINDOW_SECONDS, allowed_minutes
from tenure_context_sync.binding.commands import (
    BindContext,
    BindingCommand,
    BreachSla,
    CountBudget,
    RestoreSla,
    UnbindContext,
)
from tenure_context_sync.binding.rules import (
    ClassFieldUnknown,
    ClassNamedTwice,
    LimitNotPositive,
    NotBound,
    RevisionNotPublished,
    ShareOutside,
    SlaTighterThanHeartbeat,
    WindowOutside,
)
from tenure_context_sync.binding.state import Bindings, Bound, evolve, limits_of
from tenure_context_sync.events import (
    BindingEvent,
    BudgetExhausted,
    BudgetRecovered,
    ContextBound,
    ContextUnbound,
    Objective,
    SlaBreached,
    SlaRestored,
)
from tenure_context_sync.patience import patience_seconds


def decide(bindings: Bindings, command: BindingCommand) -> BindingEvent | None:
    match command:
        case BindContext():
            return bind(bindings.get((command.model_version, command.context)), command)
        case UnbindContext():
            return unbind(find(bindings, command), command)
        case BreachSla():
            return breach(find(bindings, command), command)
        case RestoreSla():
            return restore(find(bindings, command), command)
        case CountBudget():
            return count_budget(find(bindings, command), command)
        case _ as never:
            assert_never(never)


def bind(known: Bound | None, command: BindContext) -> ContextBound | None:
    if command.source is None:
        raise RevisionNotPublished(command.context, command.revision)
    demand_limits(command)
    demand_classes(command)
    if command.sla.objective:
        demand_objective(command.sla.objective)
    wanted = (command.revision, command.source, command.sla)
    if known and (known.revision, known.source, known.sla) == wanted:
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


def demand_limits(command: BindContext) -> None:
    """No source can be known to be younger than its heartbeats show, and one of them may be late."""
    tightest = min(limits_of(command.sla).values())
    if tightest <= 0:
        raise LimitNotPositive(tightest)
    for source, every in command.reads:
        if every is not None and tightest < patience_seconds(every):
            raise SlaTighterThanHeartbeat(source, every, tightest, patience_seconds(every))


def demand_classes(command: BindContext) -> None:
    seen = set[tuple[str, str]]()
    for one in command.sla.classes:
        if one.field not in command.fields:
            raise ClassFieldUnknown(command.context, command.revision, one.field)
        if (one.field, one.value) in seen:
            raise ClassNamedTwice(one.field, one.value)
        seen.add((one.field, one.value))


def demand_objective(objective: Objective) -> None:
    if not 0 < objective.share < 1:
        raise ShareOutside(objective.share)
    if objective.window_seconds % 60 or not 60 <= objective.window_seconds <= MOST_WINDOW_SECONDS:
        raise WindowOutside(objective.window_seconds, MOST_WINDOW_SECONDS)


def unbind(bound: Bound, command: UnbindContext) -> ContextUnbound:
    return ContextUnbound(
        model=command.model,
        model_version=bound.model_version,
        context=bound.context,
        reason=command.reason,
        unbound_by=command.principal,
        unbound_at=command.now,
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


def count_budget(bound: Bound, command: CountBudget) -> BudgetExhausted | BudgetRecovered | None:
    objective = bound.sla.objective
    if objective is None or not bound.budget_moves(command.now):
        return None
    bad, allowed = bound.bad_count(command.now), allowed_minutes(objective)
    if bound.exhausted:
        return BudgetRecovered(
            model=command.model,
            model_version=bound.model_version,
            context=bound.context,
            objective=objective,
            bad_minutes=bad,
            allowed_minutes=allowed,
            recovered_at=command.now,
        )
    return BudgetExhausted(
        model=command.model,
        model_version=bound.model_version,
        context=bound.context,
        objective=objective,
        bad_minutes=bad,
        allowed_minutes=allowed,
        exhausted_at=command.now,
    )


def find(bindings: Bindings, command: UnbindContext | BreachSla | RestoreSla | CountBudget) -> Bound:
    try:
        return bindings[command.model_version, command.context]
    except KeyError:
        raise NotBound(command.model, command.model_version, command.context) from None


binding_decider: Decider[Bindings, BindingCommand, BindingEvent] = Decider(HashTrieMap(), decide, evolve)
