"""What is known of a context's revisions while deciding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, assert_never

from rpds import HashTrieMap

from tenure_context_sync.events import (
    ContextApproved,
    ContextBackfilled,
    ContextDropped,
    ContextEvent,
    ContextPublished,
    ContextRefused,
)
from tenure_context_sync.names import PrincipalId, SourceName

Standing: TypeAlias = Literal["readable", "waiting", "refused", "backfilling", "dropped"]


@dataclass(frozen=True, slots=True)
class Revision:
    """`approved_by` is None until somebody did; where no approval is needed it stays so."""

    published: ContextPublished
    approved_by: PrincipalId | None = None
    refused: bool = False
    backfilled: bool = False
    dropped: bool = False

    @property
    def source(self) -> SourceName:
        """The primary source."""
        return self.published.source

    @property
    def standing(self) -> Standing:
        """May it be read? Only windows over other rows have something to wait for."""
        if self.dropped:
            return "dropped"
        if self.refused:
            return "refused"
        if self.published.needs_approval and self.approved_by is None:
            return "waiting"
        return "readable" if self.backfilled or not self.published.view.aggregates else "backfilling"


Revisions: TypeAlias = "HashTrieMap[int, Revision]"


def evolve(revisions: Revisions, event: ContextEvent) -> Revisions:
    if isinstance(event, ContextPublished):
        return revisions.insert(event.revision, Revision(event))
    return revisions.insert(event.revision, after(revisions[event.revision], event))


def after(known: Revision, event: ContextApproved | ContextRefused | ContextBackfilled | ContextDropped) -> Revision:
    match event:
        case ContextApproved():
            return replace(known, approved_by=event.approved_by)
        case ContextRefused():
            return replace(known, refused=True)
        case ContextBackfilled():
            return replace(known, backfilled=True)
        case ContextDropped():
            return replace(known, dropped=True)
        case _ as never:
            assert_never(never)
