"""Could a version enter today the stage that it is in?"""

from dataclasses import replace
from datetime import timedelta

from tenure_decider import given
from tenure_registry.model.decider import model_decider
from tenure_registry.model.events import GateReason
from tenure_registry.model.rules import VersionUnknown
from tenure_registry.names import PRODUCTION
from tenure_registry.parts import ContextRef

from tests.unit.registry.story import (
    NOON,
    V1,
    created,
    failed,
    granted,
    in_production,
    passed,
    registered,
    revoked,
    rules,
)
from tests.unit.registry.story_endings import deprecated, retired
from tests.unit.registry.story_gates import look, reopened, satisfied, unapproved
from tests.unit.registry.story_policy import brier_limit, house, rules_of, way

serving = (created, registered, passed, granted, in_production)


def test_a_gate_stays_closed_while_all_is_met() -> None:
    given(model_decider, *serving).when(look).then_nothing()


def test_a_revoked_approval_reopens_the_gate() -> None:
    given(model_decider, *serving, revoked).when(look).then(reopened)


def test_a_gate_that_is_open_for_the_same_reasons_is_not_opened_again() -> None:
    given(model_decider, *serving, revoked, reopened).when(look).then_nothing()


def test_another_reason_is_told() -> None:
    """The failed evaluation contradicts the passed one; of the approvals nothing is left either."""
    found = GateReason(requirement="evaluated", status="contradicted", detail="eval-2 failed after eval-1")
    given(model_decider, *serving, revoked, reopened, failed).when(look).then(
        replace(reopened, reasons=(found, unapproved))
    )


def test_a_gate_is_satisfied_when_what_was_lacking_is_there_again() -> None:
    given(model_decider, *serving, revoked, reopened, granted).when(look).then(satisfied)


def test_a_satisfied_gate_is_not_satisfied_again() -> None:
    given(model_decider, *serving, revoked, reopened, granted, satisfied).when(look).then_nothing()


def test_a_stricter_policy_reopens_the_gate() -> None:
    stricter = rules_of(replace(house, transitions=(way(PRODUCTION, evidence=(replace(brier_limit, at_most=0.1),)),)))
    reason = GateReason(requirement="quality", status="failed", detail="brier is 0.16 (0.15 to 0.17), n 5000")
    given(model_decider, *serving).when(replace(look, rules=stricter)).then(
        replace(reopened, reasons=(reason,), policy=stricter.policy.ref(PRODUCTION))
    )


def test_a_newer_context_revision_reopens_the_gate() -> None:
    made_with = replace(passed, contexts=(ContextRef(context="weather", revision=1),))
    lived = (created, registered, made_with, granted, in_production)
    bound = replace(look, rules=replace(rules, contexts={"weather": 2}))
    reason = GateReason(requirement="evaluated", status="outdated", detail="made with weather@1, bound is @2")
    given(model_decider, *lived).when(bound).then(replace(reopened, reasons=(reason,)))


def test_a_revision_that_another_version_is_bound_to_leaves_the_gate_alone() -> None:
    made_with = replace(passed, contexts=(ContextRef(context="weather", revision=1),))
    lived = (created, registered, made_with, granted, in_production)
    own = {(registered.model_version, "weather"): 1, ("another", "weather"): 2}
    bound = replace(look, rules=replace(rules, contexts={"weather": 2}, own=own))
    given(model_decider, *lived).when(bound).then_nothing()


def test_age_alone_reopens_the_gate() -> None:
    aging = rules_of(replace(house, transitions=(way(PRODUCTION, evidence=(brier_limit,)),)))
    too_old = NOON + timedelta(days=90)
    reason = GateReason(requirement="quality", status="expired", detail=f"since {too_old.isoformat()}")
    given(model_decider, *serving).when(replace(look, rules=aging, now=too_old)).then(
        replace(reopened, reasons=(reason,), policy=aging.policy.ref(PRODUCTION), reopened_at=too_old)
    )


def test_a_version_in_no_stage_has_no_gate() -> None:
    given(model_decider, created, registered).when(look).then_nothing()


def test_a_deprecated_version_has_no_gate_and_leaves_none_open() -> None:
    given(model_decider, *serving, revoked, reopened, deprecated).when(look).then_nothing()


def test_a_retired_version_has_no_gate_and_leaves_none_open() -> None:
    given(model_decider, *serving, revoked, reopened, retired).when(look).then_nothing()


def test_an_unknown_version_has_no_gate() -> None:
    given(model_decider, created).when(look).then_rejected(VersionUnknown, model_version=V1)
