"""Which views over sources do models read?

- A revision never changes; revisions count 1, 2, 3 without a gap.
- A context is read by its source's whole key, and its view breaks none of the rules of views.
- A revision that needs approval gets it from somebody who did not publish it; a refused one is never read.
- What was dropped does not come back.
"""

from typing import assert_never

from rpds import HashTrieMap
from tenure_decider import Decider

from tenure_context_sync.context.commands import (
    ApproveContext,
    ContextCommand,
    DropContext,
    PublishContext,
    RecordBackfill,
    RefuseContext,
)
from tenure_context_sync.context.rejections import (
    ApprovalNotNeeded,
    KeyIsNotTheSources,
    PublisherMayNotApprove,
    RevisionIsDecided,
    RevisionIsFixed,
    RevisionIsGone,
    RevisionOutOfOrder,
    RevisionUnknown,
)
from tenure_context_sync.context.rules import demand_view, find
from tenure_context_sync.context.state import Revision, Revisions, evolve
from tenure_context_sync.events import (
    Column,
    ContextApproved,
    ContextBackfilled,
    ContextDropped,
    ContextEvent,
    ContextPublished,
    ContextRefused,
    View,
)


def decide(revisions: Revisions, command: ContextCommand) -> ContextEvent | None:
    match command:
        case PublishContext():
            return publish(revisions, command)
        case ApproveContext():
            return approve(undecided(revisions, command), command)
        case RefuseContext():
            return refuse(undecided(revisions, command), command)
        case RecordBackfill():
            return backfill(known(revisions, command), command)
        case DropContext():
            return drop(known(revisions, command), command)
        case _ as never:
            assert_never(never)


def publish(revisions: Revisions, command: PublishContext) -> ContextPublished | None:
    fields = readable_fields(command)
    following = len(revisions) + 1
    there = revisions.get(command.revision or following - 1)
    if there and says_the_same(there.published, command):
        return None
    revision = command.revision or following
    if revision in revisions:
        raise RevisionIsFixed(command.context, revision, following)
    if revision != following:
        raise RevisionOutOfOrder(command.context, revision, following)
    return ContextPublished(
        context=command.context,
        revision=revision,
        source=command.source,
        entity_key=command.entity_key,
        fields=fields,
        view=command.view,
        needs_approval=command.needs_approval,
        published_by=command.principal,
        published_at=command.now,
    )


def says_the_same(said: ContextPublished, command: PublishContext) -> bool:
    offered = (command.source, command.entity_key, command.view, command.needs_approval)
    return (said.source, said.entity_key, said.view, said.needs_approval) == offered


def readable_fields(command: PublishContext) -> tuple[str, ...]:
    """What the view reads of the primary row, in the order of the source's fields. Raises the rule that it breaks."""
    primary = find(command.sources, command.source)
    if sorted(command.entity_key) != sorted(primary.key):
        raise KeyIsNotTheSources(command.source, primary.key, command.entity_key)
    read = demand_view(command.view, command.source, command.entity_key, command.sources)
    return tuple(name for name in primary.fields if name in read)


def plain(fields: tuple[str, ...]) -> View:
    """Each field under its own name."""
    columns = tuple(Column(name=name, expression=name, default=None) for name in fields)
    return View(columns=columns, joins=(), aggregates=(), expectations=(), ttl_seconds=None)


def approve(revision: Revision, command: ApproveContext) -> ContextApproved | None:
    if revision.approved_by:
        return None
    if not revision.published.needs_approval:
        raise ApprovalNotNeeded(command.context, command.revision)
    if command.principal == revision.published.published_by:
        raise PublisherMayNotApprove(command.principal, command.context, command.revision)
    return ContextApproved(
        context=command.context,
        revision=command.revision,
        comment=command.comment,
        approved_by=command.principal,
        approved_at=command.now,
    )


def refuse(revision: Revision, command: RefuseContext) -> ContextRefused | None:
    if not revision.published.needs_approval:
        raise ApprovalNotNeeded(command.context, command.revision)
    if revision.approved_by:
        raise RevisionIsDecided(command.context, command.revision, "approved")
    return ContextRefused(
        context=command.context,
        revision=command.revision,
        reason=command.reason,
        refused_by=command.principal,
        refused_at=command.now,
    )


def backfill(revision: Revision, command: RecordBackfill) -> ContextBackfilled | None:
    if revision.backfilled or revision.refused or revision.dropped:
        return None
    return ContextBackfilled(
        context=command.context,
        revision=command.revision,
        rows=command.rows,
        places=command.places,
        backfilled_at=command.now,
    )


def drop(revision: Revision, command: DropContext) -> ContextDropped | None:
    if revision.dropped:
        return None
    return ContextDropped(
        context=command.context,
        revision=command.revision,
        reason=command.reason,
        unreferenced_since=command.unreferenced_since,
        dropped_at=command.now,
    )


def undecided(revisions: Revisions, command: ApproveContext | RefuseContext) -> Revision:
    """A revision of which it may still be decided."""
    revision = known(revisions, command)
    if revision.dropped:
        raise RevisionIsGone(command.context, command.revision)
    if revision.refused:
        raise RevisionIsDecided(command.context, command.revision, "refused")
    return revision


def known(revisions: Revisions, command: ApproveContext | RefuseContext | RecordBackfill | DropContext) -> Revision:
    try:
        return revisions[command.revision]
    except KeyError:
        raise RevisionUnknown(command.context, command.revision) from None


context_decider: Decider[Revisions, ContextCommand, ContextEvent] = Decider(HashTrieMap(), decide, evolve)
