"""What would live revisions still read if a source's rows looked otherwise? Asked of the changes of the last hours."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

from tenure_eventlog import Record

from tenure_context_sync.change.change import Unreadable
from tenure_context_sync.names import SourceName
from tenure_context_sync.shape.rehearsal import Outcome, Readable, Rehearsal, Row
from tenure_context_sync.source.feeds import Feed
from tenure_context_sync.store.layers import fields_of
from tenure_context_sync.store.settled import reader_of, scope_of
from tenure_context_sync.view.compiled import CompiledView

MOST_CHANGES = 100_000


class Rehearsed(NamedTuple):
    """How many rows were given to each revision, by its name; `unreadable`: records that nobody can read now."""

    records: int
    rows: int
    unreadable: int
    outcomes: Mapping[str, Outcome]


def readers_of(views: Sequence[CompiledView], source: SourceName) -> dict[str, Readable]:
    """Every view that reads the source: of its primary source it checks all, of another one what it looks at."""
    found: dict[str, Readable] = {}
    for view in views:
        if source in view.reads:
            found[scope_of(reader_of(view))] = (
                view.readable if view.published.source == source else _has(view.reads[source])
            )
    return found


def _has(fields: frozenset[str]) -> Readable:
    ordered = sorted(fields)

    def readable(row: Row) -> str | None:
        return next((f"field-missing:{name}" for name in ordered if name not in row), None)

    return readable


async def rehearse(records: AsyncIterator[Record], feed: Feed, rehearsal: Rehearsal) -> Rehearsed:
    """Nothing is written. Deletes, parts of rows and what can't be read now are no rows that could break."""
    count = rows = unreadable = 0
    async for record in records:
        count += 1
        try:
            change = feed.read(record)
        except Unreadable:
            unreadable += 1
            continue
        if change is not None and change.kind == "row" and not change.partial:
            rows += 1
            rehearsal.give(change.key, fields_of(change))
    return Rehearsed(count, rows, unreadable, rehearsal.outcomes)
