"""How do the sources' change topics get into the context store?"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import asyncpg
from tenure_eventlog import Record
from tenure_ingest import Quarantined, quarantine

from tenure_context_sync.change.change import Unreadable
from tenure_context_sync.change.layout import Layout
from tenure_context_sync.change.read import read_change
from tenure_context_sync.store.parts import Part, Seen
from tenure_context_sync.store.rows import Rows
from tenure_context_sync.store.watermarks import Watermarks


class Feed(NamedTuple):
    """Whose changes a topic has, and what must be known to read them."""

    source: str
    layout: Layout


@dataclass(slots=True)
class Effects:
    """What a batch comes to, part by part, and what could not be read."""

    parts: Sequence[Part]
    unreadable: list[Quarantined] = field(default_factory=list)


class ChangeProcessor:
    """Folds the sources' change topics into the context store; `feeds` says which topic is whose and how it is read."""

    name = "context-sync.changes"
    migrations: str | None = "tenure_context_sync"

    def __init__(self, feeds: Callable[[], Mapping[str, Feed]]) -> None:
        self._feeds = feeds

    def topics(self) -> Collection[str]:
        return self._feeds().keys()

    def process(self, records: Sequence[Record]) -> Effects:
        effects, feeds = Effects(parts=(Rows(), Watermarks())), self._feeds()
        takers = [part.take for part in effects.parts]
        for record in records:
            try:
                change = read_change(feeds[record.topic].layout, record)
            except Unreadable as reason:
                effects.unreadable.append(Quarantined(str(reason), record))
                continue
            if change is not None:
                seen = Seen(feeds[record.topic].source, change, record)
                for take in takers:
                    take(seen)
        return effects

    async def apply(self, connection: asyncpg.Connection, effects: Effects) -> None:
        for part in effects.parts:
            await part.write(connection)
        await quarantine(connection, self.name, effects.unreadable)
