"""What holds, after all that is inherited?"""

from dataclasses import replace

import pytest
from tenure_registry.names import PRODUCTION, Stage
from tenure_registry.policy.document import PolicyDocument
from tenure_registry.policy.inheritance import changes, circle_of, effective, lineage_of, merged

from tests.unit.registry.story_policy import BANK, bank, brier_limit, house, two_of_risk, way

extra = replace(brier_limit, name="fair", kind="fairness")
VALIDATED = Stage("validated")


def whole(*lineage: PolicyDocument) -> PolicyDocument:
    found = lineage[-1]
    for document in reversed(lineage[:-1]):
        found = merged(found, document)
    return found


def test_who_says_nothing_inherits_everything() -> None:
    assert merged(house, bank) == replace(house, title="Bank", extends="house")


def test_requirements_are_added_to_what_is_inherited() -> None:
    document = replace(bank, transitions=(way(PRODUCTION, asked_by=(), evidence=(extra,)),))
    production = effective(BANK, 1, [document, house]).transitions[PRODUCTION]
    assert production == way(PRODUCTION, evidence=(brier_limit, extra), approvals=(two_of_risk,))


def test_a_requirement_of_the_same_name_takes_the_place_of_the_inherited_one() -> None:
    stricter = replace(brier_limit, at_most=0.1)
    document = replace(bank, transitions=(way(PRODUCTION, evidence=(stricter,)),))
    assert effective(BANK, 1, [document, house]).transitions[PRODUCTION].evidence == (stricter,)


def test_the_nearest_ancestor_has_the_last_word() -> None:
    stricter, strictest = (replace(brier_limit, at_most=limit) for limit in (0.1, 0.05))
    middle = replace(bank, transitions=(way(PRODUCTION, evidence=(stricter,)),), retention_days=60)
    nearest = replace(bank, transitions=(way(PRODUCTION, evidence=(strictest,)),))
    found = effective(BANK, 1, [nearest, middle, house])
    assert (found.transitions[PRODUCTION].evidence, found.retention_days) == ((strictest,), 60)


@pytest.mark.parametrize(
    ("own", "order"),
    [
        ((), ("validated", "production")),
        (("candidate", "validated"), ("candidate", "validated", "production")),
        (("shadow", "production"), ("validated", "shadow", "production")),
        (("a", "validated", "b", "production"), ("a", "validated", "b", "production")),
        (("production", "afterwards"), ("validated", "production", "afterwards")),
    ],
)
def test_a_new_stage_comes_before_the_next_one_that_both_know(own: tuple[str, ...], order: tuple[str, ...]) -> None:
    document = replace(bank, transitions=tuple(way(stage) for stage in own))
    assert effective(BANK, 1, [document, house]).stages == order


def test_tiers_and_metrics_add_up() -> None:
    document = replace(bank, risk_tiers=("extreme", "low"), metrics=("minutes_late",))
    found = merged(replace(house, metrics=("hours_late",)), document)
    assert (found.risk_tiers, found.metrics) == (("low", "high", "extreme"), ("hours_late", "minutes_late"))


def test_what_merely_repeats_the_inherited_changes_nothing() -> None:
    again = replace(house, extends="house", overrides=())
    assert changes(house, again) == []


def test_what_was_changed_is_named_by_its_path() -> None:
    laxer = replace(brier_limit, min_n=1)
    document = replace(
        bank,
        transitions=(
            way(VALIDATED, evidence=(brier_limit,)),
            way(PRODUCTION, after=(VALIDATED,), asked_by=("operator",), evidence=(laxer, extra)),
        ),
        separation=("requester",),
    )
    parent = replace(house, transitions=(*house.transitions[:1], replace(house.transitions[1], after=(PRODUCTION,))))
    assert changes(parent, document) == [
        "separation",
        "transitions.production.after",
        "transitions.production.asked_by",
        "transitions.production.evidence.quality",
    ]


def test_a_retention_where_none_is_inherited_changes_nothing() -> None:
    assert changes(replace(house, retention_days=None), replace(bank, retention_days=10)) == []


def test_a_lineage_goes_from_the_nearest_to_the_root() -> None:
    known = {"house": house, "middle": replace(bank, title="Middle")}
    assert lineage_of(replace(bank, extends="middle"), known.get) == ([known["middle"], house], None)


def test_a_lineage_says_which_ancestor_is_missing() -> None:
    assert lineage_of(bank, {}.get) == ([], "house")


def test_a_lineage_ends_where_two_policies_came_to_inherit_from_each_other() -> None:
    """Published in one moment, each on its own stream: nobody could refuse either."""
    known = {"house": replace(house, extends="bank"), "bank": bank}
    assert lineage_of(bank, known.get) == ([known["house"], bank], None)


@pytest.mark.parametrize(
    ("policy", "circle"),
    [("house", ["house", "bank", "house"]), ("bank", ["bank", "bank"]), ("other", [])],
)
def test_a_circle_is_shown_by_the_names_on_its_way(policy: str, circle: list[str]) -> None:
    assert circle_of(policy, replace(house, extends="bank"), {"bank": bank}.get) == circle


def test_the_digest_of_a_stages_rules_is_of_what_they_say_and_not_of_who_said_it() -> None:
    inherited = effective(BANK, 7, [bank, house])
    own = effective(BANK, 1, [house])
    assert inherited.ref(PRODUCTION).digest == own.ref(PRODUCTION).digest


def test_separation_of_duties_is_among_a_stages_rules() -> None:
    stricter = replace(house, separation=("author", "requester"))
    assert effective(BANK, 1, [stricter]).ref(PRODUCTION).digest != effective(BANK, 1, [house]).ref(PRODUCTION).digest
