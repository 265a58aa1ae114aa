"""What does an aggregate come to over the rows of its window?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tenure_context_sync.events import Aggregate
from tenure_context_sync.view.functions import a_number, checked, family
from tenure_context_sync.view.instants import instant
from tenure_context_sync.view.scope import Failure, Fields, Unfit, field

MOST_ROWS = 10_000


class Dated(NamedTuple):
    """A row of an aggregate's source; `key` orders rows of the same moment."""

    at: datetime
    key: str
    row: Fields


def begins(aggregate: Aggregate, now: datetime) -> datetime:
    """The window is (this, now]."""
    return now - timedelta(seconds=aggregate.window_seconds)


def aggregated(aggregate: Aggregate, rows: Sequence[Dated]) -> object:
    """Of the window's rows, in any order: the value, or the `Failure`. A sum of nothing is 0, the last is null."""
    if len(rows) > MOST_ROWS:
        return Failure(f"more-than-{MOST_ROWS}-rows")
    try:
        return checked(_aggregated(aggregate, rows))
    except Unfit as unfit:
        return Failure(str(unfit))


def _aggregated(aggregate: Aggregate, rows: Sequence[Dated]) -> object:
    if aggregate.field is None:
        return len(rows)
    name = aggregate.field
    ordered = sorted(rows, key=lambda one: (one.at, one.key))
    values = [value for one in ordered if (value := field(name, one.row)) is not None]
    match aggregate.function:
        case "count":
            return len(values)
        case "sum":
            return sum(a_number(value) for value in values)
        case "last":
            return field(name, ordered[-1].row) if ordered else None
        case "distinct":
            return len({(family(value), value) for value in values})


def event_time(aggregate: Aggregate, row: Fields) -> datetime | None:
    """None where the row has none that can be read: such a row is in no window."""
    try:
        return instant(row.get(aggregate.time_field))
    except Unfit:
        return None
