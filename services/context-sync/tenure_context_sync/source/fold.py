"""How does a source fold, with what only the log knows of its events?"""

from dataclasses import replace

from tenure_journal import Meta

from tenure_context_sync.events import SourceEvent, SourceRegistered
from tenure_context_sync.origin import Origin
from tenure_context_sync.source.state import Source, evolve


def fold_source(before: Source | None, event: SourceEvent, meta: Meta) -> Source:
    """`evolve`, then which event registered it."""
    source = evolve(before, event)
    if not isinstance(event, SourceRegistered):
        return source
    return replace(source, origin=Origin(meta.event_id, meta.correlation_id, meta.hops))
