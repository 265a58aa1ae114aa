"""Do the templates do what they say, for a model on its whole way, asked over HTTP?"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from tenure_registry.api.policies import schema
from tenure_registry.templates import template, template_names
from tenure_service.tokens import ApproverKind, Role

from tests.unit.service.desk import DIGEST, MODELS, Desk, desk_over

POLICIES = "/registry/v1/policies"
FIRST = f"{MODELS}/scores/versions/v1"
OFFICERS: tuple[tuple[str, tuple[Role, ...], ApproverKind | None], ...] = (
    ("producer", ("producer",), None),
    ("operator", ("operator",), None),
    ("auditor", ("auditor",), None),
    ("recorder", ("producer",), None),
    ("business", ("approver",), "business"),
    ("compliance", ("approver",), "compliance"),
    ("risk-1", ("approver",), "risk"),
    ("risk-2", ("approver",), "risk"),
)
FIGURE = {"name": "accuracy", "value": 0.9, "n": 5_000, "low": 0.88, "high": 0.92}
PARITY = {"name": "demographic_parity_difference", "value": 0.05, "n": 5_000, "low": 0.02, "high": 0.08}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with all officers of a house, and one version of a model that a producer registered."""
    async with desk_over(tmp_path) as desk:
        for name, roles, kind in OFFICERS:
            desk.secrets[name] = desk.tokens.create(name, roles, kind)
        yield desk


async def publish(desk: Desk, name: str) -> None:
    """The template under its own name, after what it extends."""
    document = yaml.safe_load(template(name))
    if document.get("extends"):
        await publish(desk, document["extends"])
    answer = await desk.ask("POST", POLICIES, {"policy": name, "document": document}, by="risk-1")
    assert answer.is_success, answer.text


async def begin(desk: Desk, policy: str, tier: str) -> None:
    await publish(desk, policy)
    await desk.ask("POST", MODELS, {"model": "scores", "policy": policy, "risk_tier": tier})
    version = {"model_version": "v1", "artifact_digest": DIGEST}
    answer = await desk.ask("POST", f"{MODELS}/scores/versions", version, by="producer")
    assert answer.status_code == 201, answer.text


async def record(desk: Desk, kind: str, *metrics: dict[str, Any], evidence: str | None = None) -> None:
    body = {
        "evidence": evidence or kind,
        "seen_digest": DIGEST,
        "kind": kind,
        "verdict": "passed",
        "tool": "test",
        "tool_version": "1",
        "report_digest": DIGEST,
        "metrics": metrics,
    }
    answer = await desk.ask("POST", f"{FIRST}/evidence", body, by="recorder")
    assert answer.status_code == 201, answer.text


async def enter(desk: Desk, stage: str, by: str = "engineer") -> tuple[int, str]:
    """The status, and the problem's name where there is one."""
    answer = await desk.ask("POST", f"{FIRST}/stage", {"stage": stage}, by=by)
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


async def approve(desk: Desk, by: str) -> int:
    body = {"stage": "production", "decision": "grant", "seen_digest": DIGEST}
    return (await desk.ask("POST", f"{FIRST}/approvals", body, by=by)).status_code


async def lacking(desk: Desk, stage: str = "production") -> dict[str, str]:
    answer = await desk.ask("GET", f"{FIRST}/requirements?stage={stage}")
    return {one["requirement"]: one["status"] for one in answer.json()["requirements"] if one["status"] != "met"}


ENTERED, UNMET = (201, ""), (409, "requirements-unmet")


def test_there_are_five_templates() -> None:
    assert template_names() == ["credit-decision", "customer-facing", "eu-high-risk", "health", "internal-low-risk"]


@pytest.mark.parametrize("name", template_names())
def test_a_template_is_what_the_published_schema_asks_for(name: str) -> None:
    assert list(Draft202012Validator(schema()).iter_errors(yaml.safe_load(template(name)))) == []


@pytest.mark.parametrize("name", template_names())
async def test_a_template_is_published_as_it_is_after_what_it_extends(name: str, house: Desk) -> None:
    await publish(house, name)
    answer = await house.ask("GET", f"{POLICIES}/{name}")
    assert (answer.json()["revision"], answer.json()["document"]["title"]) == (
        1,
        yaml.safe_load(template(name))["title"],
    )


async def test_a_template_that_extends_another_is_refused_without_it(house: Desk) -> None:
    document = yaml.safe_load(template("health"))
    answer = await house.ask("POST", POLICIES, {"policy": "health", "document": document}, by="risk-1")
    assert (answer.status_code, answer.json()["extends"]) == (422, "customer-facing")


