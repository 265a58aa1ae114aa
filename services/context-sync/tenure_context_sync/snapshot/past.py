"""What would a revision have read of its sources at a moment of the past?

The view is the one that reads are answered by, and so is all that it is reckoned with; only the rows are those of then.
What is personal is closed: a table has its tokens, and nothing is reckoned with them.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

import msgspec

from tenure_context_sync.erasure.opening import closed
from tenure_context_sync.events import Aggregate
from tenure_context_sync.names import SourceName
from tenure_context_sync.snapshot.history import History
from tenure_context_sync.store.index import Wanted, by_value, entry_of
from tenure_context_sync.store.layers import fields_of
from tenure_context_sync.view.compiled import PRIMARY, CompiledView, join_key
from tenure_context_sync.view.reading import Found, Reading, Sum, summed
from tenure_context_sync.view.scope import NOTHING, Fields, Scope
from tenure_context_sync.view.windows import MOST_ROWS, Dated, begins

_key = msgspec.json.Decoder(dict[str, object]).decode
_at = itemgetter(0)
Rows = dict[str, Found | None]


class Then(NamedTuple):
    """What was read; `rows` are by field group, with their tokens, where the reading has nothing in their place."""

    reading: Reading
    rows: Mapping[str, Found | None]


class Windows:
    """Rows of a source by the values of some fields and by every time that they ever had, so that a window of any
    moment looks at no row that was never in it."""

    def __init__(self, history: History, wanted: Wanted) -> None:
        self._history, self._wanted = history, wanted
        found: defaultdict[str, set[tuple[datetime, str]]] = defaultdict(set)
        for change in history.rows():
            value, at = entry_of(wanted, fields_of(change))
            if at is not None:
                found[value].add((at, change.key))
        self._dated = {value: sorted(entries) for value, entries in found.items()}

    def rows(self, value: str, after: datetime, until: datetime) -> Iterator[tuple[Dated, datetime]]:
        """Those that there were at `until` with a time in (after, until], each with its commit time."""
        entries: Sequence[tuple[datetime, str]] = self._dated.get(value, ())
        within = entries[bisect_right(entries, after, key=_at) : bisect_right(entries, until, key=_at)]
        for at, key in within:
            row = self._history.as_of(key, until)
            if row and row.fields is not None and entry_of(self._wanted, row.fields) == (value, at):
                yield Dated(at, key, row.fields), row.source_at


@dataclass(slots=True)
class Past:
    """`others` has every source but the primary one as it is read by joins and windows: all its partitions."""

    view: CompiledView
    others: Mapping[str, History]
    _windows: dict[Wanted, Windows] = field(default_factory=dict)

    def then(self, primary: History, key: str, at: datetime) -> Then:
        """What the revision would have read of this entity."""
        said = self.view.published
        rows: Rows = {PRIMARY: primary.as_of(key, at)}
        row = self._closed(said.source, rows[PRIMARY])
        joined: Rows = {}
        seen: dict[str, Fields | None] = {}
        scope = Scope(row.fields if row and row.fields else NOTHING, seen)
        for one in self.view.joins:
            name, source = join_key(one, scope), one.join.source
            found = self.others[source].as_of(name, at) if name is not None else None
            rows[one.join.name] = there = found if found and found.fields is not None else None
            joined[one.join.name] = kept = self._closed(source, there)
            seen[one.join.name] = kept and kept.fields
        return Then(Reading(row, joined, self._sums(key, at)), rows)

    def was_there(self, source: str, key: str, at: datetime) -> bool:
        return self.others[source].was_there(key, at)

    def _closed(self, source: SourceName, row: Found | None) -> Found | None:
        personal = self.view.personal.get(source)
        return closed(row, personal) if row and personal else row

    def _sums(self, key: str, at: datetime) -> dict[str, Sum]:
        return {
            one.name: summed(one, self._window(one, by_value([_key(key)[name] for name in entity_key]), at))
            for one, entity_key in self.view.windows
        }

    def _window(self, aggregate: Aggregate, value: str, at: datetime) -> list[tuple[Dated, datetime]]:
        """No more than shows that there are too many, as the store does it."""
        wanted = Wanted(aggregate.source, aggregate.by, aggregate.time_field)
        if wanted not in self._windows:
            self._windows[wanted] = Windows(self.others[aggregate.source], wanted)
        return list(islice(self._windows[wanted].rows(value, begins(aggregate, at), at), MOST_ROWS + 1))
