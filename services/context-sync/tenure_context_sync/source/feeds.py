"""Which topic tells what of which source, and how are its records read?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from tenure_eventlog import Record
from tenure_journal import Replica

from tenure_context_sync.change.change import Change, Unreadable
from tenure_context_sync.change.debezium import read_envelope
from tenure_context_sync.change.framed import read_schema
from tenure_context_sync.change.layout import layout_of
from tenure_context_sync.change.read import read_change
from tenure_context_sync.source.state import Role, Source, uses_of

KIND = "context/source"


class Feed(NamedTuple):
    """A topic's reader, which raises Unreadable; of a topic that several sources share, `source` is one of them."""

    source: str
    role: Role
    read: Callable[[Record], Change | None]


def envelopes(source: str) -> Feed:
    """A topic of Debezium's rows as they come, of a source that need not be registered."""
    return Feed(source, "rows", lambda record: read_envelope(record.key, record.value))


class Feeds:
    """The feeds of all registered sources, worked out anew only when one of these has changed."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._sources: list[Source] = []
        self._feeds: Mapping[str, Feed] = {}

    def __call__(self) -> Mapping[str, Feed]:
        """By topic; of two sources that were registered at once for one topic, the first by name has it."""
        sources = sources_in(self._replica)
        if len(sources) != len(self._sources) or any(a is not b for a, b in zip(sources, self._sources, strict=True)):
            self._sources, self._feeds = sources, feeds_of(sources)
        return self._feeds


def sources_in(replica: Replica) -> list[Source]:
    """All that are registered, by name."""
    streams = replica.streams(KIND)
    return [stream.state for _, stream in sorted(streams.items()) if stream.state and not stream.parked]


def feeds_of(sources: Iterable[Source]) -> Mapping[str, Feed]:
    feeds: dict[str, Feed] = {}
    for source in sources:
        schemas = {number: read_schema(text) for number, text in source.schemas.items()}
        layout = layout_of(source.registered, schemas)
        for use in uses_of(source.registered):
            read = partial(read_change, layout)
            only = read if use.role != "transactions" else partial(_read_transaction, read)
            feeds.setdefault(use.topic, Feed(source.source, use.role, only))
    return feeds


def _read_transaction(read: Callable[[Record], Change | None], record: Record) -> Change | None:
    """A row that strays here is nobody's."""
    change = read(record)
    if change is not None and change.kind not in ("begin", "end"):
        raise Unreadable("not-a-transaction")
    return change
