"""When does a version enter a stage?"""

from dataclasses import replace
from datetime import timedelta

import pytest
from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import (
    MayNotAsk,
    RequirementsUnmet,
    StageHasOwnCommand,
    StageOutOfOrder,
    StageUnknown,
    VersionHasEnded,
    VersionUnknown,
)
from tenure_registry.names import ENDINGS, PRODUCTION, PrincipalId, Stage
from tenure_registry.parts import BasedOn

from tests.unit.registry.story import (
    NOON,
    V1,
    created,
    failed,
    granted,
    in_production,
    passed,
    refusal_withdrawn,
    refused,
    registered,
    retired,
    revoked,
    rules,
    to_production,
)
from tests.unit.registry.story_endings import deprecated
from tests.unit.registry.story_gates import reopened
from tests.unit.registry.story_policy import policy_of, way

OUTDATED = (
    "approved (1 of business or risk) is outdated, 0 of 1; "
    "that of p-risk was given before newer evidence or another fingerprint"
)
UNAPPROVED = "approved (1 of business or risk) is missing, 0 of 1"


def unmet(*sentences: str) -> dict[str, object]:
    return {"model_version": V1, "stage": PRODUCTION, "policy": "standard@0", "unmet": sentences}


def test_an_evaluated_and_approved_version_enters_production() -> None:
    given(model_decider, created, registered, passed, granted).when(to_production).then(in_production)


def test_entering_the_same_stage_again_changes_nothing() -> None:
    given(model_decider, created, registered, passed, granted, in_production).when(to_production).then_nothing()


def test_production_needs_an_evaluation() -> None:
    given(model_decider, created, registered, granted).when(to_production).then_rejected(
        RequirementsUnmet, **unmet("evaluated (evaluation) is missing")
    )


def test_a_later_failed_evaluation_blocks_production() -> None:
    given(model_decider, created, registered, passed, granted, failed).when(to_production).then_rejected(
        RequirementsUnmet, **unmet("evaluated (evaluation) is contradicted, eval-2 failed after eval-1", OUTDATED)
    )


def test_production_needs_an_approval() -> None:
    given(model_decider, created, registered, passed).when(to_production).then_rejected(
        RequirementsUnmet, **unmet(UNAPPROVED)
    )


def test_a_revoked_approval_no_longer_counts() -> None:
    given(model_decider, created, registered, passed, granted, revoked).when(to_production).then_rejected(
        RequirementsUnmet, **unmet(UNAPPROVED)
    )


def test_a_refusal_takes_the_refusers_own_approval_back() -> None:
    """Also where the refusal itself is taken back: that is no approval."""
    given(model_decider, created, registered, passed, granted, refused, refusal_withdrawn).when(
        to_production
    ).then_rejected(RequirementsUnmet, **unmet(UNAPPROVED))


def test_stages_are_entered_in_order() -> None:
    back = replace(to_production, stage="candidate")
    given(model_decider, created, registered, passed, granted, in_production).when(back).then_rejected(
        StageOutOfOrder, model_version=V1, current="production", wanted="candidate"
    )


def test_security_alone_lets_nothing_into_production() -> None:
    by_security = replace(granted, approver=PrincipalId("p-security"), approver_kind="security")
    given(model_decider, created, registered, passed, by_security).when(to_production).then_rejected(
        RequirementsUnmet, **unmet(UNAPPROVED)
    )


def test_a_newer_passed_evaluation_opens_production_again() -> None:
    again = replace(passed, evidence="eval-3")
    given(model_decider, created, registered, passed, failed, again, granted).when(to_production).then(
        replace(in_production, evidence=("eval-3",))
    )


def test_an_inconclusive_evaluation_is_not_a_passed_one() -> None:
    unclear = replace(passed, verdict="inconclusive")
    given(model_decider, created, registered, unclear, granted).when(to_production).then_rejected(
        RequirementsUnmet, **unmet("evaluated (evaluation) is inconclusive")
    )


def test_an_earlier_stage_needs_no_approval() -> None:
    to_candidate = replace(to_production, stage="candidate")
    given(model_decider, created, registered).when(to_candidate).then(
        replace(
            in_production, stage="candidate", evidence=(), approvers=(), policy=rules.policy.ref(Stage("candidate"))
        )
    )


