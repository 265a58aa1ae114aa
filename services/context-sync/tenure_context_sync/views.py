"""What does a reader see of sources, contexts, bindings and rows?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tenure_context_sync.binding.state import Bindings
from tenure_context_sync.events import ContextPublished, Sla
from tenure_context_sync.store.reads import Row


@dataclass(frozen=True, slots=True)
class RowView:
    """One key's values with their age at the read; `expired` and `erased` come with TTLs and erasure."""

    values: dict[str, object] | None
    source_at: datetime | None
    age_seconds: float | None
    verdict: Literal["fresh", "stale", "missing"]


@dataclass(frozen=True, slots=True)
class BoundView:
    context: str
    model_version: str
    revision: int
    sla: Sla
    breached: bool


def bindings_view(bindings: Bindings) -> list[BoundView]:
    """By version, then context."""
    return [
        BoundView(bound.context, bound.model_version, bound.revision, bound.sla, None in bound.breached)
        for _, bound in sorted(bindings.items())
    ]


def rows_view(
    published: ContextPublished, rows: Sequence[Row | None], newest: datetime | None, limit: int | None, now: datetime
) -> list[RowView]:
    """A row is as old as the newest change of its source that was folded: an unchanged row is not a stale one."""
    age = None if newest is None else (now - newest).total_seconds()
    stale = limit is not None and (age is None or age > limit)
    return [_row(published, row, age, stale) for row in rows]


def _row(published: ContextPublished, row: Row | None, age: float | None, stale: bool) -> RowView:
    if row is None:
        return RowView(None, None, age, "missing")
    values = {name: row.fields.get(name) for name in (*published.entity_key, *published.fields)}
    return RowView(values, row.source_at, age, "stale" if stale else "fresh")
