"""What is known of a model's bindings while deciding."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never

from rpds import HashTrieMap

from tenure_context_sync.events import (
    BindingEvent,
    BudgetExhausted,
    BudgetRecovered,
    ContextBound,
    ContextUnbound,
    Sla,
    SlaBreached,
    SlaRestored,
)
from tenure_context_sync.names import ContextName, ModelVersion, SourceName


@dataclass(frozen=True, slots=True)
class Bound:
    """A context of one version; `breached` are the entity classes that are, None for all entities."""

    model_version: ModelVersion
    context: ContextName
    revision: int
    source: SourceName
    sla: Sla
    breached: frozenset[str | None] = field(default_factory=frozenset)


Bindings: TypeAlias = "HashTrieMap[tuple[ModelVersion, ContextName], Bound]"


def evolve(bindings: Bindings, event: BindingEvent) -> Bindings:
    match event:
        case ContextBound():
            known = bindings.get((event.model_version, event.context))
            kept = known.breached if known else frozenset()
            bound = Bound(event.model_version, event.context, event.revision, event.source, event.sla, kept)
            return bindings.insert((event.model_version, event.context), bound)
        case ContextUnbound():
            return bindings.discard((event.model_version, event.context))
        case SlaBreached() | SlaRestored():
            for place in places(bindings, event):
                bindings = bindings.insert(place, after(bindings[place], event))
            return bindings
        case BudgetExhausted() | BudgetRecovered():
            return bindings
        case _ as never:
            assert_never(never)


def places(bindings: Bindings, event: SlaBreached | SlaRestored) -> list[tuple[ModelVersion, ContextName]]:
    """The binding that is meant; of an older event that names no version, all of the context's."""
    wanted = event.model_version
    return [place for place in bindings if place[1] == event.context and wanted in ("", place[0])]


def after(bound: Bound, event: SlaBreached | SlaRestored) -> Bound:
    one = frozenset((event.entity_class,))
    return replace(bound, breached=bound.breached | one if isinstance(event, SlaBreached) else bound.breached - one)
