"""Who sees to it that a revision can be read, and that nothing is kept for one that nobody reads any more?

Level-triggered, by any number of replicas at once: each looks at what should be there and what is, and does what is
missing in small transactions. A crash leaves a part undone, which the next look finds.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import asyncpg
import structlog
from tenure_eventlog import Partition
from tenure_eventlog.beside import beside
from tenure_journal import Needed, Replica, Stream

from tenure_context_sync.context.catalogue import CONTEXT, SOURCE, Catalogue, named
from tenure_context_sync.context.commands import DropContext, RecordBackfill
from tenure_context_sync.context.references import referred_to
from tenure_context_sync.context.state import Revision
from tenure_context_sync.events import PartitionRange
from tenure_context_sync.names import ContextName
from tenure_context_sync.store.filling import begin, drop, fill, last_references, note_references, release
from tenure_context_sync.store.index import Index, Wanted, indexes
from tenure_context_sync.store.processor import ChangeProcessor
from tenure_context_sync.store.settled import Reader
from tenure_context_sync.view.compiled import CompiledView

HOLD = timedelta(hours=24)
NOTE_EVERY = timedelta(minutes=1)
LOOK_SECONDS = 1.0
TROUBLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
Positions = Callable[[], Mapping[Partition, int]]

log = structlog.get_logger()


class Keeper:
    """Makes indexes, notes references, clears up; and knows which commands are due because of that."""

    def __init__(self, pool: asyncpg.Pool, replica: Replica, catalogue: Catalogue, positions: Positions) -> None:
        self._pool, self._replica, self._catalogue, self._positions = pool, replica, catalogue, positions
        self._indexes: Mapping[Wanted, Index] = {}
        self._last: Mapping[Reader, datetime] = {}
        self._released: set[Reader] = set()
        self._noted: tuple[frozenset[Reader], datetime] | None = None
        self._looking = asyncio.Lock()
        self.trouble: str | None = None

    def keeping(self, now: Callable[[], datetime]) -> AbstractAsyncContextManager[None]:
        """Looks each second, for as long as this lasts."""
        return beside(self._keep_on(now), "contexts")

    async def _keep_on(self, now: Callable[[], datetime]) -> None:
        while True:
            try:
                await self.settle(now())
                self.trouble = None
            except TROUBLE as trouble:
                self.trouble = f"contexts are not kept: {trouble}"
                log.warning("contexts_not_kept", reason=str(trouble))
            await asyncio.sleep(LOOK_SECONDS)

    async def settle(self, now: datetime) -> bool:
        """Does what is to be done now; True where nothing was."""
        async with self._looking, self._pool.acquire() as connection:
            quiet = await self._keep_indexes(connection)
            quiet = await self._release(connection) and quiet
            return await self._note(connection, now) and quiet

    async def _keep_indexes(self, connection: asyncpg.Connection) -> bool:
        wanted = {one for view in self._catalogue.live() for one in wanted_by(view)}
        kept = {index.wanted: index for index in await indexes(connection)}
        missing, unfilled = wanted - kept.keys(), [index for index in kept.values() if not index.complete]
        unused = [kept[one] for one in kept.keys() - wanted if one in self._given_up()]
        for one in sorted(missing):
            await begin(connection, one)
        for index in unfilled:
            await fill(connection, index)
        for index in unused:
            await drop(connection, index)
        self._indexes = kept
        return not (missing or unfilled or unused)

    def _given_up(self) -> set[Wanted]:
        """Of revisions that are known to be over: of an index of which nothing is known, another replica may know."""
        over = [one for _, one in self._revisions() if one.refused or one.dropped]
        return {wanted for one in over for wanted in wanted_by(self._catalogue.view(one.published))}

    async def _release(self, connection: asyncpg.Connection) -> bool:
        over = {place_of(one) for _, one in self._revisions() if one.refused or one.dropped} - self._released
        for place in sorted(over):
            await release(connection, ChangeProcessor.name, place)
        self._released |= over
        return not over

    async def _note(self, connection: asyncpg.Connection, now: datetime) -> bool:
        """A revision counts as referred to when it is first seen: somebody has to have the time to bind it."""
        live = referred_to(self._replica)
        if self._noted and self._noted[0] == live and timedelta(0) <= now - self._noted[1] < NOTE_EVERY:
            return True
        known = await last_references(connection)
        unseen = {place_of(one) for _, one in self._revisions()} - known.keys()
        await note_references(connection, live | unseen, now)
        self._last = await last_references(connection)
        self._noted = live, now
        return False

    def due(self, view: Replica, now: datetime) -> Iterable[Needed]:
        """What is to be recorded because of what was done, and of whom nobody refers to any more."""
        live = referred_to(view)
        for stream, revision in self._revisions():
            if not revision.dropped:
                yield from self._due(stream, revision, place_of(revision) in live, now)

    def _due(self, stream: Stream, revision: Revision, referred: bool, now: datetime) -> Iterable[Needed]:
        newest = revision.published.revision == len(stream.state)
        since = self._last.get(place_of(revision))
        if revision.refused:
            yield _needed(stream, revision, _dropped(revision, None, now))
        elif not referred and not newest and since and now - since >= HOLD:
            yield _needed(stream, revision, _dropped(revision, since, now))
        elif not revision.backfilled and revision.published.view.aggregates:
            found = [self._indexes.get(one) for one in wanted_by(self._catalogue.view(revision.published))]
            if all(index and index.complete for index in found):
                rows = sum(index.rows for index in found if index)
                yield _needed(stream, revision, self._backfilled(revision, rows, now))

    def _backfilled(self, revision: Revision, rows: int, now: datetime) -> RecordBackfill:
        said = revision.published
        topics = {self._replica.state(f"{SOURCE}/{name}").topic for name in named(said)}
        places = tuple(
            # From the topic's beginning: what retention has taken since was folded before.
            PartitionRange(topic=at.topic, partition=at.number, start=0, end=end)
            for at, end in sorted(self._positions().items())
            if at.topic in topics
        )
        return RecordBackfill(
            context=ContextName(said.context), revision=said.revision, rows=rows, places=places, now=now
        )

    def _revisions(self) -> list[tuple[Stream, Revision]]:
        streams = sorted(self._replica.streams(CONTEXT).values(), key=lambda stream: stream.name)
        return [(one, revision) for one in streams if not one.parked for _, revision in sorted(one.state.items())]


def wanted_by(view: CompiledView) -> set[Wanted]:
    """The indexes that a view's aggregates look into."""
    return {Wanted(one.source, one.by, one.time_field) for one in view.published.view.aggregates}


def place_of(revision: Revision) -> Reader:
    return revision.published.context, revision.published.revision


def _dropped(revision: Revision, since: datetime | None, now: datetime) -> DropContext:
    said = revision.published
    return DropContext(
        context=ContextName(said.context),
        revision=said.revision,
        reason="refused" if revision.refused else "unreferenced",
        unreferenced_since=since,
        now=now,
    )


def _needed(stream: Stream, revision: Revision, command: RecordBackfill | DropContext) -> Needed:
    because = f"{type(command).__name__} {revision.published.revision}"
    return Needed(stream=stream.name, command=command, because=because)
