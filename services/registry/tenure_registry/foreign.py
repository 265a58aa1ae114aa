"""What does the registry need to know of context-sync's streams?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from rpds import HashTrieMap
from tenure_codec.binding import EventCodec
from tenure_eventlog.topics import CONTEXT_EVENTS
from tenure_journal import Kind, Meta, TopicFold

SOURCE, CONTEXT = "context/source", "context/context"
SNAPSHOT, BINDING = "context/snapshot", "context/binding"
SUBJECT = "context/subject"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRegistered:
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextPublished:
    revision: int
    source: str
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotPinned:
    context: str
    revision: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextBound:
    model_version: str
    context: str
    revision: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextUnbound:
    model_version: str
    context: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectErased:
    subject: str
    snapshots: tuple[str, ...]
    erased_at: datetime


ContextEvent = SourceRegistered | ContextPublished | SnapshotPinned | ContextBound | ContextUnbound | SubjectErased


@dataclass(frozen=True, slots=True)
class Erased:
    """A subject whose data is gone, the snapshots that held it, and the event that says so."""

    subject: str
    snapshots: tuple[str, ...]
    erased_at: datetime
    cause: Meta


@dataclass(frozen=True, slots=True)
class Published:
    """One revision of a context, and its place in the context's stream."""

    said: ContextPublished
    sequence: int


@dataclass(frozen=True, slots=True)
class Pinned:
    said: SnapshotPinned
    sequence: int


@dataclass(frozen=True, slots=True)
class Bindings:
    """A model's: the newest bound revision of each context; the same for each version, with its place."""

    newest: HashTrieMap[str, int] = field(default_factory=HashTrieMap)
    places: HashTrieMap[tuple[str, str], tuple[int, int]] = field(default_factory=HashTrieMap)


Revisions: TypeAlias = "HashTrieMap[int, Published]"


def fold_source(known: SourceRegistered | None, event: ContextEvent, meta: Meta) -> SourceRegistered | None:
    return event if isinstance(event, SourceRegistered) else known


def fold_context(revisions: Revisions, event: ContextEvent, meta: Meta) -> Revisions:
    if not isinstance(event, ContextPublished):
        return revisions
    return revisions.insert(event.revision, Published(event, meta.sequence))


def fold_snapshot(pinned: Pinned | None, event: ContextEvent, meta: Meta) -> Pinned | None:
    return Pinned(event, meta.sequence) if isinstance(event, SnapshotPinned) else pinned


def fold_binding(bound: Bindings, event: ContextEvent, meta: Meta) -> Bindings:
    if isinstance(event, ContextUnbound):
        return unbound(bound, event)
    if not isinstance(event, ContextBound):
        return bound
    return Bindings(
        newest=bound.newest.insert(event.context, event.revision),
        places=bound.places.insert((event.model_version, event.context), (event.revision, meta.sequence)),
    )


def unbound(bound: Bindings, event: ContextUnbound) -> Bindings:
    """What another version still reads stays the model's."""
    places = bound.places.discard((event.model_version, event.context))
    still = any(context == event.context for _, context in places)
    return Bindings(bound.newest if still else bound.newest.discard(event.context), places)


def fold_subject(known: Erased | None, event: ContextEvent, meta: Meta) -> Erased | None:
    return Erased(event.subject, event.snapshots, event.erased_at, meta) if isinstance(event, SubjectErased) else known


def context_fold() -> TopicFold:
    codec = EventCodec("context", ContextEvent, foreign=True)
    kinds = (
        Kind(SOURCE, None, fold_source),
        Kind(CONTEXT, HashTrieMap(), fold_context),
        Kind(SNAPSHOT, None, fold_snapshot),
        Kind(BINDING, Bindings(), fold_binding),
        Kind(SUBJECT, None, fold_subject),
    )
    return TopicFold(CONTEXT_EVENTS, "context", codec, kinds)