async def test_every_template_asks_for_nothing_at_first_and_for_something_before_production(house: Desk) -> None:
    for name in template_names():
        await publish(house, name)
        await house.ask("POST", MODELS, {"model": name, "policy": name})
        version = {"model_version": "v1", "artifact_digest": DIGEST}
        await house.ask("POST", f"{MODELS}/{name}/versions", version, by="producer")
        asked = [
            (await house.ask("GET", f"{MODELS}/{name}/versions/v1/requirements?stage={stage}")).json()["requirements"]
            for stage in ("experiment", "production")
        ]
        assert [bool(one) for one in asked] == [False, True]


async def test_a_customer_facing_model_of_medium_risk_goes_into_production(house: Desk) -> None:
    await begin(house, "customer-facing", "medium")
    assert await enter(house, "experiment", by="producer") == ENTERED
    assert await enter(house, "candidate", by="producer") == UNMET
    await record(house, "artifact_scan")
    assert await enter(house, "candidate", by="producer") == ENTERED
    assert await enter(house, "production") == (409, "stage-out-of-order")
    await record(house, "evaluation", FIGURE | {"n": 20})
    await record(house, "explainability")
    assert await lacking(house, "validated") == {"evaluated": "inconclusive"}
    assert await enter(house, "validated") == UNMET
    await record(house, "evaluation", FIGURE, evidence="with-enough-cases")
    assert await enter(house, "validated", by="producer") == (403, "may-not-ask")
    assert await enter(house, "validated") == ENTERED
    await record(house, "fairness")
    await record(house, "model_card")
    assert await lacking(house) == {"business-owner": "missing", "risk-officer": "missing"}
    assert await enter(house, "production", by="operator") == UNMET
    assert [await approve(house, by) for by in ("business", "compliance")] == [201, 201]
    assert await lacking(house) == {}
    assert await enter(house, "production", by="auditor") == (403, "role-missing")
    assert await enter(house, "production", by="operator") == ENTERED


async def test_of_a_customer_facing_model_of_high_risk_robustness_is_asked_as_well(house: Desk) -> None:
    await begin(house, "customer-facing", "high")
    assert (await lacking(house))["robust"] == "missing"


async def test_who_asked_for_a_customer_facing_models_approval_does_not_grant_it(house: Desk) -> None:
    await begin(house, "customer-facing", "medium")
    await house.ask("POST", f"{FIRST}/approval-requests", {"stage": "production"}, by="author")
    assert await approve(house, "author") == 403


async def test_a_decision_on_credit_takes_two_risk_officers_and_independent_validation(house: Desk) -> None:
    await begin(house, "credit-decision", "high")
    assert await enter(house, "experiment") == ENTERED
    await record(house, "artifact_scan")
    assert await enter(house, "candidate") == ENTERED
    await record(house, "evaluation", FIGURE)
    await record(house, "explainability")
    assert await lacking(house, "validated") == {"independent-validation": "missing", "data-described": "missing"}
    await record(house, "sign_off")
    await record(house, "data_sheet")
    assert await enter(house, "validated") == ENTERED
    await record(house, "fairness", PARITY | {"n": 900})
    for kind in ("robustness", "privacy_review", "model_card"):
        await record(house, kind)
    assert await lacking(house) == {
        "fair": "inconclusive",
        "equal-treatment": "inconclusive",
        "business-owner": "missing",
        "risk-officer": "missing",
        "compliance-officer": "missing",
    }
    await record(house, "fairness", PARITY, evidence="with-enough-cases")
    assert [await approve(house, by) for by in ("business", "compliance", "risk-1")] == [201, 201, 201]
    assert await lacking(house) == {"risk-officer": "missing"}
    assert await enter(house, "production") == UNMET
    assert await approve(house, "risk-2") == 201
    assert await enter(house, "production") == ENTERED


async def test_new_evidence_of_what_a_policy_asks_for_takes_all_approvals_back(house: Desk) -> None:
    await begin(house, "customer-facing", "medium")
    assert [await approve(house, by) for by in ("business", "compliance")] == [201, 201]
    await record(house, "fairness")
    found = await lacking(house)
    assert (found["business-owner"], found["risk-officer"]) == ("outdated", "outdated")


async def test_a_stage_that_the_policy_lets_nobody_ask_for_is_open_to_an_admin(house: Desk) -> None:
    await begin(house, "customer-facing", "medium")
    assert await enter(house, "experiment", by="admin") == ENTERED
