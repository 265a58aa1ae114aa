"""Who may decide in an approver's place?"""

from dataclasses import replace
from datetime import timedelta

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import (
    AlreadyOver,
    ApproverKindMissing,
    DelegationToAuthor,
    FourEyesRequired,
    VersionHasEnded,
    VersionUnknown,
)

from tests.unit.registry.story import AUTHOR, NOON, RISK_OFFICER, V1, created, registered, retired
from tests.unit.registry.story_approvals import NEXT_WEEK, delegate, delegated

LATER = NEXT_WEEK + timedelta(days=7)


def test_an_approver_lets_somebody_else_decide() -> None:
    given(model_decider, created, registered).when(delegate).then(delegated)


def test_delegating_again_changes_nothing() -> None:
    given(model_decider, created, registered, delegated).when(delegate).then_nothing()


def test_a_delegation_can_be_prolonged() -> None:
    given(model_decider, created, registered, delegated).when(replace(delegate, until=LATER)).then(
        replace(delegated, until=LATER)
    )


def test_an_approver_of_another_kind_now_delegates_anew() -> None:
    given(model_decider, created, registered, delegated).when(replace(delegate, approver_kind="business")).then(
        replace(delegated, approver_kind="business")
    )


def test_who_may_not_approve_delegates_nothing() -> None:
    given(model_decider, created, registered).when(replace(delegate, approver_kind=None)).then_rejected(
        ApproverKindMissing, principal=RISK_OFFICER
    )


def test_what_was_delegated_is_not_passed_on() -> None:
    by_deputy = replace(delegate, principal=delegate.delegate, approver_kind=None)
    given(model_decider, created, registered, delegated).when(by_deputy).then_rejected(
        ApproverKindMissing, principal=delegate.delegate
    )


def test_nothing_is_delegated_to_the_author() -> None:
    given(model_decider, created, registered).when(replace(delegate, delegate=AUTHOR)).then_rejected(
        DelegationToAuthor, delegate=AUTHOR, model_version=V1
    )


def test_the_author_has_no_decision_to_delegate() -> None:
    given(model_decider, created, registered).when(replace(delegate, principal=AUTHOR)).then_rejected(
        FourEyesRequired, approver=AUTHOR, model_version=V1, role="author"
    )


def test_a_delegation_ends_in_the_future() -> None:
    given(model_decider, created, registered).when(replace(delegate, until=NOON)).then_rejected(
        AlreadyOver, instant=NOON
    )


def test_a_retired_version_leaves_nothing_to_decide() -> None:
    given(model_decider, created, registered, retired).when(delegate).then_rejected(
        VersionHasEnded, model_version=V1, stage="retired"
    )


def test_an_unknown_version_leaves_nothing_to_decide() -> None:
    given(model_decider, created).when(delegate).then_rejected(VersionUnknown, model_version=V1)
