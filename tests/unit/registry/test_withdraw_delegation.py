"""How does a delegation end before its day?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import (
    ApproverKindMissing,
    DelegationOfAnother,
    DelegationUnknown,
    ReasonRequired,
    VersionUnknown,
)
from tenure_registry.names import PRODUCTION

from tests.unit.registry.story import RISK_OFFICER, V1, created, refuse, registered, retired
from tests.unit.registry.story_approvals import (
    DEPUTY,
    delegate,
    delegated,
    delegation_withdrawn,
    grant_as_deputy,
    granted_by_deputy,
    withdraw_delegation,
)
from tests.unit.registry.story_endings import ADMIN

told = (created, registered, delegated)
by_admin = replace(withdraw_delegation, principal=ADMIN, may_stand_in=True, reason="left the house")


def test_who_delegated_takes_it_back() -> None:
    given(model_decider, *told).when(withdraw_delegation).then(delegation_withdrawn)


def test_an_admin_takes_it_back_with_a_reason() -> None:
    given(model_decider, *told).when(by_admin).then(
        replace(delegation_withdrawn, withdrawn_by=ADMIN, reason="left the house")
    )


def test_an_admin_says_why() -> None:
    given(model_decider, *told).when(replace(by_admin, reason=" ")).then_rejected(ReasonRequired)


def test_nobody_else_takes_it_back_the_delegate_neither() -> None:
    given(model_decider, *told).when(replace(withdraw_delegation, principal=DEPUTY)).then_rejected(
        DelegationOfAnother, approver=RISK_OFFICER, delegate=DEPUTY
    )


def test_it_is_taken_back_once() -> None:
    given(model_decider, *told, delegation_withdrawn).when(withdraw_delegation).then_rejected(
        DelegationUnknown, delegate=DEPUTY, model_version=V1, stage=PRODUCTION
    )


def test_of_an_unknown_version_nothing_is_taken_back() -> None:
    given(model_decider, created).when(withdraw_delegation).then_rejected(VersionUnknown, model_version=V1)


def test_of_a_retired_version_it_can_be_taken_back() -> None:
    given(model_decider, *told, retired).when(withdraw_delegation).then(delegation_withdrawn)


def test_from_then_on_the_delegate_decides_nothing() -> None:
    for command in (grant_as_deputy, replace(refuse, principal=DEPUTY, approver_kind=None)):
        given(model_decider, *told, delegation_withdrawn).when(command).then_rejected(
            ApproverKindMissing, principal=DEPUTY
        )


def test_what_the_delegate_granted_before_stays() -> None:
    model = model_decider.fold(*told, granted_by_deputy, delegation_withdrawn)
    assert [one.said for one in model.versions[V1].approvals.values()] == [granted_by_deputy]


def test_it_can_be_given_again() -> None:
    given(model_decider, *told, delegation_withdrawn).when(delegate).then(delegated)
