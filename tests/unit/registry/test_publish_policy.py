"""What may a policy say?"""

from dataclasses import replace

import pytest
from tenure_decider import given
from tenure_registry.names import ENDINGS, PRODUCTION, Stage
from tenure_registry.parts import BasedOn
from tenure_registry.policy.decider import policy_decider
from tenure_registry.policy.document import PolicyDocument, Transition
from tenure_registry.policy.rules import (
    LimitMissing,
    MetricNotReported,
    NamedTwice,
    NothingOverridden,
    OverrideUndeclared,
    ParentUnknown,
    PolicyInheritsItself,
    ProductionMissing,
    StageHasItsOwnWay,
    TierUnknown,
    WaiverWithoutRule,
    WayFromNowhere,
)

from tests.unit.registry.story_policy import (
    BANK,
    SECOND,
    bank,
    brier_limit,
    house,
    publish,
    publish_bank,
    published,
    two_of_risk,
    way,
)

QUALITY = "transitions.production.evidence.quality"
weaker = replace(brier_limit, at_most=0.3)


def with_ways(document: PolicyDocument, *transitions: Transition) -> PolicyDocument:
    return replace(document, transitions=transitions)


def test_a_policys_first_document_is_its_first_revision() -> None:
    given(policy_decider).when(publish).then(published)


def test_the_same_document_again_is_the_same_revision() -> None:
    given(policy_decider, published).when(publish).then_nothing()


def test_another_document_is_the_next_revision() -> None:
    other = replace(house, title="House rules, mended")
    given(policy_decider, published).when(replace(publish, document=other, digest=SECOND)).then(
        replace(published, revision=2, document=other, digest=SECOND)
    )


def test_going_back_to_an_old_document_is_a_revision_of_its_own() -> None:
    second = replace(published, revision=2, digest=SECOND)
    given(policy_decider, published, second).when(publish).then(replace(published, revision=3))


def test_a_policy_inherits_and_says_from_which_revision() -> None:
    leaned_on = (BasedOn(stream="registry/policy/house", sequence=1, digest="ab"),)
    given(policy_decider).when(replace(publish_bank, based_on=leaned_on)).then(
        replace(published, policy=BANK, document=bank, based_on=leaned_on)
    )


def test_a_policy_inherits_from_one_that_is_there() -> None:
    given(policy_decider).when(replace(publish_bank, ancestors=(), missing="house")).then_rejected(
        ParentUnknown, extends="house"
    )


def test_a_policy_never_inherits_from_itself() -> None:
    given(policy_decider).when(replace(publish_bank, circle=("bank", "house", "bank"))).then_rejected(
        PolicyInheritsItself, circle=("bank", "house", "bank")
    )


def test_a_metric_that_no_tool_reports_is_refused() -> None:
    typo = with_ways(house, way(PRODUCTION, evidence=(replace(brier_limit, metric="brierr"),)))
    given(policy_decider).when(replace(publish, document=typo)).then_rejected(
        MetricNotReported, requirement="quality", metric="brierr"
    )


@pytest.mark.parametrize("listed", ["here", "above"])
def test_a_metric_of_ones_own_is_listed_here_or_above(listed: str) -> None:
    own = replace(brier_limit, name="own", metric="minutes_late")
    document = with_ways(bank, way(PRODUCTION, evidence=(own,)))
    parent = replace(house, metrics=("minutes_late",)) if listed == "above" else house
    asked = replace(document, metrics=("minutes_late",)) if listed == "here" else document
    given(policy_decider).when(replace(publish_bank, document=asked, ancestors=(parent,))).then(
        replace(published, policy=BANK, document=asked)
    )


@pytest.mark.parametrize(
    "half", [replace(brier_limit, at_most=None), replace(brier_limit, metric=None)], ids=["metric", "limit"]
)
def test_a_metric_has_a_limit_and_a_limit_a_metric(half: object) -> None:
    document = with_ways(house, way(PRODUCTION, evidence=(half,)))  # type: ignore[arg-type]  # parametrised
    given(policy_decider).when(replace(publish, document=document)).then_rejected(LimitMissing, requirement="quality")


def test_a_stage_is_there_once() -> None:
    twice = with_ways(house, way(PRODUCTION), way(PRODUCTION))
    given(policy_decider).when(replace(publish, document=twice)).then_rejected(
        NamedTwice, name="transitions.production"
    )


