"""What does the registry need to know of the other services' streams?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from rpds import HashTrieMap
from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_journal import Kind, Meta, TopicFold

BINDING = "context/binding"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextBound:
    context: str
    revision: int


Bound: TypeAlias = "HashTrieMap[str, int]"


def fold_binding(bound: Bound, event: ContextBound, meta: Meta) -> Bound:
    """The revision of each context that a model is bound to now; `context/binding/<model>` is the stream."""
    return bound.insert(event.context, event.revision)


def context_fold() -> TopicFold:
    codec = EventCodec("context", ContextBound, foreign=True)
    return TopicFold(CONTEXT_EVENTS, "context", codec, (Kind(BINDING, HashTrieMap(), fold_binding),))
