"""What was a row at any moment of the past?

As of an instant, a row is what the store would have of it that only ever got the changes which the source committed at
or before it, in whatever order they arrived and however often: the store's own `settled` decides what they come to,
for a revision also which state it went on with. A snapshot's row is known from the time of that snapshot on, even where
the row is older: nothing leaks back in time. Whether a row that is referred to was there is looked up as of the
change's commit.

Pure, and for any source.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tenure_context_sync.change.change import Change
from tenure_context_sync.store.layers import fields_of, rank
from tenure_context_sync.store.settled import NO_RECORD, Fresh, Held, Kept, Reader, reader_of, settled
from tenure_context_sync.view.compiled import CompiledView
from tenure_context_sync.view.reading import Found

There = Callable[[str, str, datetime], bool]
"""Whether a source's row of this key was there then."""


def nowhere(source: str, key: str, at: datetime) -> bool:
    """Where no view refers to anything."""
    return False


class State(NamedTuple):
    """What the store had of a row; `held` is what the revision went on with, where it could not read `row`."""

    row: Change
    held: Change | None


class History:
    """The changes of one partition of a source, or of all; where there is a `view`, as that revision reads them."""

    def __init__(self, view: CompiledView | None = None, there: There = nowhere) -> None:
        self._view, self._there = view, there
        self._changes: defaultdict[str, list[Change]] = defaultdict(list)
        self._truncates: list[Change] = []
        self._timelines: dict[str, _Timeline] = {}

    def add(self, changes: Iterable[Change]) -> None:
        """All of them, before the first question. A truncate holds for the whole source, whatever partition has it."""
        for change in changes:
            match change.kind:
                case "truncate":
                    self._truncates.append(change)
                case "row" | "delete":
                    self._changes[change.key].append(change)

    def all_keys(self) -> list[str]:
        """Of all rows that ever were, sorted."""
        return sorted(self._changes)

    def as_of(self, key: str, at: datetime) -> Found | None:
        """None where there was nothing yet, or a truncate left nothing; a deleted row has no fields."""
        timeline = self._timeline(key)
        state = timeline.as_of(at) if timeline else None
        return _found(state) if state else None

    def was_there(self, key: str, at: datetime) -> bool:
        found = self.as_of(key, at)
        return found is not None and found.fields is not None

    def rows(self) -> Iterator[Change]:
        """Every state that any row ever had."""
        for key in self._changes:
            timeline = self._timeline(key)
            for state in timeline.states if timeline else ():
                if state and state.row.kind == "row":
                    yield state.row

    def _timeline(self, key: str) -> "_Timeline | None":
        if key not in self._changes:
            return None
        if key not in self._timelines:
            past = _Past(self._view, self._there)
            self._timelines[key] = _Timeline(past, [*_once(self._changes[key]), *self._truncates])
        return self._timelines[key]


class _Timeline:
    """One row's states, each with the commit time from which it holds; made at the first question about it."""

    def __init__(self, past: "_Past", changes: Sequence[Change]) -> None:
        self._starts: list[datetime] = []
        self.states: list[State | None] = []
        for change in sorted(changes, key=lambda one: (one.source_at, one.rank)):
            past.take(change)
            self._starts.append(change.source_at)
            self.states.append(past.state)

    def as_of(self, at: datetime) -> State | None:
        known = bisect_right(self._starts, at)
        return self.states[known - 1] if known else None


class _Past:
    """What the store has of a row, change by change in the order of commit times."""

    def __init__(self, view: CompiledView | None, there: There) -> None:
        self._views = (view,) if view else ()
        self._there = there
        self._kept = Kept((), {})
        self._truncates: list[Change] = []
        self.state: State | None = None

    def take(self, change: Change) -> None:
        if change.kind == "truncate":
            self._truncates.append(change)
            self._settle([])
            return
        dangling = self._dangling(change)
        if self._is_simple(change, dangling):
            self._replace(change)
        else:
            self._settle([Fresh(change, NO_RECORD, dangling)])

    def _is_simple(self, change: Change, dangling: Mapping[Reader, str]) -> bool:
        """As most are: no parts, nothing that can't be read. Then the higher rank wins, as in Postgres."""
        layers, held = self._kept
        if change.partial or dangling or held or self._truncates or len(layers) > 1:
            return False
        readable = change.kind == "delete" or all(view.readable(fields_of(change)) is None for view in self._views)
        return readable and not any(one.partial for one in layers)

    def _replace(self, change: Change) -> None:
        if self.state is None or rank(change) >= rank(self.state.row):
            self._kept, self.state = Kept((change,), {}), State(change, None)

    def _settle(self, fresh: Sequence[Fresh]) -> None:
        found = settled(self._kept, fresh, self._views, self._was_truncated)
        if found is None:
            self._kept, self.state = Kept((), {}), None
            return
        self._kept = Kept(found.layers, {reader: _kept_of(one) for reader, one in found.held.items()})
        held = [one.state for one in found.held.values()]
        self.state = State(found.row, held[0] if held else None)

    def _dangling(self, change: Change) -> Mapping[Reader, str]:
        """As when it came: of parts, of deletes, and of what can't be read anyway, nothing is looked up."""
        if change.kind != "row" or change.partial:
            return {}
        for view in self._views:
            row = fields_of(change) if view.references else {}
            if view.references and view.readable(row) is None:
                for source, key in view.referred(row):
                    if not self._there(source, key, change.source_at):
                        return {reader_of(view): f"no-such-row:{source}"}
        return {}

    def _was_truncated(self, change: Change) -> bool:
        return any(_is_before(change, one) for one in self._truncates)


def _found(state: State) -> Found:
    row, held = state
    read = held or row
    return Found(read.source_at, None if read.kind == "delete" else fields_of(read), held=held is not None)


def _kept_of(held: Held) -> Sequence[Change]:
    """As it is read back from the store."""
    return held.layers or (held.state,)


def _once(changes: Iterable[Change]) -> Iterable[Change]:
    """A doubled change is the same in all that counts; the one that came last stands for it."""
    return {(one.rank, one.kind, one.source_at): one for one in changes}.values()


def _is_before(change: Change, truncate: Change) -> bool:
    """By position; an incremental snapshot's row has none, and is placed by its time. A snapshot's own truncate says
    only that the snapshots before it are void."""
    if change.streamed and not truncate.streamed:
        return False
    if change.position:
        return change.position <= truncate.position
    return change.source_at <= truncate.source_at
