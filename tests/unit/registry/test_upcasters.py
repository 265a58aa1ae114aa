"""Do events of older schemas fold to what they meant?"""

from dataclasses import fields, replace
from typing import Any

import pytest
from tenure_registry.model.decider import model_decider
from tenure_registry.model.ending_events import ConsumerWithdrawn, RetirementAcknowledged, VersionRetired
from tenure_registry.model.events import (
    ApprovalGranted,
    EvidenceRecorded,
    ModelCreated,
    ModelEvent,
    StageEntered,
    VersionRegistered,
)
from tenure_registry.model.requirements import findings
from tenure_registry.names import PRODUCTION
from tenure_registry.upcasters import UPCASTERS

from tests.contract.schemas.publish import golden, meaning, samples
from tests.unit.registry.story import NOON, rules

OLD = [path for path in samples() if any(path.name.startswith(f"registry.{name}.") for name in UPCASTERS)]
ADDED: dict[type, dict[str, Any]] = {
    ModelCreated: {"variant": None, "policy": None, "risk_tier": None, "contexts": ()},
    VersionRegistered: {
        "kind": "artifact",
        "locators": (),
        "hosted": None,
        "inputs": (),
        "outputs": (),
        "prompts": (),
        "run": None,
        "code": None,
    },
    EvidenceRecorded: {"report": None, "contexts": ()},
    ApprovalGranted: {"on_behalf_of": None, "evidence_digest": None, "policy": None, "expires_at": None},
    StageEntered: {"policy": None, "based_on": ()},
    ConsumerWithdrawn: {"reason": ""},
    RetirementAcknowledged: {"reason": ""},
    VersionRetired: {"callers": ()},
}
OF_A_LIFE = (ModelCreated, VersionRegistered, EvidenceRecorded, ApprovalGranted, StageEntered)
every_old_sample = pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)


def first_of(kind: type) -> Any:
    return next(event for path in OLD if isinstance(event := golden(path), kind))


def old_life() -> tuple[ModelEvent, ...]:
    """A model as an older build wrote it: each event out of its golden bytes, about one version."""
    return tuple(first_of(kind) for kind in OF_A_LIFE)


@every_old_sample
def test_an_old_event_says_of_what_it_did_not_know_that_it_was_not_there(path: Any) -> None:
    event = golden(path)
    known = meaning(path)["event"]
    added = {f.name: getattr(event, f.name) for f in fields(event) if f.name not in known}
    expected = ADDED[type(event)] | ({"created_by": known["owner"]} if isinstance(event, ModelCreated) else {})
    assert added == expected


def test_there_is_an_old_sample_of_each_event_that_has_an_upcaster() -> None:
    assert {type(golden(path)) for path in OLD} == set(ADDED)
    assert len(ADDED) == len(UPCASTERS) == 8


def test_an_old_life_folds_to_the_state_that_it_meant() -> None:
    created, registered, evidence, approval, entered = old_life()
    model = model_decider.fold(*old_life())
    [version] = model.versions.values()
    assert (model.created, model.owner, model.sequence) == (created, created.owner, 5)
    assert (version.registered, version.stage) == (registered, entered.stage)
    assert [one.said for one in version.evidence.values()] == [evidence]
    assert [one.said for one in version.approvals.values()] == [approval]


def test_the_owner_of_an_old_model_is_who_created_it() -> None:
    created = first_of(ModelCreated)
    assert created.created_by == created.owner


def test_an_old_approval_binds_the_artifact_alone_and_still_counts() -> None:
    """There were no policies that it could have been given under."""
    created, registered, evidence, approval, _ = old_life()
    for_production = replace(approval, stage=PRODUCTION)
    [version] = model_decider.fold(created, registered, evidence, for_production).versions.values()
    found = {one.requirement: one for one in findings(version, PRODUCTION, rules, NOON)}
    assert (found["approved"].status, found["approved"].by) == ("met", (approval.approver,))
