"""How does a model fold, with what only the log knows of its events?"""

from tenure_journal import Meta

from tenure_registry.model.events import ModelEvent
from tenure_registry.model.evolve import evolve
from tenure_registry.model.state import Model


def fold_model(before: Model, event: ModelEvent, meta: Meta) -> Model:
    """`evolve`, at the event's own place: a voided event is skipped, but its place in the chain stays taken."""
    if before.sequence != meta.sequence - 1:
        before = before._replace(sequence=meta.sequence - 1)
    return evolve(before, event)
