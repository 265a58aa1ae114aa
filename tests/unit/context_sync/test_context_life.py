"""What becomes of a revision after it was published?"""

from dataclasses import replace

from tenure_context_sync.context.commands import ApproveContext, DropContext, RecordBackfill, RefuseContext
from tenure_context_sync.context.decider import context_decider
from tenure_context_sync.context.rejections import (
    ApprovalNotNeeded,
    PublisherMayNotApprove,
    RevisionIsDecided,
    RevisionIsGone,
    RevisionUnknown,
)
from tenure_context_sync.events import (
    ContextApproved,
    ContextBackfilled,
    ContextDropped,
    ContextEvent,
    ContextRefused,
)
from tenure_context_sync.names import PrincipalId
from tenure_decider import given

from tests.unit.context_sync.story import ENGINEER, NOON, RANGE, WEATHER, published
from tests.unit.context_sync.view.story import published as journeys

OFFICER = PrincipalId("p-officer")
waiting = replace(published, needs_approval=True)
approve = ApproveContext(context=WEATHER, revision=1, comment="seen", principal=OFFICER, now=NOON)
approved = ContextApproved(context=WEATHER, revision=1, comment="seen", approved_by=OFFICER, approved_at=NOON)
refuse = RefuseContext(context=WEATHER, revision=1, reason="no", principal=OFFICER, now=NOON)
refused = ContextRefused(context=WEATHER, revision=1, reason="no", refused_by=OFFICER, refused_at=NOON)
backfill = RecordBackfill(context=WEATHER, revision=1, rows=3, places=RANGE, now=NOON)
backfilled = ContextBackfilled(context=WEATHER, revision=1, rows=3, places=RANGE, backfilled_at=NOON)
drop = DropContext(context=WEATHER, revision=1, reason="unreferenced", unreferenced_since=NOON, now=NOON)
dropped = ContextDropped(context=WEATHER, revision=1, reason="unreferenced", unreferenced_since=NOON, dropped_at=NOON)


def test_somebody_else_approves_it() -> None:
    given(context_decider, waiting).when(approve).then(approved)


def test_approving_it_again_changes_nothing() -> None:
    given(context_decider, waiting, approved).when(approve).then_nothing()


def test_who_published_it_can_not_approve_it() -> None:
    given(context_decider, waiting).when(replace(approve, principal=ENGINEER)).then_rejected(
        PublisherMayNotApprove, approver=ENGINEER, context=WEATHER, revision=1
    )


def test_what_needs_no_approval_gets_none_and_no_refusal() -> None:
    for command in (approve, refuse):
        given(context_decider, published).when(command).then_rejected(ApprovalNotNeeded, context=WEATHER, revision=1)


def test_it_can_be_refused_also_by_who_published_it() -> None:
    given(context_decider, waiting).when(refuse).then(refused)
    given(context_decider, waiting).when(replace(refuse, principal=ENGINEER)).then(
        replace(refused, refused_by=ENGINEER)
    )


def test_what_was_decided_stays_so() -> None:
    given(context_decider, waiting, refused).when(approve).then_rejected(
        RevisionIsDecided, context=WEATHER, revision=1, decided="refused"
    )
    given(context_decider, waiting, approved).when(refuse).then_rejected(
        RevisionIsDecided, context=WEATHER, revision=1, decided="approved"
    )


def test_a_revision_that_there_is_not_has_no_life() -> None:
    for command in (approve, refuse, backfill, drop):
        given(context_decider).when(command).then_rejected(RevisionUnknown, context=WEATHER, revision=1)


def test_it_is_backfilled_once_and_only_while_it_lives() -> None:
    given(context_decider, published).when(backfill).then(backfilled)
    given(context_decider, published, backfilled).when(backfill).then_nothing()
    given(context_decider, waiting, refused).when(backfill).then_nothing()
    given(context_decider, published, dropped).when(backfill).then_nothing()


def test_it_is_dropped_once() -> None:
    given(context_decider, published).when(drop).then(dropped)
    given(context_decider, published, dropped).when(drop).then_nothing()


def test_what_was_dropped_is_not_approved_any_more() -> None:
    given(context_decider, waiting, dropped).when(approve).then_rejected(RevisionIsGone, context=WEATHER, revision=1)


def standing(*events: ContextEvent) -> str:
    return context_decider.fold(*events)[1].standing


def test_a_revision_is_read_once_it_is_approved_and_as_long_as_it_lives() -> None:
    assert standing(published) == "readable"
    assert standing(waiting) == "waiting"
    assert standing(waiting, approved) == "readable"
    assert standing(waiting, refused) == "refused"
    assert standing(published, dropped) == "dropped"


def test_a_revision_with_windows_is_read_once_they_are_backfilled() -> None:
    windowed = replace(journeys(), context=WEATHER)
    assert standing(windowed) == "backfilling"
    assert standing(windowed, backfilled) == "readable"
