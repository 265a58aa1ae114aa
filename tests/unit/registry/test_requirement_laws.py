"""Which laws hold of requirements, whatever is asked and whatever was recorded?"""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given as for_all
from hypothesis import strategies as st
from tenure_registry.model.decider import model_decider
from tenure_registry.model.events import EvidenceRecorded
from tenure_registry.model.requirements import Finding, findings, side, unmet
from tenure_registry.model.state import Version
from tenure_registry.names import PRODUCTION
from tenure_registry.parts import ContextRef, Metric
from tenure_registry.policy.document import ApprovalRequirement, EvidenceRequirement

from tests.unit.registry.story import NOON, V1, created, granted, passed, registered
from tests.unit.registry.story_policy import policy_of, way

share = st.floats(0, 1)
days = st.integers(0, 100)
figures = st.builds(
    Metric,
    name=st.sampled_from(["brier", "accuracy"]),
    value=share,
    slice=st.sampled_from([None, "winter", "summer"]),
    n=st.integers(0, 50),
    low=st.none() | share,
    high=st.none() | share,
)
evidence_asked = st.builds(
    EvidenceRequirement,
    name=st.just("asked"),
    kind=st.sampled_from(["evaluation", "fairness"]),
    metric=st.sampled_from([None, "brier", "accuracy"]),
    at_least=st.none() | share,
    at_most=st.none() | share,
    slices=st.sampled_from(["overall", "each"]),
    min_n=st.integers(0, 50),
    max_age_days=st.none() | days,
    tool=st.none(),
    tiers=st.just(()),
    applies_from=st.none() | days.map(lambda n: NOON + timedelta(days=n)),
    waived=st.just(None),
)
approval_asked = st.builds(
    ApprovalRequirement,
    name=st.just("signed"),
    kinds=st.sampled_from([("risk",), ("risk", "business")]),
    count=st.integers(1, 3),
    max_age_days=st.none() | days,
    tiers=st.just(()),
    applies_from=st.none(),
    waived=st.none(),
)
recorded = st.builds(
    lambda number, kind, verdict, metrics, revision, day: replace(
        passed,
        evidence=f"e{number}",
        kind=kind,
        verdict=verdict,
        metrics=tuple(metrics),
        contexts=(ContextRef(context="weather", revision=revision),),
        recorded_at=NOON + timedelta(days=day),
    ),
    st.uuids(),
    st.sampled_from(["evaluation", "fairness"]),
    st.sampled_from(["passed", "failed", "inconclusive"]),
    st.lists(figures, max_size=4),
    st.integers(1, 3),
    days,
)
approved = st.builds(
    lambda number, kind: replace(granted, approver=f"p{number}", approver_kind=kind, policy=None),
    st.integers(0, 3),
    st.sampled_from(["risk", "business"]),
)
lives = st.lists(recorded | approved, max_size=6)
looks = days.map(lambda n: NOON + timedelta(days=n))


def lived(events: list[EvidenceRecorded]) -> Version:
    return model_decider.fold(created, registered, *events).versions[V1]


def stands(asked: EvidenceRequirement, events: list[EvidenceRecorded], now: datetime, bound: int = 0) -> Finding:
    rules = replace(policy_of(way(PRODUCTION, evidence=(asked,))), contexts={"weather": bound})
    [found] = findings(lived(events), PRODUCTION, rules, now)
    return found


@for_all(figures, evidence_asked)
def test_a_figure_with_too_few_cases_never_meets(figure: Metric, asked: EvidenceRequirement) -> None:
    few = replace(figure, n=min(figure.n, asked.min_n - 1))
    assert few.n >= asked.min_n or side(few, asked) != "met"


@for_all(figures, share, share, evidence_asked)
def test_a_wider_interval_never_turns_into_a_pass(
    figure: Metric, lower: float, higher: float, asked: EvidenceRequirement
) -> None:
    known = [one for one in (figure.low, figure.value, figure.high) if one is not None]
    wider = replace(figure, low=min(*known, lower), high=max(*known, higher))
    assert side(figure, asked) == "met" or side(wider, asked) != "met"


@for_all(lives, evidence_asked, recorded, looks)
def test_newer_evidence_that_did_not_pass_never_meets(
    events: list[EvidenceRecorded], asked: EvidenceRequirement, newer: EvidenceRecorded, now: datetime
) -> None:
    for verdict in ("failed", "inconclusive"):
        bad = replace(newer, kind=asked.kind, verdict=verdict)
        assert stands(asked, [*events, bad], now).status != "met"


@for_all(lives, evidence_asked, looks)
def test_a_pass_rests_on_evidence_that_passed_itself(
    events: list[EvidenceRecorded], asked: EvidenceRequirement, now: datetime
) -> None:
    found = stands(asked, events, now)
    if found.status == "met":
        [name] = found.by
        assert lived(events).evidence[name].said.verdict == "passed"


@for_all(lives, st.lists(evidence_asked, max_size=3), st.lists(approval_asked, max_size=2), evidence_asked, looks)
def test_one_more_thing_to_ask_for_never_unblocks(
    events: list[EvidenceRecorded],
    asked: list[EvidenceRequirement],
    signed: list[ApprovalRequirement],
    more: EvidenceRequirement,
    now: datetime,
) -> None:
    version = lived(events)
    named = tuple(replace(one, name=f"asked-{place}") for place, one in enumerate(asked))
    few, many = (
        policy_of(way(PRODUCTION, evidence=evidence, approvals=tuple(signed)))
        for evidence in (named, (*named, replace(more, name="more")))
    )
    before = unmet(findings(version, PRODUCTION, few, now))
    after = unmet(findings(version, PRODUCTION, many, now))
    assert {one.requirement for one in before} <= {one.requirement for one in after}


@for_all(lives, evidence_asked, looks, st.integers(0, 4), st.integers(0, 4))
def test_a_newer_bound_revision_never_unblocks(
    events: list[EvidenceRecorded], asked: EvidenceRequirement, now: datetime, bound: int, further: int
) -> None:
    later = stands(asked, events, now, bound + further)
    assert later.status != "met" or stands(asked, events, now, bound).status == "met"


@for_all(lives, evidence_asked, days, days)
def test_time_alone_never_meets_what_was_asked_for_already(
    events: list[EvidenceRecorded], asked: EvidenceRequirement, day: int, further: int
) -> None:
    in_force = replace(asked, applies_from=None)
    later = stands(in_force, events, NOON + timedelta(days=day + further))
    assert later.status != "met" or stands(in_force, events, NOON + timedelta(days=day)).status == "met"


@for_all(lives, evidence_asked, days)
def test_nothing_changes_before_the_instant_that_is_said(
    events: list[EvidenceRecorded], asked: EvidenceRequirement, day: int
) -> None:
    """The calendar looks only then."""
    now = NOON + timedelta(days=day)
    found = stands(asked, events, now)
    if found.status == "met" and found.until is not None:
        assert stands(asked, events, found.until - timedelta(microseconds=1)).status == "met"
        assert stands(asked, events, found.until).status == "expired"
