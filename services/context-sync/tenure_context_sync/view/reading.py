"""What did the store have for one key?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tenure_context_sync.events import Aggregate
from tenure_context_sync.view.scope import NOTHING, Fields, Scope
from tenure_context_sync.view.windows import Dated, aggregated


class Found(NamedTuple):
    """A row as one revision can read it: `fields` None where it was deleted; `held`: an older one than there is.

    `erased`: of the subject whose it is something was erased that the revision reads.
    """

    source_at: datetime
    fields: Fields | None
    held: bool = False
    erased: bool = False


class Sum(NamedTuple):
    """An aggregate's value, and the commit time of the newest row that is in it."""

    value: object
    source_at: datetime | None


class Reading(NamedTuple):
    """All that a view needs for one key; None for a row that is not there."""

    row: Found | None
    joined: Mapping[str, Found | None] = NOTHING
    sums: Mapping[str, Sum] = NOTHING

    def scope(self) -> Scope:
        return Scope(
            self.row.fields if self.row and self.row.fields else NOTHING,
            {name: found and found.fields for name, found in self.joined.items()} if self.joined else NOTHING,
            {name: found.value for name, found in self.sums.items()} if self.sums else NOTHING,
        )


def summed(aggregate: Aggregate, rows: Sequence[tuple[Dated, datetime]]) -> Sum:
    """Of the window's rows, each with its commit time."""
    newest = max((source_at for _, source_at in rows), default=None)
    return Sum(aggregated(aggregate, [row for row, _ in rows]), newest)