def test_a_requirement_is_there_once_in_a_stage() -> None:
    twice = with_ways(house, way(PRODUCTION, evidence=(brier_limit, weaker)))
    given(policy_decider).when(replace(publish, document=twice)).then_rejected(
        NamedTwice, name="transitions.production.quality"
    )


def test_what_is_inherited_is_not_changed_unawares() -> None:
    document = with_ways(bank, way(PRODUCTION, evidence=(weaker,)))
    given(policy_decider).when(replace(publish_bank, document=document)).then_rejected(OverrideUndeclared, path=QUALITY)


def test_what_is_inherited_is_changed_by_name() -> None:
    document = replace(with_ways(bank, way(PRODUCTION, evidence=(weaker,))), overrides=(QUALITY,))
    given(policy_decider).when(replace(publish_bank, document=document)).then(
        replace(published, policy=BANK, document=document)
    )


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        (replace(bank, separation=("requester",)), "separation"),
        (replace(bank, clean_up=("serving",)), "clean_up"),
        (replace(bank, retention_days=10), "retention_days"),
        (
            with_ways(bank, way(PRODUCTION, approvals=(replace(two_of_risk, count=1),))),
            "transitions.production.approvals.signed-off",
        ),
        (with_ways(bank, way(PRODUCTION, asked_by=("operator",))), "transitions.production.asked_by"),
    ],
)
def test_every_part_that_is_inherited_is_guarded(changed: PolicyDocument, path: str) -> None:
    given(policy_decider).when(replace(publish_bank, document=changed)).then_rejected(OverrideUndeclared, path=path)


def test_a_change_of_what_a_grandparent_says_is_named_as_well() -> None:
    middle = replace(bank, title="Middle")
    document = with_ways(replace(bank, extends="middle"), way(PRODUCTION, evidence=(weaker,)))
    given(policy_decider).when(replace(publish_bank, document=document, ancestors=(middle, house))).then_rejected(
        OverrideUndeclared, path=QUALITY
    )


def test_an_override_changes_something() -> None:
    document = replace(bank, overrides=(QUALITY,))
    given(policy_decider).when(replace(publish_bank, document=document)).then_rejected(NothingOverridden, path=QUALITY)


def test_who_inherits_nothing_overrides_nothing() -> None:
    given(policy_decider).when(replace(publish, document=replace(house, overrides=(QUALITY,)))).then_rejected(
        NothingOverridden, path=QUALITY
    )


def test_what_is_inherited_can_be_waived_with_a_reason() -> None:
    waived = replace(brier_limit, waived="no labels yet")
    document = replace(with_ways(bank, way(PRODUCTION, evidence=(waived,))), overrides=(QUALITY,))
    given(policy_decider).when(replace(publish_bank, document=document)).then(
        replace(published, policy=BANK, document=document)
    )


def test_what_is_not_inherited_cannot_be_waived() -> None:
    waived = replace(brier_limit, waived="no labels yet")
    given(policy_decider).when(
        replace(publish, document=with_ways(house, way(PRODUCTION, evidence=(waived,))))
    ).then_rejected(WaiverWithoutRule, requirement="quality")


def test_a_waiver_is_of_the_rule_of_its_own_stage() -> None:
    waived = replace(brier_limit, waived="no labels yet")
    given(policy_decider).when(
        replace(publish_bank, document=with_ways(bank, way("validated", evidence=(waived,))))
    ).then_rejected(WaiverWithoutRule, requirement="quality")


def test_a_requirement_is_for_a_tier_that_there_is() -> None:
    document = with_ways(house, way(PRODUCTION, evidence=(replace(brier_limit, tiers=("extreme",)),)))
    given(policy_decider).when(replace(publish, document=document)).then_rejected(
        TierUnknown, requirement="quality", tier="extreme"
    )


def test_a_policy_says_how_a_version_enters_production() -> None:
    given(policy_decider).when(replace(publish, document=with_ways(house, way("validated")))).then_rejected(
        ProductionMissing
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_policy_has_no_way_into_the_end_of_a_life(ending: Stage) -> None:
    document = with_ways(house, way(PRODUCTION), way(ending))
    given(policy_decider).when(replace(publish, document=document)).then_rejected(StageHasItsOwnWay, stage=ending)


@pytest.mark.parametrize("after", ["validatd", "deprecated"])
def test_a_stage_is_entered_from_one_that_can_be_reached(after: str) -> None:
    document = with_ways(house, way(PRODUCTION, after=(Stage(after),)))
    given(policy_decider).when(replace(publish, document=document)).then_rejected(
        WayFromNowhere, stage=PRODUCTION, after=after
    )
