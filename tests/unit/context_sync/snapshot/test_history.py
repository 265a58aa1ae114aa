"""What was a row at any moment, whatever became of its changes on the way?"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tenure_context_sync.change.change import Change
from tenure_context_sync.snapshot.history import History
from tenure_context_sync.snapshot.past import Windows
from tenure_context_sync.store.index import Wanted
from tenure_context_sync.view.reading import Found

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEYS = ("a", "b")


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def change(
    kind: Any, key: str, position: int, at: float, *, streamed: bool = True, partial: bool = False, **row: Any
) -> Change:
    return Change(kind, key, streamed, position, minutes(at), msgspec.json.encode(row).decode(), partial)


def history_of(changes: Iterable[Change]) -> History:
    history = History()
    history.add(changes)
    return history


def rows_at(history: History, at: datetime) -> dict[str, Any]:
    found = {key: history.as_of(key, at) for key in history.all_keys()}
    return {key: row.fields for key, row in found.items() if row and row.fields is not None}


@st.composite
def commits(draw: st.DrawFn) -> list[Change]:
    """What a source commits, in its order: positions rise, and times never go back."""
    made, at = [], 0
    for position in range(1, draw(st.integers(1, 12)) + 1):
        at += draw(st.integers(0, 2))
        kind, key = draw(st.sampled_from(("row", "row", "row", "delete", "truncate"))), draw(st.sampled_from(KEYS))
        partial = kind == "row" and draw(st.booleans())
        row: dict[str, Any] = {"x": position} if partial else {"x": position, "y": position}
        fields = row if kind == "row" else {}
        made.append(change(kind, "" if kind == "truncate" else key, position, at, partial=partial, **fields))
    return made


@st.composite
def arrivals(draw: st.DrawFn, made: list[Change]) -> list[Change]:
    """The same, late, doubled and in any order."""
    return draw(st.permutations(made + draw(st.lists(st.sampled_from(made), max_size=6))))


def replayed(made: Iterable[Change], until: float) -> dict[str, dict[str, Any]]:
    """The source's own table at that minute."""
    table: dict[str, dict[str, Any]] = {}
    for one in made:
        if one.source_at > minutes(until):
            break
        match one.kind:
            case "truncate":
                table.clear()
            case "delete":
                table.pop(one.key, None)
            case _:
                sent = msgspec.json.decode(one.fields)
                table[one.key] = {**table.get(one.key, {}), **sent} if one.partial else sent
    return table


@given(data=st.data())
def test_at_every_moment_it_is_what_the_source_held_then_in_any_order_of_arrival(
    data: st.DataObject,
) -> None:
    made = data.draw(commits())
    history = history_of(data.draw(arrivals(made)))
    for until in range(-1, 26):
        assert rows_at(history, minutes(until)) == replayed(made, until)


@given(data=st.data())
def test_no_value_comes_from_after_the_moment(data: st.DataObject) -> None:
    made = data.draw(commits())
    until = data.draw(st.integers(0, 24))
    known = [one for one in made if one.source_at <= minutes(until)]
    everything, only_known = history_of(data.draw(arrivals(made))), history_of(known)
    for key in KEYS:
        assert everything.as_of(key, minutes(until)) == only_known.as_of(key, minutes(until))


SNAPSHOT_ROWS = st.builds(
    lambda position, at: change("row", "a", position, at, streamed=False, x=-position - at),
    st.integers(0, 12),
    st.integers(0, 24),
)


@given(data=st.data())
def test_a_snapshots_row_never_beats_a_streamed_one_nor_is_known_before_its_time(data: st.DataObject) -> None:
    streamed = [one for one in data.draw(commits()) if one.kind != "truncate" and not one.partial]
    snapshot = data.draw(st.lists(SNAPSHOT_ROWS, max_size=4))
    history = history_of(data.draw(st.permutations(streamed + snapshot)))
    for until in range(-1, 26):
        known = [one for one in (*streamed, *snapshot) if one.key == "a" and one.source_at <= minutes(until)]
        newest = max(known, key=lambda one: (*one.rank, one.source_at), default=None)
        there = newest is not None and newest.kind == "row"
        found = history.as_of("a", minutes(until))
        assert (found and found.fields) == (msgspec.json.decode(newest.fields) if newest and there else None)


def test_a_row_tells_when_the_source_committed_it() -> None:
    history = history_of([change("row", "a", 1, 0, x=1), change("row", "a", 2, 5, x=2)])
    assert history.as_of("a", minutes(4.99)) == Found(minutes(0), {"x": 1})
    assert history.as_of("a", minutes(5)) == Found(minutes(5), {"x": 2})


def test_a_row_that_a_snapshot_brought_after_a_truncate_is_there() -> None:
    truncate, row = change("truncate", "", 5, 1), change("row", "a", 6, 2, streamed=False, x=1)
    incremental = change("row", "b", 0, 2, streamed=False, x=1)
    history = history_of([truncate, row, incremental])
    assert [*rows_at(history, minutes(3))] == ["a", "b"]


def test_a_position_that_was_committed_late_wins_once_it_is_committed() -> None:
    history = history_of([change("row", "a", 2, 1, x="second"), change("row", "a", 1, 3, x="first, committed last")])
    assert history.as_of("a", minutes(2)) == Found(minutes(1), {"x": "second"})
    assert history.as_of("a", minutes(4)) == Found(minutes(1), {"x": "second"})


def delay(key: str, position: int, at: float, event: float | None, by: str = "UA1") -> Change:
    return change("row", key, position, at, by=by, event=None if event is None else minutes(event).isoformat())


def test_a_window_has_what_was_committed_by_then_and_happened_in_it() -> None:
    history = history_of(
        [
            delay("in", 1, 1, 9),
            delay("on the edge, so out", 2, 1, 0),
            delay("of the future", 3, 1, 11),
            delay("late to be known", 4, 50, 9),
            delay("timeless", 5, 1, None),
            delay("moved in", 6, 1, -5),
            delay("moved in", 7, 2, 8),
            delay("moved out", 8, 1, 8),
            delay("moved out", 9, 3, 20),
            delay("another's", 10, 1, 9, by="UA2"),
            delay("deleted", 11, 1, 9),
            change("delete", "deleted", 12, 2),
        ]
    )
    windows = Windows(history, Wanted("delays", ("by",), "event"))
    found = [(dated.key, dated.at) for dated, _ in windows.rows('["UA1"]', minutes(0), minutes(10))]
    assert found == [("moved in", minutes(8)), ("in", minutes(9))]
