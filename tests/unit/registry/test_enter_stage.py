"""When does a version enter a stage?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.rules import RequirementsUnmet, StageOutOfOrder, VersionHasEnded, VersionUnknown
from tenure_registry.names import PRODUCTION, PrincipalId, Stage

from tests.unit.registry.story import (
    V1,
    created,
    failed,
    granted,
    in_production,
    passed,
    refused,
    registered,
    retired,
    revoked,
    rules,
    to_production,
)

OUTDATED = "approved (1 of business or risk) is outdated, 0 of 1; that of p-risk was given before newer evidence"
UNAPPROVED = "approved (1 of business or risk) is missing, 0 of 1"


def unmet(*sentences: str) -> dict[str, object]:
    return {"model_version": V1, "stage": PRODUCTION, "policy": "standard@0", "unmet": sentences}


def test_an_evaluated_and_approved_version_enters_production() -> None:
    given(model_decider, created, registered, passed, granted).when(to_production).then(in_production)


def test_entering_the_same_stage_again_changes_nothing() -> None:
    given(model_decider, created, registered, passed, granted, in_production).when(to_production).then_nothing()


def test_production_needs_an_evaluation() -> None:
    given(model_decider, created, registered, granted).when(to_production).then_rejected(
        RequirementsUnmet,
        model_version=V1,
        stage="production",
        policy="standard@0",
        unmet=("evaluated (evaluation) is missing",),
    )


def test_a_later_failed_evaluation_blocks_production() -> None:
    given(model_decider, created, registered, passed, granted, failed).when(to_production).then_rejected(
        RequirementsUnmet,
        model_version=V1,
        stage="production",
        policy="standard@0",
        unmet=(
            "evaluated (evaluation) is contradicted, eval-2 failed after eval-1",
            OUTDATED,
        ),
    )


def test_production_needs_an_approval() -> None:
    given(model_decider, created, registered, passed).when(to_production).then_rejected(
        RequirementsUnmet,
        model_version=V1,
        stage="production",
        policy="standard@0",
        unmet=(UNAPPROVED,),
    )


def test_a_revoked_approval_no_longer_counts() -> None:
    given(model_decider, created, registered, passed, granted, revoked).when(to_production).then_rejected(
        RequirementsUnmet,
        model_version=V1,
        stage="production",
        policy="standard@0",
        unmet=(UNAPPROVED,),
    )


def test_a_refusal_takes_the_refusers_own_approval_back() -> None:
    given(model_decider, created, registered, passed, granted, refused).when(to_production).then_rejected(
        RequirementsUnmet,
        model_version=V1,
        stage="production",
        policy="standard@0",
        unmet=(UNAPPROVED,),
    )


def test_stages_are_entered_in_order() -> None:
    back = replace(to_production, stage="candidate")
    given(model_decider, created, registered, passed, granted, in_production).when(back).then_rejected(
        StageOutOfOrder, model_version=V1, current="production", wanted="candidate"
    )


def test_security_alone_lets_nothing_into_production() -> None:
    by_security = replace(granted, approver=PrincipalId("p-security"), approver_kind="security")
    given(model_decider, created, registered, passed, by_security).when(to_production).then_rejected(
        RequirementsUnmet,
        model_version=V1,
        stage="production",
        policy="standard@0",
        unmet=(UNAPPROVED,),
    )


def test_a_newer_passed_evaluation_opens_production_again() -> None:
    again = replace(passed, evidence="eval-3")
    given(model_decider, created, registered, passed, failed, again, granted).when(to_production).then(
        replace(in_production, evidence=("eval-3",))
    )


def test_an_inconclusive_evaluation_is_not_a_passed_one() -> None:
    unclear = replace(passed, verdict="inconclusive")
    given(model_decider, created, registered, unclear, granted).when(to_production).then_rejected(
        RequirementsUnmet,
        model_version=V1,
        stage="production",
        policy="standard@0",
        unmet=("evaluated (evaluation) is inconclusive",),
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
