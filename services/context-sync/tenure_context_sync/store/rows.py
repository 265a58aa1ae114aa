"""Which state of each row is the newest, and which one does a revision that can't read it go on with?

A snapshot row never beats a streamed one; a late or doubled change never moves state back; deletes stay as tombstones.
Most changes are whole rows that every revision can read: those are written as they are, and Postgres compares. For the
others, what is kept of the row is looked at first. Personal fields are sealed before anything is judged, so that what
is kept, held and indexed of a row is never plain.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import asyncpg
from tenure_eventlog.queries import queries
from tenure_ingest import Quarantined

from tenure_context_sync.change.change import Change
from tenure_context_sync.erasure.door import Door
from tenure_context_sync.store import kept as keeping
from tenure_context_sync.store.index import LOCK, write_index
from tenure_context_sync.store.kept import Place
from tenure_context_sync.store.layers import fields_of, in_order, written
from tenure_context_sync.store.parts import Seen
from tenure_context_sync.store.settled import Fresh, Reader, Refusal, Settled, reader_of, scope_of, settled
from tenure_context_sync.view.compiled import CompiledView

SQL = queries("tenure_context_sync", "sql/rows.sql")
NONE: Mapping[Reader, str] = MappingProxyType({})
Views = Callable[[str], Sequence[CompiledView]]


@dataclass(slots=True)
class Rows:
    """The changes of a batch by row, and what was truncated; `views` are the live ones over a source."""

    door: Door
    views: Views
    park: Callable[[Quarantined], None]
    fresh: dict[Place, list[Fresh]] = field(default_factory=dict)
    truncates: list[tuple[str, Change]] = field(default_factory=list)
    unsettled: set[Place] = field(default_factory=set)
    referring: list[tuple[Place, CompiledView, Fresh]] = field(default_factory=list)

    def take(self, seen: Seen) -> None:
        source, change, record = seen
        if change.kind == "truncate":
            self.truncates.append((source, change))
        elif change.kind in ("row", "delete"):
            self.fresh.setdefault((source, change.key), []).append(Fresh(change, record, NONE))

    async def _seal(self) -> None:
        mine = {place: of_row for place, of_row in self.fresh.items() if self.door.seals(place[0])}
        changes = [(source, one.change) for (source, _), of_row in mine.items() for one in of_row]
        sealed = iter(await self.door.sealed(changes))
        self.fresh |= {place: [one._replace(change=next(sealed)) for one in of_row] for place, of_row in mine.items()}

    def _judge(self) -> None:
        for place, of_row in self.fresh.items():
            views = self.views(place[0])
            for one in of_row:
                if one.change.partial:
                    self.unsettled.add(place)
                elif one.change.kind == "row" and views:
                    self._judge_row(place, one, views)

    def _judge_row(self, place: Place, one: Fresh, views: Sequence[CompiledView]) -> None:
        row = fields_of(one.change)
        for view in views:
            if view.readable(row) is not None:
                self.unsettled.add(place)
            elif view.references:
                self.referring.append((place, view, one))

    async def write(self, connection: asyncpg.Connection) -> None:
        await connection.execute(LOCK)
        for source, change in self.truncates:
            await _truncate(connection, source, change)
        await self._seal()
        self._judge()
        await self._look_up(connection)
        await self._find_unsettled(connection)
        found = await self._settle(connection) if self.unsettled else {}
        rows: dict[Place, tuple[Change, str | None]]
        rows = {place: (_newest(changes), None) for place, changes in self.fresh.items() if place not in self.unsettled}
        rows |= {place: (one.row, written(one.layers)) for place, one in found.items()}
        # In one order for all workers, so that two of them never wait for each other.
        ordered = sorted(rows.items())
        await connection.execute(SQL["upsert_rows"], *_columns(ordered))
        await write_index(connection, [(place, change) for place, (change, _) in ordered])
        await self.door.write(connection, [(source, change) for (source, _), (change, _) in ordered])

    async def _look_up(self, connection: asyncpg.Connection) -> None:
        """Which of the rows that the batch's rows refer to are there; what dangles is not readable."""
        if not self.referring:
            return
        wanted = {place for _, view, one in self.referring for place in view.referred(fields_of(one.change))}
        there = await keeping.existing(connection, wanted)
        there |= {place for place in wanted if place in self.fresh and _newest(self.fresh[place]).kind == "row"}
        for place, view, one in self.referring:
            missing = [source for source, key in view.referred(fields_of(one.change)) if (source, key) not in there]
            if missing:
                self.unsettled.add(place)
                self._mark(place, one, {reader_of(view): f"no-such-row:{missing[0]}"})

    def _mark(self, place: Place, one: Fresh, dangling: Mapping[Reader, str]) -> None:
        self.fresh[place] = [
            known._replace(dangling={**known.dangling, **dangling}) if known.change is one.change else known
            for known in self.fresh[place]
        ]

    async def _find_unsettled(self, connection: asyncpg.Connection) -> None:
        asked = [place for place in self.fresh if place not in self.unsettled]
        self.unsettled |= await keeping.unsettled(connection, asked)

    async def _settle(self, connection: asyncpg.Connection) -> Mapping[Place, Settled]:
        places = sorted(self.unsettled)
        before, truncated = await keeping.load(connection, places), await keeping.truncated(connection, places)
        found: dict[Place, Settled] = {}
        for place in places:
            source, _ = place
            one = settled(before[place], self.fresh[place], self.views(source), truncated[source])
            if one is not None:
                found[place] = one
                for refusal in one.refusals:
                    self.park(parked(refusal))
        await keeping.hold(connection, places, {place: one.held for place, one in found.items()})
        return found


def parked(refusal: Refusal) -> Quarantined:
    """For one revision alone: the others have read the record."""
    return Quarantined(refusal.reason, refusal.record, scope_of(refusal.reader))


async def _truncate(connection: asyncpg.Connection, source: str, change: Change) -> None:
    until = (change.position, change.source_at)
    await connection.execute(SQL["mark_truncate"], source, *until)
    await connection.execute(SQL["truncate_source"], source, *until, change.streamed)
    await connection.execute(SQL["truncate_held"], source, *until)


def _newest(fresh: Sequence[Fresh]) -> Change:
    return fresh[0].change if len(fresh) == 1 else in_order(one.change for one in fresh)[-1]


def _columns(rows: Sequence[tuple[Place, tuple[Change, str | None]]]) -> tuple[list[object], ...]:
    return (
        [source for (source, _), _ in rows],
        [key for (_, key), _ in rows],
        [change.streamed for _, (change, _) in rows],
        [change.position for _, (change, _) in rows],
        [change.source_at for _, (change, _) in rows],
        [change.kind == "delete" for _, (change, _) in rows],
        [change.fields for _, (change, _) in rows],
        [layers for _, (_, layers) in rows],
    )
