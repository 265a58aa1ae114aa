"""How does a model fold, with what only the log knows of its events?"""

from dataclasses import replace

from tenure_journal import Meta

from tenure_registry.model.ending_events import VersionRetired
from tenure_registry.model.events import AliasMoved, InboxCommandRefused, ModelCreated, ModelEvent
from tenure_registry.model.evolve import evolve
from tenure_registry.model.state import Model, put


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
    after = evolve(before, event)
    return kept_from_record(after, event, meta) if isinstance(event, VersionRetired) else after


def kept_from_record(model: Model, event: VersionRetired, meta: Meta) -> Model:
    """What is retired is kept from when the log took it, or said that it was: no claim of the past shortens that."""
    version = model.versions[event.model_version]
    ending = replace(version.ending, kept_from=max(event.retired_at, meta.recorded_at))
    return put(model, event.model_version, version._replace(ending=ending), model.sequence)
