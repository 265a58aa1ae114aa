"""What was a row at any moment of the past?

As of an instant, a row is what its changes up to then come to: those that the source committed at or before it, whatever
order they arrived in and however often. Among them the rules of the store hold: a streamed change beats a snapshot's
row, a later position an earlier one, and what a partial change leaves out is taken from the state before it. A snapshot's
row is known from the time of that snapshot on and not before, even where the row is older: nothing may leak back in time.

Pure, and for any source; `tests/unit/context_sync/snapshot` holds it to a brute-force reading of these sentences.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from tenure_context_sync.debezium import Change

MOST_CHANGES = 5_000_000
_fields = msgspec.json.Decoder(dict[str, object]).decode


class TooManyChanges(Exception):
    """A partition has more changes than a history can hold."""


class Row(NamedTuple):
    """A row as it was, and when the source committed that."""

    source_at: datetime
    fields: dict[str, object]


class History:
    """The changes of one partition of a source, or of all of them where there is room.

    At most `most` changes are held, each with its row's text; raises TooManyChanges past that.
    """

    def __init__(self, changes: Iterable[Change], most: int = MOST_CHANGES) -> None:
        self._changes: defaultdict[str, list[Change]] = defaultdict(list)
        self._truncates: list[Change] = []
        self._timelines: dict[str, _Timeline] = {}
        for number, change in enumerate(changes):
            if number >= most:
                raise TooManyChanges(f"one partition holds more than {most} changes: pin a shorter stretch of it")
            self._add(change)

    def keys(self) -> list[str]:
        """Of all rows that ever were, sorted."""
        return sorted(self._changes)

    def as_of(self, key: str, at: datetime) -> Row | None:
        """None where there was no row, or none yet, or none any more."""
        if key not in self._changes:
            return None
        if key not in self._timelines:
            self._timelines[key] = _Timeline(self._changes[key], self._truncates)
        return self._timelines[key].as_of(at)

    def rows(self, at: datetime) -> Iterator[tuple[str, Row]]:
        """All rows that there were then, by key."""
        for key in self.keys():
            if row := self.as_of(key, at):
                yield key, row

    def window(self, at: datetime, seconds: float, event_time: str) -> Iterator[tuple[str, Row]]:
        """Those of them whose event time lies in (at - seconds, at]: committed by then, and about what was then.

        A row without a readable event time is in no window. Raises ValueError where `at` is not aware.
        """
        if at.tzinfo is None:
            raise ValueError("an instant is aware")
        for key, row in self.rows(at):
            happened = instant_of(row.fields.get(event_time))
            if happened is not None and 0 <= (at - happened).total_seconds() < seconds:
                yield key, row

    def _add(self, change: Change) -> None:
        match change.kind:
            case "truncate":
                self._truncates.append(change)
            case "row" | "delete":
                self._changes[change.key].append(change)


class _Timeline:
    """One row's states by the commit time from which each holds; made at the first question about it."""

    def __init__(self, changes: list[Change], truncates: list[Change]) -> None:
        ordered = sorted(_once(changes), key=lambda one: one.source_at)
        self._starts = [one.source_at for one in ordered]
        self._ordered, self._truncates = ordered, sorted(truncates, key=lambda one: one.source_at)
        self._seen: dict[tuple[int, int], Row | None] = {}

    def as_of(self, at: datetime) -> Row | None:
        known = bisect_right(self._starts, at)
        cut = bisect_right([one.source_at for one in self._truncates], at)
        if (known, cut) not in self._seen:
            self._seen[known, cut] = _state(self._ordered[:known], self._truncates[:cut])
        return self._seen[known, cut]


def _once(changes: Iterable[Change]) -> Iterable[Change]:
    """A doubled change is the same in all that counts; the one that came last stands for it."""
    return {(one.rank, one.kind, one.source_at): one for one in changes}.values()


def _state(changes: Iterable[Change], truncates: Iterable[Change]) -> Row | None:
    row: Row | None = None
    for change in sorted(_outlasting(changes, list(truncates)), key=lambda one: one.rank):
        if change.kind == "delete":
            row = None
        else:
            before = row.fields if row and change.partial else {}
            row = Row(change.source_at, {**before, **_fields(change.fields)})
    return row


def _outlasting(changes: Iterable[Change], truncates: list[Change]) -> Iterator[Change]:
    return (change for change in changes if not any(_is_before(change, one) for one in truncates))


def _is_before(change: Change, truncate: Change) -> bool:
    """By position; an incremental snapshot's row has none, and is placed by its time."""
    if change.position:
        return change.position < truncate.position
    return change.source_at <= truncate.source_at


def instant_of(value: object) -> datetime | None:
    """From ISO 8601 text with a zone, or from epoch seconds, milliseconds, microseconds or nanoseconds by their size."""
    if isinstance(value, str):
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            return None
        return read if read.tzinfo else None
    return _epoch(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
