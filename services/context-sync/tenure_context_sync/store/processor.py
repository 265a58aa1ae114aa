"""How do the sources' change topics get into the context store?"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
from tenure_eventlog import Record
from tenure_ingest import Quarantined, quarantine

from tenure_context_sync.change.change import Change, Unreadable
from tenure_context_sync.erasure.door import Door
from tenure_context_sync.freshness.progress import Progress
from tenure_context_sync.shape.watch import Looks
from tenure_context_sync.source.feeds import Feed
from tenure_context_sync.store.parts import Part, Seen
from tenure_context_sync.store.rows import Rows
from tenure_context_sync.store.settled import NO_RECORD
from tenure_context_sync.view.compiled import CompiledView

SEALS_NOTHING = Door(None, {})
ViewsBySource = Mapping[str, Sequence[CompiledView]]


@dataclass(slots=True)
class Effects:
    """What a batch comes to, part by part, and what could not be read."""

    parts: Sequence[Part]
    unreadable: list[Quarantined] = field(default_factory=list)


class ChangeProcessor:
    """Folds the sources' change topics into the context store.

    `feeds` says which topic is whose, what it tells and how it is read, `views` which live revisions read each source,
    `door` what of their rows is sealed.
    """

    name = "context-sync.changes"
    migrations: str | None = "tenure_context_sync"

    def __init__(
        self,
        feeds: Callable[[], Mapping[str, Feed]],
        views: Callable[[], ViewsBySource] = dict,
        door: Door = SEALS_NOTHING,
    ) -> None:
        self._feeds, self._views, self._door = feeds, views, door

    def topics(self) -> Collection[str]:
        return self._feeds().keys()

    def process(self, records: Sequence[Record]) -> Effects:
        return self._process(records, lambda one: True)

    def process_for(self, scope: str, records: Sequence[Record]) -> Effects:
        """The rows have taken them already; what another revision can't read of them is held for it as it is."""
        return self._process(records, lambda one: one.scope == scope)

    def _process(self, records: Sequence[Record], parks: Callable[[Quarantined], bool]) -> Effects:
        feeds, views, unreadable = self._feeds(), self._views(), list[Quarantined]()

        def park(one: Quarantined) -> None:
            if parks(one):
                unreadable.append(one)

        rows = Rows(self._door, lambda source: views.get(source, ()), park)
        effects = Effects(parts=(rows, Progress(), Looks()), unreadable=unreadable)
        takers = [part.take for part in effects.parts]
        for record in records:
            feed = feeds[record.topic]
            try:
                change = feed.read(record)
            except Unreadable as reason:
                effects.unreadable.append(Quarantined(str(reason), record))
                continue
            if change is None:
                continue
            if nobodys := self._door.refuses(feed.source, change):
                effects.unreadable.append(Quarantined(nobodys, record))
                continue
            seen = Seen(feed.source, change, record)
            for take in takers:
                take(seen)
        return effects

    def rows_of(self, source: str, changes: Sequence[Change]) -> Rows:
        """Changes of a source that were kept elsewhere, as rows to write."""
        views = self._views()
        rows = Rows(self._door, lambda name: views.get(name, ()), lambda one: None)
        for change in changes:
            rows.take(Seen(source, change, NO_RECORD))
        return rows

    async def reopened(self, records: Sequence[Record]) -> Sequence[Record | None]:
        return await self._door.reopened(records)

    async def apply(self, connection: asyncpg.Connection, effects: Effects) -> None:
        for part in effects.parts:
            await part.write(connection)
        await quarantine(connection, self.name, await self._door.parked(effects.unreadable))
