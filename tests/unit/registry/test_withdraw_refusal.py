"""How long does a refusal stand?"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tenure_decider import given
from tenure_registry.model.commands import LookAtGate
from tenure_registry.model.decider import model_decider
from tenure_registry.model.events import GateReason, GateReopened, ModelEvent
from tenure_registry.model.requirements import findings
from tenure_registry.model.rules import NothingToWithdraw, ReasonRequired, RefusalStands, VersionUnknown
from tenure_registry.names import PRODUCTION, PrincipalId

from tests.unit.registry.story import (
    NOON,
    RISK_OFFICER,
    V1,
    created,
    grant,
    granted,
    in_production,
    passed,
    refusal_withdrawn,
    refuse,
    refused,
    registered,
    revoked,
    rules,
    to_production,
    withdraw_refusal,
)
from tests.unit.registry.story_approvals import (
    DEPUTY,
    delegated,
    expired,
    granted_by_deputy,
    granted_for_a_week,
)

OTHER, THIRD, LAWYER = PrincipalId("p-other"), PrincipalId("p-third"), PrincipalId("p-lawyer")
granted_by_other = replace(granted, approver=OTHER)
granted_by_third = replace(granted, approver=THIRD)
refused_by_lawyer = replace(refused, approver=LAWYER, approver_kind="compliance")
granted_by_lawyer = replace(granted, approver=LAWYER, approver_kind="compliance")
evaluated = (created, registered, passed)


def vetoes(*events: ModelEvent) -> list[tuple[str, tuple[int, ...]]]:
    version = model_decider.fold(*evaluated, *events).versions[V1]
    found = findings(version, PRODUCTION, rules, NOON)
    return [(one.requirement, one.sequences) for one in found if one.status == "refused"]


def test_who_refused_withdraws_it() -> None:
    given(model_decider, *evaluated, refused).when(withdraw_refusal).then(refusal_withdrawn)


def test_nobody_else_withdraws_it() -> None:
    given(model_decider, *evaluated, refused).when(replace(withdraw_refusal, principal=OTHER)).then_rejected(
        NothingToWithdraw, approver=OTHER, model_version=V1, stage=PRODUCTION
    )


def test_a_refusal_is_withdrawn_once() -> None:
    given(model_decider, *evaluated, refused, refusal_withdrawn).when(withdraw_refusal).then_rejected(
        NothingToWithdraw, approver=RISK_OFFICER, model_version=V1, stage=PRODUCTION
    )


def test_a_withdrawal_says_why() -> None:
    given(model_decider, *evaluated, refused).when(replace(withdraw_refusal, reason=" ")).then_rejected(ReasonRequired)


def test_of_an_unknown_version_nothing_is_withdrawn() -> None:
    given(model_decider, created).when(withdraw_refusal).then_rejected(VersionUnknown, model_version=V1)


def test_after_a_withdrawal_the_same_words_refuse_again() -> None:
    given(model_decider, *evaluated, refused, refusal_withdrawn).when(refuse).then(refused)


def test_a_refusal_keeps_a_version_out_though_all_else_is_met() -> None:
    given(model_decider, *evaluated, granted_by_other, refused).when(to_production).then_rejected(
        RefusalStands,
        model_version=V1,
        stage=PRODUCTION,
        refusals=("no refusal by risk, by p-risk (#5)",),
    )


def test_a_kind_that_the_policy_does_not_ask_for_refuses_all_the_same() -> None:
    given(model_decider, *evaluated, granted, refused_by_lawyer).when(to_production).then_rejected(
        RefusalStands,
        model_version=V1,
        stage=PRODUCTION,
        refusals=("no refusal by compliance, by p-lawyer (#5)",),
    )


def test_each_kind_that_refuses_has_a_finding_with_the_events_that_say_so() -> None:
    again = replace(refused, approver=THIRD)
    assert vetoes(refused, refused_by_lawyer, again) == [
        ("no refusal by compliance", (5,)),
        ("no refusal by risk", (4, 6)),
    ]


@pytest.mark.parametrize(
    "events",
    [
        (refused, refusal_withdrawn),
        (refused, granted_by_other),
        (refused, granted),
        (refused_by_lawyer, granted_by_lawyer),
        (refused, replace(refused, approver=THIRD), granted_by_other),
        (replace(refused, stage="candidate"),),
        (delegated, replace(refused, approver=DEPUTY), granted),
    ],
    ids=[
        "withdrawn",
        "granted anew by the kind",
        "granted by who refused",
        "another kind's",
        "two of them, lifted by one grant",
        "of another stage",
        "a deputy's, overruled by whom they decide for",
    ],
)
def test_it_stands_no_longer(events: Sequence[ModelEvent]) -> None:
    assert vetoes(*events) == []


@pytest.mark.parametrize(
    "events",
    [
        (granted_by_other, refused),
        (refused, granted_by_lawyer),
        (refused, replace(granted_by_other, stage="candidate")),
        (refused, granted_by_other, replace(revoked, approver=OTHER)),
        (refused, replace(granted_for_a_week, approver=OTHER), replace(expired, approver=OTHER)),
        (refused, replace(granted_by_other, expires_at=NOON)),
        (delegated, refused, granted_by_deputy),
    ],
    ids=[
        "granted before it",
        "granted by another kind",
        "granted for another stage",
        "the grant is taken back",
        "the grant has expired",
        "the grant is over, which no event says yet",
        "granted by the deputy of who refused",
    ],
)
def test_it_goes_on_standing(events: Sequence[ModelEvent]) -> None:
    assert len(vetoes(*events)) == 1


def test_an_approver_who_granted_before_the_refusal_grants_anew_in_the_same_words() -> None:
    anew = replace(grant, principal=OTHER)
    known = (created, registered, granted_by_other)
    given(model_decider, *known).when(anew).then_nothing()
    given(model_decider, *known, refused).when(anew).then(granted_by_other)


def test_a_refusal_by_another_kind_makes_no_grant_new() -> None:
    given(model_decider, created, registered, granted, refused_by_lawyer).when(grant).then_nothing()


def test_a_refusal_reopens_the_gate_of_what_is_in_production() -> None:
    look = LookAtGate(model_version=V1, rules=rules, now=NOON)
    why = GateReason(requirement="no refusal by compliance", status="refused", detail="by p-lawyer (#6)")
    given(model_decider, *evaluated, granted, in_production, refused_by_lawyer).when(look).then(
        GateReopened(
            model_version=V1,
            stage=PRODUCTION,
            reasons=(why,),
            policy=rules.policy.ref(PRODUCTION),
            reopened_at=NOON,
        )
    )
