"""How does a training table come from a pinned stretch of its sources' changes, now or again later?

Rows of other sources may be asked for by any row, so those sources are held in memory whole, and beside them one
partition of the primary source at a time: together at most `MOST_CHANGES` changes. Rows are written as they are made.
What is personal is sealed at the same door as that of the store, before anything is kept or judged. Whoever builds
again from the same ranges, instant and spine gets the same rows in the same order, and so the same digest; see `table`
for what that covers after an erasure.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from tenure_eventlog import EventLog, Partition, Record

from tenure_context_sync.change.change import Change, Unreadable
from tenure_context_sync.erasure.door import Door
from tenure_context_sync.events import PartitionRange
from tenure_context_sync.snapshot.columns import Columns
from tenure_context_sync.snapshot.history import History
from tenure_context_sync.snapshot.parquet import TableFile, table_file
from tenure_context_sync.snapshot.past import Past
from tenure_context_sync.snapshot.table import RowsDigest, TableRow, Wanted, table_rows
from tenure_context_sync.source.feeds import Feed
from tenure_context_sync.view.compiled import CompiledView

Reader = Callable[[Record], Change | None]
ROWS_AT_ONCE = 5_000
MOST_CHANGES = 5_000_000


class TooManyChanges(Exception):
    """A table needs more changes at once than are held in memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a table is made of; `feeds` say by topic whose changes a range has, and how they are read."""

    view: CompiledView
    feeds: Mapping[str, Feed]
    columns: Columns
    ranges: tuple[PartitionRange, ...]
    as_of: datetime
    spine: Sequence[Wanted] | None

    @property
    def others(self) -> frozenset[str]:
        """The sources whose rows any row may ask for; the primary one among them where it is joined with itself."""
        view = self.view
        asked = {*(one.join.source for one in view.joins), *(one.aggregate.source for one in view.windows)}
        return frozenset(asked | {one.source for one in view.references})

    def ranges_of(self, source: str) -> list[PartitionRange]:
        return [one for one in self.ranges if self.feeds[one.topic].source == source]


@dataclass(slots=True)
class Built:
    """`positions`: by source, the highest in its own log that went into it."""

    digest: RowsDigest
    positions: dict[str, int]
    subjects: set[str] = field(default_factory=set)


async def build(event_log: EventLog, plan: Plan, door: Door, path: Path | None) -> Built:
    """Writes the table to `path`; only computes what it would be where that is None.

    Raises TooManyChanges, TooManyRows, ValueRefused, KeyringMissing, OffsetOutOfRange (records have expired since).
    """
    loader, primary = _Loader(event_log, plan, door), str(plan.view.published.source)
    built = Built(RowsDigest(plan.columns), loader.positions)
    async with AsyncExitStack() as stack:
        file = stack.enter_context(table_file(path, plan.columns, spine=plan.spine is not None)) if path else None
        past = Past(plan.view, {source: await loader.whole(source) for source in sorted(plan.others)})
        truncates, held = await loader.truncates(primary), loader.held
        for one in plan.ranges_of(primary):
            history = History(plan.view, past.was_there)
            history.add(truncates)
            await loader.load(history, one)
            rows = table_rows(past, history, plan.columns, plan.as_of, plan.spine)
            # Off the loop: others are served while a big partition is sorted.
            while some := await asyncio.to_thread(_next, rows):
                await asyncio.to_thread(_take, built, some, file)
            loader.held = held
    return built


def _next(rows: Iterator[TableRow]) -> list[TableRow]:
    return list(islice(rows, ROWS_AT_ONCE))


def _take(built: Built, rows: list[TableRow], file: TableFile | None) -> None:
    built.digest.add(rows)
    built.subjects.update(*(one.subjects for one in rows))
    if file:
        file.add(rows)


class _Loader:
    """Reads changes into histories, and counts those that are `held` at once."""

    def __init__(self, event_log: EventLog, plan: Plan, door: Door) -> None:
        self._log, self._plan, self._door = event_log, plan, door
        self.held = 0
        self.positions = {
            feed.source: 0 for topic, feed in plan.feeds.items() if any(r.topic == topic for r in plan.ranges)
        }

    async def whole(self, source: str) -> History:
        """All partitions of a source, as it is."""
        history = History()
        for one in self._plan.ranges_of(source):
            async for changes in self._changes(one):
                history.add(self._counted(changes))
        return history

    async def load(self, history: History, one: PartitionRange) -> None:
        """A partition whose truncates the history has already."""
        async for changes in self._changes(one):
            history.add(self._counted([change for change in changes if change.kind != "truncate"]))

    async def truncates(self, source: str) -> list[Change]:
        """Of all partitions: each holds for the whole source, and only one of them has it."""
        found: list[Change] = []
        for one in self._plan.ranges_of(source):
            async for changes in self._read(one):
                found += [change for change in changes if change.kind == "truncate"]
        return found

    def _counted(self, changes: Sequence[Change]) -> Sequence[Change]:
        self.held += len(changes)
        if self.held > MOST_CHANGES:
            raise TooManyChanges(
                f"the sources that rows are joined with or counted over, and one partition of the primary source, have"
                f" more than {MOST_CHANGES} changes: keep less on their topics, or more partitions"
            )
        return changes

    async def _changes(self, one: PartitionRange) -> AsyncIterator[list[Change]]:
        """Those of rows, by the table's moment, as the store would keep them: sealed, and without those of nobody."""
        source = self._plan.feeds[one.topic].source
        async for changes in self._read(one):
            of_rows = [change for change in changes if change.kind in ("row", "delete", "truncate")]
            self.positions[source] = max([self.positions[source], *(change.position for change in of_rows)])
            known = [change for change in of_rows if change.source_at <= self._plan.as_of]
            mine = [(source, change) for change in known if self._door.refuses(source, change) is None]
            yield await self._door.sealed(mine)

    async def _read(self, one: PartitionRange) -> AsyncIterator[list[Change]]:
        """What could be read of the range; what could not is in the quarantine, and in no table."""
        if one.start == one.end:
            return
        read = self._plan.feeds[one.topic].read
        async with aclosing(self._log.read({Partition(one.topic, one.partition): one.start})) as batches:
            async for batch in batches:
                yield list(_readable(read, [record for record in batch.records if record.offset < one.end]))
                if batch.next_offset >= one.end:
                    return


def _readable(read: Reader, records: Sequence[Record]) -> Iterator[Change]:
    for record in records:
        try:
            change = read(record)
        except Unreadable:
            continue
        if change:
            yield change
