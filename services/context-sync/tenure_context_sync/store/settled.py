"""What becomes of a row that is made of parts, or that a revision can't read? Pure, and the same in any order.

A revision that can't read a row as it is now goes on with the newest state that it could read: the held one.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from tenure_eventlog import Record

from tenure_context_sync.change.change import Change
from tenure_context_sync.store.layers import State, fields_of, in_order, layered, states
from tenure_context_sync.view.compiled import CompiledView

Reader = tuple[str, int]
NO_RECORD = Record("", 0, 0, 0, None, None, ())
"""Of a change that is taken again, from elsewhere: what could not be read was parked when it came, with its own."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Fresh(NamedTuple):
    """A change of the batch with its record; `dangling`: which revisions miss a row that it refers to, and which."""

    change: Change
    record: Record
    dangling: Mapping[Reader, str]


class Kept(NamedTuple):
    """What the store has of a row: its layers in order, and those of which revisions hold an older state."""

    layers: Sequence[Change]
    held: Mapping[Reader, Sequence[Change]]


class Held(NamedTuple):
    """The newest state that a revision could read, and the layers that it, or a better one, is made of."""

    state: Change
    layers: Sequence[Change]


class Refusal(NamedTuple):
    """A revision can't read what this record says."""

    reader: Reader
    reason: str
    record: Record


class Settled(NamedTuple):
    """What the store has to keep from now on."""

    row: Change
    layers: Sequence[Change]
    held: Mapping[Reader, Held]
    refusals: Sequence[Refusal]


class _Step(NamedTuple):
    """A change, the state of the row after it, and why a revision can't read that."""

    change: Change
    state: State
    reason: str | None


def reader_of(view: CompiledView) -> Reader:
    return view.published.context, view.published.revision


def scope_of(reader: Reader) -> str:
    """A revision as quarantine names it."""
    context, revision = reader
    return f"{context}@{revision}"


def nothing(key: str) -> Change:
    """Held where no state is known that the revision could read."""
    return Change("delete", key, False, 0, LONG_AGO)


def settled(
    kept: Kept, fresh: Sequence[Fresh], views: Sequence[CompiledView], truncated: Callable[[Change], bool]
) -> Settled | None:
    """None where nothing is left that was not truncated. `fresh` is in the order of reading."""
    known = [change for change in kept.layers if not truncated(change)]
    news = {id(one.change): one for one in fresh if not truncated(one.change)}
    offered = [*known, *(one.change for one in news.values())]
    if not offered:
        return None
    changes = in_order(offered)
    before = states(known)[-1] if known else None
    held, refusals = dict[Reader, Held](), list[Refusal]()
    for view in views:
        reader = reader_of(view)
        older = [change for change in kept.held.get(reader, ()) if not truncated(change)]
        unread = before if reader in kept.held else None
        steps = _steps(view, in_order([*older, *offered]), news, unread)
        refusals += _refusals(reader, steps, news)
        if steps[-1].reason is not None:
            held[reader] = _held(steps)
    return Settled(states(changes)[-1].change, layered(changes), held, refusals)


def _steps(
    view: CompiledView, changes: Sequence[Change], news: Mapping[int, Fresh], unread: State | None
) -> list[_Step]:
    return [
        _Step(change, state, _reason(view, state, news.get(id(change)), unread))
        for change, state in zip(changes, states(changes), strict=True)
    ]


def _reason(view: CompiledView, state: State, news: Fresh | None, unread: State | None) -> str | None:
    """Why the revision can't read the row in this state; it could not read `unread`, or it would hold nothing."""
    if state.change.kind != "row":
        return None
    if news is None and state == unread:
        return "held"
    dangling = news.dangling.get(reader_of(view)) if news else None
    return dangling or view.readable(fields_of(state.change))


def _refusals(reader: Reader, steps: Sequence[_Step], news: Mapping[int, Fresh]) -> list[Refusal]:
    """Of the batch's records; of a part whose whole has not come yet nothing can be said."""
    return [
        Refusal(reader, step.reason, news[id(step.change)].record)
        for step in steps
        if step.reason is not None and step.state.whole and id(step.change) in news
    ]


def _held(steps: Sequence[_Step]) -> Held:
    """With the newest readable state, the layers that it is made of, and all parts after that: some may still fit.

    What lies between and can't be read is forgotten, or it would grow: a part of such a row that comes late is taken
    for a part of the held one.
    """
    newest = max((number for number, step in enumerate(steps) if step.reason is None), default=-1)
    state = steps[newest].state.change if newest >= 0 else nothing(steps[0].change.key)
    beneath = [step.change for step in steps[: newest + 1]]
    after = [step.change for step in steps[newest + 1 :] if step.change.partial]
    return Held(state, [*layered(beneath), *layered(after)])
