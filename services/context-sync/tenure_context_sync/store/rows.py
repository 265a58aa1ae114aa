"""Which state of each row is the newest?

A snapshot row never beats a streamed one; a late or doubled change never moves state back; deletes stay as tombstones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import asyncpg
from tenure_eventlog.queries import queries

from tenure_context_sync.change.change import Change, merged
from tenure_context_sync.store.parts import Seen

SQL = queries("tenure_context_sync")
Place = tuple[str, str]


@dataclass(slots=True)
class Rows:
    """One state for each row that the batch changes, and what was truncated."""

    rows: dict[Place, Change] = field(default_factory=dict)
    truncates: list[tuple[str, Change]] = field(default_factory=list)

    def take(self, seen: Seen) -> None:
        change = seen.change
        if change.kind == "truncate":
            self._truncate(seen.source, change)
        elif change.kind in ("row", "delete"):
            place = (seen.source, change.key)
            known = self.rows.get(place)
            if known is None:
                self.rows[place] = change
            elif change.rank >= known.rank:
                self.rows[place] = merged(known, change)

    def _truncate(self, source: str, change: Change) -> None:
        self.truncates.append((source, change))
        outlived = [place for place, row in self.rows.items() if place[0] == source and row.rank < change.rank]
        for place in outlived:
            del self.rows[place]

    async def write(self, connection: asyncpg.Connection) -> None:
        for source, change in self.truncates:
            await connection.execute(SQL["mark_truncate"], source, change.position)
            until = (change.position, change.source_at, change.streamed)
            await connection.execute(SQL["truncate_source"], source, *until)
        # In one order for all workers, so that two of them never wait for each other.
        for partial, ordered in groupby(sorted(self.rows.items(), key=_partial_then_place), key=_partial):
            query = SQL["upsert_partial_rows" if partial else "upsert_rows"]
            await connection.execute(query, *_columns(list(ordered)))


def _partial(item: tuple[Place, Change]) -> bool:
    return item[1].partial


def _partial_then_place(item: tuple[Place, Change]) -> tuple[bool, Place]:
    return item[1].partial, item[0]


def _columns(rows: Sequence[tuple[Place, Change]]) -> tuple[list[object], ...]:
    return (
        [source for (source, _), _ in rows],
        [key for (_, key), _ in rows],
        [change.streamed for _, change in rows],
        [change.position for _, change in rows],
        [change.source_at for _, change in rows],
        [change.kind == "delete" for _, change in rows],
        [change.fields for _, change in rows],
    )
