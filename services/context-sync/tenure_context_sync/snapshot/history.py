"""What was a row at any moment of the past?

As of an instant, a row is what its changes up to then come to: those that the source committed at or before it,
whatever order they arrived in and however often. Among them the rules of the store hold: a streamed change beats a
snapshot's row, a later position an earlier one, and what a partial change leaves out is taken from the state before it.
A snapshot's row is known from the time of that snapshot on, even where the row is older: nothing leaks back in time.

Pure, and for any source.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import reduce
from typing import NamedTuple

import msgspec

from tenure_context_sync.change.change import Change

MOST_CHANGES = 5_000_000
EventTime = Callable[[Mapping[str, object]], datetime | None]
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

    def window(self, at: datetime, seconds: float, event_time: EventTime) -> Iterator[tuple[str, Row]]:
        """Those of them whose event time lies in (at - seconds, at]: committed by then, and about what was by then.

        A row that has no event time is in no window.
        """
        for key, row in self.rows(at):
            happened = event_time(row.fields)
            if happened is not None and 0 <= (at - happened).total_seconds() < seconds:
                yield key, row

    def _add(self, change: Change) -> None:
        match change.kind:
            case "truncate":
                self._truncates.append(change)
            case "row" | "delete":
                self._changes[change.key].append(change)


class _Timeline:
    """One row's states, each with the commit time from which it holds; made at the first question about it."""

    def __init__(self, changes: list[Change], truncates: list[Change]) -> None:
        self._starts: list[datetime] = []
        self._states: list[Row | None] = []
        past = _Past()
        for change in sorted([*_once(changes), *truncates], key=lambda one: (one.source_at, one.rank)):
            past.take(change)
            self._starts.append(change.source_at)
            self._states.append(past.state)

    def as_of(self, at: datetime) -> Row | None:
        known = bisect_right(self._starts, at)
        return self._states[known - 1] if known else None


class _Past:
    """What a row comes to, change by change in the order of commit times."""

    def __init__(self) -> None:
        self.state: Row | None = None
        self._changes: list[Change] = []
        self._truncates: list[Change] = []
        self._top = (False, -1)

    def take(self, change: Change) -> None:
        if change.kind == "truncate":
            self._truncates.append(change)
            self.state = _state(self._changes, self._truncates)
            return
        self._changes.append(change)
        # As a rule positions rise with commit times; where they don't, the whole past is weighed again.
        if change.rank >= self._top and not self._truncates:
            self.state, self._top = _after(self.state, change), change.rank
        else:
            self.state = _state(self._changes, self._truncates)


def _once(changes: Iterable[Change]) -> Iterable[Change]:
    """A doubled change is the same in all that counts; the one that came last stands for it."""
    return {(one.rank, one.kind, one.source_at): one for one in changes}.values()


def _state(changes: Iterable[Change], truncates: list[Change]) -> Row | None:
    return reduce(_after, sorted(_outlasting(changes, truncates), key=lambda one: one.rank), None)


def _after(row: Row | None, change: Change) -> Row | None:
    if change.kind == "delete":
        return None
    before = row.fields if row and change.partial else {}
    return Row(change.source_at, {**before, **_fields(change.fields)})


def _outlasting(changes: Iterable[Change], truncates: list[Change]) -> Iterator[Change]:
    return (change for change in changes if not any(_is_before(change, one) for one in truncates))


def _is_before(change: Change, truncate: Change) -> bool:
    """By position; an incremental snapshot's row has none, and is placed by its time. A snapshot's own truncate says
    only that the snapshots before it are void."""
    if change.streamed and not truncate.streamed:
        return False
    if change.position:
        return change.position <= truncate.position
    return change.source_at <= truncate.source_at
