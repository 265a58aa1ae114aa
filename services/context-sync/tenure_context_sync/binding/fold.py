"""How do bindings fold, with what only the log knows of their events?"""

from dataclasses import replace

from tenure_journal import Meta

from tenure_context_sync.binding.state import Bindings, evolve
from tenure_context_sync.events import BindingEvent, ContextBound
from tenure_context_sync.origin import Origin


def fold_bindings(before: Bindings, event: BindingEvent, meta: Meta) -> Bindings:
    """`evolve`, then which event bound it."""
    bindings = evolve(before, event)
    if not isinstance(event, ContextBound):
        return bindings
    place = event.model_version, event.context
    return bindings.insert(
        place, replace(bindings[place], origin=Origin(meta.event_id, meta.correlation_id, meta.hops))
    )
