"""Does a version meet what its policy asks for? Each way of standing, in one line."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tenure_registry.model.commands import Rules
from tenure_registry.model.decider import model_decider
from tenure_registry.model.events import ApprovalGranted, EvidenceRecorded, ModelEvent
from tenure_registry.model.requirements import Finding, findings, next_change, unmet
from tenure_registry.names import PRODUCTION, PrincipalId, Stage
from tenure_registry.parts import ContextRef, Metric
from tenure_registry.policy.document import ApprovalRequirement, EvidenceRequirement
from tenure_registry.policy.inheritance import EffectivePolicy

from tests.unit.registry.story import (
    NOON,
    RISK_OFFICER,
    V1,
    created,
    failed,
    granted,
    passed,
    registered,
    revoked,
)
from tests.unit.registry.story_approvals import DEPUTY, NEXT_WEEK, granted_by_deputy
from tests.unit.registry.story_catalogue import observed, registered_hosted
from tests.unit.registry.story_policy import brier_limit, house, policy_of, rules_of, two_of_risk, way

inconclusive = replace(passed, evidence="eval-3", verdict="inconclusive")
any_evaluation = replace(brier_limit, metric=None, at_most=None, min_n=0, max_age_days=None)
good = Metric(name="brier", value=0.1, slice=None, n=5_000, low=0.09, high=0.11)
in_winter, in_summer = replace(good, slice="winter"), replace(good, slice="summer")
SECOND_OFFICER = PrincipalId("p-second")
one_of_risk = replace(two_of_risk, count=1)


def stands(rules: Rules, *events: ModelEvent, now: datetime = NOON, hosted: bool = False) -> tuple[Finding, ...]:
    lived = (created, registered_hosted if hosted else registered, *events)
    return findings(model_decider.fold(*lived).versions[V1], PRODUCTION, rules, now)


def evidence(asked: EvidenceRequirement, *events: ModelEvent, now: datetime = NOON, tier: str | None = None) -> Finding:
    [found] = stands(replace(policy_of(way(PRODUCTION, evidence=(asked,))), risk_tier=tier), *events, now=now)
    return found


def approval(asked: ApprovalRequirement, *events: ModelEvent, now: datetime = NOON) -> Finding:
    [found] = stands(policy_of(way(PRODUCTION, approvals=(asked,))), *events, now=now)
    return found


def with_figures(*figures: Metric) -> EvidenceRecorded:
    return replace(passed, metrics=figures)


def under(policy: EffectivePolicy, said: ApprovalGranted = granted) -> ApprovalGranted:
    return replace(said, policy=policy.ref(PRODUCTION))


@pytest.mark.parametrize(
    ("events", "status", "by"),
    [
        ((), "missing", ()),
        ((passed,), "met", ("eval-1",)),
        ((failed,), "failed", ("eval-2",)),
        ((inconclusive,), "inconclusive", ("eval-3",)),
        ((passed, failed), "contradicted", ("eval-1", "eval-2")),
        ((failed, passed), "met", ("eval-1",)),
        ((passed, inconclusive), "inconclusive", ("eval-3",)),
        ((inconclusive, failed), "failed", ("eval-2",)),
        ((replace(passed, kind="fairness"),), "missing", ()),
    ],
)
def test_the_newest_result_of_a_kind_counts(events: Sequence[ModelEvent], status: str, by: tuple[str, ...]) -> None:
    found = evidence(any_evaluation, *events)
    assert (found.status, found.by) == (status, by)


def test_a_finding_names_the_events_that_it_rests_on() -> None:
    assert evidence(any_evaluation, passed, failed).sequences == (3, 4)


def test_a_tool_that_is_asked_for_is_asked_for_by_name() -> None:
    by_garak = replace(any_evaluation, tool="garak")
    assert evidence(by_garak, passed).status == "missing"
    assert evidence(by_garak, replace(passed, tool="garak"), failed).status == "met"


@pytest.mark.parametrize(
    ("figure", "status"),
    [
        (good, "met"),
        (replace(good, high=0.2), "met"),
        (replace(good, high=0.21), "inconclusive"),
        (replace(good, low=0.2, value=0.25, high=0.3), "inconclusive"),
        (replace(good, low=0.21, value=0.25, high=0.3), "failed"),
        (replace(good, low=None, high=None), "met"),
        (replace(good, value=0.2, low=None, high=None), "met"),
        (replace(good, value=0.21, low=None, high=None), "failed"),
        (replace(good, n=100), "met"),
        (replace(good, n=99), "inconclusive"),
        (replace(good, n=0), "inconclusive"),
        (replace(good, n=99, low=0.21, value=0.25, high=0.3), "failed"),
        (replace(good, value=0.9), "inconclusive"),
        (replace(good, low=0.11, high=0.09), "met"),
    ],
)
def test_a_figure_is_on_the_right_side_only_with_its_whole_interval_and_enough_cases(
    figure: Metric, status: str
) -> None:
    assert evidence(brier_limit, with_figures(figure)).status == status


def test_a_lower_limit_is_a_limit_too() -> None:
    accuracy = replace(brier_limit, metric="accuracy", at_most=None, at_least=0.8)
    figure = replace(good, name="accuracy", value=0.9, low=0.8, high=0.95)
    assert evidence(accuracy, with_figures(figure)).status == "met"
    assert evidence(accuracy, with_figures(replace(figure, low=0.79))).status == "inconclusive"
    assert evidence(accuracy, with_figures(replace(figure, value=0.7, low=0.6, high=0.79))).status == "failed"


@pytest.mark.parametrize(
    ("figures", "status", "detail"),
    [
        ((good, in_winter, in_summer), "met", ""),
        ((good,), "missing", "no slices of brier in it"),
        ((in_winter, in_summer), "missing", "no brier in it"),
        (
            (good, in_winter, replace(in_summer, n=99)),
            "inconclusive",
            "brier of summer is 0.1 (0.09 to 0.11), n 99",
        ),
        (
            (good, replace(in_winter, n=99), replace(in_summer, value=0.5, low=0.4, high=0.6)),
            "failed",
            "brier of summer is 0.5 (0.4 to 0.6), n 5000",
        ),
    ],
)
def test_each_slice_must_be_there_and_large_enough(figures: Sequence[Metric], status: str, detail: str) -> None:
    found = evidence(replace(brier_limit, slices="each"), with_figures(*figures))
    assert (found.status, found.detail) == (status, detail)


def test_without_each_a_bad_slice_is_nobodys_concern() -> None:
    assert evidence(brier_limit, with_figures(good, replace(in_winter, value=0.9, n=1))).status == "met"


def test_a_metric_that_is_not_in_the_evidence_is_missing() -> None:
    assert evidence(brier_limit, with_figures(replace(good, name="accuracy"))).status == "missing"


@pytest.mark.parametrize(
    ("figures", "status"),
    [
        ((), "missing"),
        ((good,), "met"),
        ((good, replace(good, name="accuracy", n=99)), "inconclusive"),
    ],
)
def test_a_number_of_cases_is_asked_of_all_figures_where_no_metric_is_named(
    figures: Sequence[Metric], status: str
) -> None:
    assert evidence(replace(any_evaluation, min_n=100), with_figures(*figures)).status == status


def test_evidence_is_too_old_on_the_instant() -> None:
    too_old = NOON + timedelta(days=90)
    assert evidence(brier_limit, passed, now=too_old - timedelta(microseconds=1)).status == "met"
    assert evidence(brier_limit, passed, now=too_old).status == "expired"


def test_evidence_that_is_too_old_says_since_when_whatever_its_verdict() -> None:
    too_old = NOON + timedelta(days=90)
    found = evidence(brier_limit, failed, now=too_old)
    assert (found.status, found.detail) == ("expired", f"since {too_old.isoformat()}")


def test_evidence_says_until_when_it_counts() -> None:
    assert evidence(brier_limit, passed).until == NOON + timedelta(days=90)


@pytest.mark.parametrize(
    ("bound", "status"), [({}, "met"), ({"weather": 2}, "met"), ({"weather": 3}, "outdated"), ({"crew": 9}, "met")]
)
def test_a_newer_bound_revision_outdates_what_was_made_with_an_older_one(bound: dict[str, int], status: str) -> None:
    made_with = replace(passed, contexts=(ContextRef(context="weather", revision=2),))
    rules = replace(policy_of(way(PRODUCTION, evidence=(any_evaluation,))), contexts=bound)
    assert stands(rules, made_with)[0].status == status


def test_another_fingerprint_outdates_evidence_from_before() -> None:
    rules = policy_of(way(PRODUCTION, evidence=(any_evaluation,)))
    [found] = stands(rules, passed, observed, hosted=True)
    assert (found.status, found.detail) == ("outdated", "the vendor serves fp-2 now")
    assert stands(rules, observed, passed, hosted=True)[0].status == "met"


def test_what_is_waived_is_asked_of_nobody_and_says_why() -> None:
    found = evidence(replace(brier_limit, waived="no labels yet"), failed)
    assert (found.status, found.detail, found.by) == ("waived", "no labels yet", ())
    assert unmet([found]) == []


def test_what_is_not_yet_in_force_is_asked_of_nobody_until_the_instant() -> None:
    from_then_on = replace(brier_limit, applies_from=NEXT_WEEK)
    before = evidence(from_then_on, now=NEXT_WEEK - timedelta(microseconds=1))
    assert (before.status, before.detail, unmet([before])) == ("not_yet_in_force", "from 2026-12-01 on", [])
    assert evidence(from_then_on, now=NEXT_WEEK).status == "missing"


@pytest.mark.parametrize(("tier", "asked"), [("high", True), ("low", False), (None, False)])
def test_a_requirement_of_a_tier_is_asked_of_models_of_that_tier(tier: str | None, asked: bool) -> None:
    rules = rules_of(replace(house, transitions=(way(PRODUCTION, evidence=(replace(brier_limit, tiers=("high",)),)),)))
    assert bool(stands(replace(rules, risk_tier=tier))) == asked


def test_a_requirement_without_tiers_is_asked_of_all() -> None:
    assert evidence(brier_limit, tier="low").status == "missing"


two_sign = policy_of(way(PRODUCTION, approvals=(two_of_risk,))).policy
first, second = under(two_sign), under(two_sign, replace(granted, approver=SECOND_OFFICER))


@pytest.mark.parametrize(
    ("events", "status", "detail"),
    [
        ((), "missing", "0 of 2"),
        ((first,), "missing", "1 of 2"),
        ((first, second), "met", ""),
        ((first, first), "missing", "1 of 2"),
        ((first, second, revoked), "missing", "1 of 2"),
        ((first, replace(second, approver_kind="business")), "missing", "1 of 2"),
        ((first, replace(second, stage=Stage("validated"))), "missing", "1 of 2"),
        ((first, under(two_sign, granted_by_deputy)), "missing", "1 of 2"),
        ((second, under(two_sign, granted_by_deputy)), "met", ""),
    ],
)
def test_n_different_voices_of_the_right_kind_are_needed(
    events: Sequence[ModelEvent], status: str, detail: str
) -> None:
    found = approval(two_of_risk, *events)
    assert (found.status, found.detail) == (status, detail)


def test_two_deputies_of_one_officer_are_one_voice() -> None:
    other = replace(granted_by_deputy, approver=PrincipalId("p-other"))
    found = approval(two_of_risk, under(two_sign, granted_by_deputy), under(two_sign, other))
    assert (found.status, found.detail, found.by) == ("missing", "1 of 2", (DEPUTY, "p-other"))


one_signs = policy_of(way(PRODUCTION, approvals=(one_of_risk,))).policy
signed = under(one_signs)


def test_an_approval_ends_on_the_instant() -> None:
    until = replace(signed, expires_at=NEXT_WEEK)
    assert approval(one_of_risk, until, now=NEXT_WEEK - timedelta(microseconds=1)).status == "met"
    found = approval(one_of_risk, until, now=NEXT_WEEK)
    assert (found.status, found.detail) == (
        "expired",
        f"0 of 1; that of {RISK_OFFICER} ended {NEXT_WEEK.isoformat()}",
    )


def test_an_approval_gets_too_old_on_the_instant() -> None:
    for_a_week = replace(one_of_risk, max_age_days=7)
    lately = under(policy_of(way(PRODUCTION, approvals=(for_a_week,))).policy)
    assert approval(for_a_week, lately, now=NEXT_WEEK - timedelta(microseconds=1)).status == "met"
    assert approval(for_a_week, lately, now=NEXT_WEEK).status == "expired"


def test_an_approval_says_until_when_it_counts_by_its_day_or_its_age() -> None:
    both = replace(one_of_risk, max_age_days=30)
    policy = policy_of(way(PRODUCTION, approvals=(both,))).policy
    assert approval(both, under(policy)).until == NOON + timedelta(days=30)
    assert approval(both, replace(under(policy), expires_at=NEXT_WEEK)).until == NEXT_WEEK


def test_an_approval_under_other_rules_of_its_stage_is_outdated() -> None:
    found = approval(one_of_risk, first)
    assert (found.status, found.detail) == ("outdated", f"0 of 1; that of {RISK_OFFICER} was given under house@1")


def test_an_approval_from_before_there_were_policies_stands() -> None:
    assert approval(one_of_risk, replace(granted, policy=None, evidence_digest=None)).status == "met"


def test_an_approval_from_before_newer_evidence_that_is_asked_for_is_outdated() -> None:
    rules = policy_of(way(PRODUCTION, evidence=(any_evaluation,), approvals=(one_of_risk,)))
    said = under(rules.policy)
    assert [one.status for one in stands(rules, passed, said)] == ["met", "met"]
    assert [one.status for one in stands(rules, said, passed)] == ["met", "outdated"]


def test_evidence_that_nobody_asks_for_leaves_approvals_standing() -> None:
    assert approval(one_of_risk, signed, replace(passed, kind="sbom")).status == "met"


def test_a_stage_that_the_policy_does_not_know_asks_for_nothing() -> None:
    version = model_decider.fold(created, registered).versions[V1]
    assert findings(version, Stage("nowhere"), policy_of(way(PRODUCTION)), NOON) == ()


def test_the_next_change_is_the_soonest_of_all() -> None:
    starts_later = replace(brier_limit, name="later", applies_from=NEXT_WEEK)
    transition = way(PRODUCTION, evidence=(brier_limit, starts_later))
    found = stands(policy_of(transition), passed)
    assert next_change(found, transition, NOON) == NEXT_WEEK
    assert next_change(found, transition, NEXT_WEEK) == NOON + timedelta(days=90)
    assert next_change([], transition, NEXT_WEEK) is None
    assert next_change([], None, NOON) is None


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (any_evaluation, "evaluation"),
        (brier_limit, "evaluation, brier at most 0.2, n at least 100, not older than 90 days"),
        (
            replace(brier_limit, kind="prompt_injection", tool="garak", metric="hit_rate", slices="each", min_n=0),
            "prompt injection by garak, hit_rate at most 0.2 in each slice, not older than 90 days",
        ),
    ],
)
def test_what_is_asked_for_reads_as_a_line(asked: EvidenceRequirement, sentence: str) -> None:
    assert evidence(asked).wanted == sentence


def test_approvals_that_are_asked_for_read_as_a_line() -> None:
    assert approval(replace(two_of_risk, kinds=("risk", "business"), max_age_days=30)).wanted == (
        "2 of risk or business, not older than 30 days"
    )
