"""What can be ordered of a context?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tenure_context_sync.context.rules import Declared
from tenure_context_sync.events import PartitionRange, View
from tenure_context_sync.names import ContextName, DropReason, PrincipalId, SourceName


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishContext:
    """`sources` are those that the view names, as far as they are registered, read from their streams before.

    A `revision` of None is the next one, or the newest if that says the same.
    """

    context: ContextName
    revision: int | None
    source: SourceName
    entity_key: tuple[str, ...]
    view: View
    needs_approval: bool = False
    sources: Mapping[SourceName, Declared] = field(default_factory=dict)
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApproveContext:
    context: ContextName
    revision: int
    comment: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RefuseContext:
    context: ContextName
    revision: int
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordBackfill:
    """The keeper's: `rows` are those that were looked at, up to `places`."""

    context: ContextName
    revision: int
    rows: int
    places: tuple[PartitionRange, ...]
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DropContext:
    """The keeper's: nothing refers to the revision since then."""

    context: ContextName
    revision: int
    reason: DropReason
    unreferenced_since: datetime | None
    now: datetime


ContextCommand = PublishContext | ApproveContext | RefuseContext | RecordBackfill | DropContext
