"""How does a model fold, with what only the log knows of its events?"""

from tenure_journal import Meta

from tenure_registry.model.events import AliasMoved, InboxCommandRefused, ModelCreated, ModelEvent
from tenure_registry.model.evolve import evolve
from tenure_registry.model.state import Model


class NotThere(LookupError):
    """The event is about something that is not there: at a moment of the past, not there yet."""


def fold_model(before: Model, event: ModelEvent, meta: Meta) -> Model:
    """`evolve`, at the event's own place: a voided event is skipped, but its place in the chain stays taken.

    Raises LookupError where the event is about a model or a version that is not there; a refusal may be of one.
    """
    if before.created is None and not isinstance(event, ModelCreated | InboxCommandRefused):
        raise NotThere(meta.stream)
    if isinstance(event, AliasMoved) and event.model_version is not None and event.model_version not in before.versions:
        raise NotThere(event.model_version)
    if before.sequence != meta.sequence - 1:
        before = before._replace(sequence=meta.sequence - 1)
    return evolve(before, event)