def test_nothing_comes_back_from_retired() -> None:
    given(model_decider, created, registered, retired).when(to_production).then_rejected(
        VersionHasEnded, model_version=V1, stage="retired"
    )


def test_an_unknown_version_enters_no_stage() -> None:
    given(model_decider, created).when(to_production).then_rejected(VersionUnknown, model_version=V1)


def test_who_the_policy_does_not_name_may_not_ask() -> None:
    by_operator = replace(to_production, roles=frozenset({"operator"}))
    given(model_decider, created, registered, passed, granted).when(by_operator).then_rejected(
        MayNotAsk, stage=PRODUCTION, asked_by=("engineer",)
    )


def test_an_admin_may_ask_for_what_any_role_may_ask_for() -> None:
    by_admin = replace(to_production, roles=frozenset({"admin"}))
    given(model_decider, created, registered, passed, granted).when(by_admin).then(in_production)


def test_an_admin_enters_nothing_that_a_requirement_forbids() -> None:
    by_admin = replace(to_production, roles=frozenset({"admin"}))
    given(model_decider, created, registered, passed).when(by_admin).then_rejected(
        RequirementsUnmet, **unmet(UNAPPROVED)
    )


def test_a_stage_that_the_policy_does_not_know_is_entered_by_nothing() -> None:
    given(model_decider, created, registered).when(replace(to_production, stage=Stage("prodution"))).then_rejected(
        StageUnknown, policy="standard", stage="prodution", known=rules.policy.stages
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_end_of_a_life_is_no_stage_to_ask_for(ending: Stage) -> None:
    given(model_decider, created, registered).when(replace(to_production, stage=ending)).then_rejected(
        StageHasOwnCommand, stage=ending
    )


def test_a_deprecated_version_goes_nowhere_but_to_its_end() -> None:
    given(model_decider, created, registered, passed, granted, deprecated).when(to_production).then_rejected(
        StageOutOfOrder, model_version=V1, current="deprecated", wanted="production"
    )


def test_a_stage_with_named_ways_is_entered_by_them_alone() -> None:
    only_after_validated = policy_of(way(PRODUCTION, after=(Stage("validated"),)))
    given(model_decider, created, registered).when(replace(to_production, rules=only_after_validated)).then_rejected(
        StageOutOfOrder, model_version=V1, current=None, wanted="production"
    )


def test_a_stage_with_named_ways_is_entered_from_there() -> None:
    by_way = policy_of(way("validated"), way(PRODUCTION, after=(Stage("validated"),)))
    validated = replace(in_production, stage="validated", evidence=(), approvers=(), policy=None)
    given(model_decider, created, registered, validated).when(replace(to_production, rules=by_way)).then(
        replace(
            in_production,
            previous_stage=Stage("validated"),
            evidence=(),
            approvers=(),
            policy=by_way.policy.ref(PRODUCTION),
        )
    )


def test_what_the_decision_leaned_on_is_written_down() -> None:
    leaned_on = (BasedOn(stream="registry/policy/standard", sequence=3, digest="ab"),)
    asked = replace(to_production, rules=replace(rules, based_on=leaned_on))
    given(model_decider, created, registered, passed, granted).when(asked).then(
        replace(in_production, based_on=leaned_on)
    )


def test_entering_a_stage_closes_the_gate_that_was_open_before() -> None:
    lived = (created, registered, passed, granted, replace(in_production, stage="validated"), reopened)
    assert model_decider.fold(*lived, in_production).versions[V1].reopened == ()


def test_an_entry_told_late_is_judged_at_the_instant_that_it_names() -> None:
    """The gate is looked at again at once, with today's clock: see the reactions."""
    yesterday = NOON - timedelta(days=1)
    short = replace(granted, granted_at=yesterday - timedelta(days=1), expires_at=NOON)
    early = replace(to_production, now=yesterday)
    given(model_decider, created, registered, passed, short).when(early).then(
        replace(in_production, entered_at=yesterday)
    )
    given(model_decider, created, registered, passed, short).when(to_production).then_rejected(
        RequirementsUnmet,
        **unmet(f"approved (1 of business or risk) is expired, 0 of 1; that of p-risk ended {NOON.isoformat()}"),
    )
