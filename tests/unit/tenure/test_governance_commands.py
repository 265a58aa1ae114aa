"""What does somebody see who writes policies, approves, and lets versions through, by the command line?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from tenure.cli import common

from tests.unit.tenure.words import Tenure

POLICY = {
    "title": "Small",
    "retention_days": 30,
    "clean_up": ["artifacts"],
    "transitions": [
        {
            "stage": "production",
            "asked_by": ["engineer"],
            "evidence": [{"name": "good", "kind": "evaluation", "metric": "brier", "at_most": 0.2, "min_n": 100}],
            "approvals": [{"name": "risk", "kinds": ["risk"]}],
        }
    ],
}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(POLICY))
    return path


@pytest.fixture
def version(tenure: Tenure, policy: Path, tmp_path: Path) -> str:
    """Version 1 of fraud, under that policy; its digest."""
    artifact = tmp_path / "model.bin"
    artifact.write_bytes(b"weights")
    tenure.done("policies publish", policy, by="approver")
    tenure.done("models create fraud --policy small")
    tenure.done("versions register fraud 1 --file", artifact)
    digest: str = tenure.json("versions show fraud 1")["artifact_digest"]
    return digest


def evaluated(tenure: Tenure, digest: str, high: float) -> None:
    metric = {"name": "brier", "value": 0.1, "n": 500, "low": 0.05, "high": high}
    body = {
        "evidence": f"e-{high}",
        "seen_digest": digest,
        "kind": "evaluation",
        "verdict": "passed",
        "tool": "t",
        "tool_version": "1",
        "report_digest": digest,
        "metrics": [metric],
    }
    with tenure.platform.client() as client:
        client.post("/registry/v1/models/fraud/versions/1/evidence", body)


def test_a_policy_is_published_once_listed_and_shown_as_yaml(tenure: Tenure, policy: Path) -> None:
    assert "is published" in tenure.done("policies publish", policy, by="approver")
    assert "It was so already" in tenure.done("policies publish", policy, by="approver")
    assert "Small" in tenure.done("policies list")
    again = yaml.safe_load(tenure.done("policies show small"))
    assert again["transitions"][0]["evidence"][0]["at_most"] == 0.2
    assert tenure.json("policies show small")["revision"] == 1


def test_a_shown_policy_can_be_published_again_and_is_the_same_revision(tenure: Tenure, policy: Path) -> None:
    tenure.done("policies publish", policy, by="approver")
    policy.write_text(tenure.done("policies show small"))
    assert "It was so already" in tenure.done("policies publish", policy, by="approver")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: [", "is not YAML"),
        ("- a\n- b\n", "holds no mapping"),
        ("title: Small\ntransition: []\n", "body.document.transition: Extra inputs are not permitted"),
    ],
)
def test_a_document_that_is_none_is_told_in_a_line(tenure: Tenure, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    assert said in tenure.refused("policies publish", tmp_path / "bad.yaml", by="approver")


def test_an_unquoted_day_in_a_policy_is_that_midnight_in_utc(tenure: Tenure, policy: Path) -> None:
    policy.write_text(policy.read_text().replace("kind: evaluation", "kind: evaluation\n    applies_from: 2027-01-01"))
    tenure.done("policies publish", policy, by="approver")
    [transition] = tenure.json("policies show small")["document"]["transitions"]
    assert transition["evidence"][0]["applies_from"] == "2027-01-01T00:00:00Z"


def test_templates_are_listed_and_one_printed_can_be_published(tenure: Tenure, tmp_path: Path) -> None:
    assert "internal-low-risk" in tenure.done("policies templates").splitlines()
    (tmp_path / "own.yaml").write_text(tenure.done("policies templates internal-low-risk"))
    tenure.done("policies publish", tmp_path / "own.yaml", by="approver")
    assert "There is no template nope" in tenure.refused("policies templates nope")


def test_the_schema_knows_the_fields_of_a_policy(tenure: Tenure) -> None:
    assert "retention_days" in tenure.done("policies schema")


def test_requirements_are_a_table_and_exit_1_until_all_are_met(tenure: Tenure, version: str) -> None:
    before = tenure("versions requirements fraud 1 --stage production")
    assert before.exit_code == 1
    assert "brier at most 0.2" in before.stdout
    assert "missing: 0 of 1" in before.stdout
    evaluated(tenure, version, 0.15)
    assert "looked at: sha256:".casefold() in tenure.done("approvals grant fraud 1", by="approver").casefold()
    after = tenure.done("versions requirements fraud 1")
    [approval] = tenure.json("versions show fraud 1")["approvals"]
    assert f"#{approval['sequence']} " in after
    tenure.done("versions enter fraud 1 production")
    assert tenure.json("versions list fraud")[0]["stage"] == "production"


def test_a_narrow_terminal_cuts_nothing_off(tenure: Tenure, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.console, "width", 60)
    evaluated(tenure, version, 0.123456789)
    told = tenure("versions requirements fraud 1").stdout
    assert "…" not in told
    letters = "".join(line.split("│")[4].strip() for line in told.splitlines() if line.count("│") == 6)
    assert "e-0.123456789" in letters


def test_what_is_not_met_is_named_with_where_to_look(tenure: Tenure, version: str) -> None:
    said = tenure.refused("versions enter fraud 1 production")
    assert "good (evaluation, brier at most 0.2, n at least 100) is missing" in said
    assert "`tenure versions requirements` shows what each one rests on." in said


def test_a_dry_run_names_whom_a_stricter_policy_would_block(tenure: Tenure, version: str, policy: Path) -> None:
    evaluated(tenure, version, 0.15)
    tenure.done("approvals grant fraud 1", by="approver")
    tenure.done("versions enter fraud 1 production")
    assert "block no version" in tenure.done("policies dry-run", policy)
    policy.write_text(policy.read_text().replace("at_most: 0.2", "at_most: 0.12"))
    blocking = tenure("policies dry-run", policy)
    assert blocking.exit_code == 1
    assert "good: inconclusive" in blocking.stdout


def test_an_approval_is_asked_for_refused_given_and_taken_back(tenure: Tenure, version: str) -> None:
    tenure.done("approvals request fraud 1 --kind risk")
    tenure.done("approvals refuse fraud 1 --reason", "too few cases", by="approver")
    assert tenure.json("versions show fraud 1")["refusals"][0]["reason"] == "too few cases"
    evaluated(tenure, version, 0.15)
    tenure.done("approvals grant fraud 1 --until", (datetime.now(UTC) + timedelta(days=2)).isoformat(), by="approver")
    [approval] = tenure.json("versions show fraud 1")["approvals"]
    assert approval["evidence_digest"] == tenure.json("versions show fraud 1")["evidence_digest"]
    tenure.done("approvals revoke fraud 1 --reason", "the report was wrong", by="approver")
    assert tenure.json("versions show fraud 1")["approvals"] == []


def test_who_refused_takes_it_back_and_till_then_nothing_else_helps(tenure: Tenure, version: str) -> None:
    evaluated(tenure, version, 0.15)
    tenure.done("approvals refuse fraud 1 --reason", "too few cases", by="approver")
    assert tenure.refused("versions enter fraud 1 production").startswith("refusal-stands: ")
    shown = tenure("versions requirements fraud 1").stdout
    assert "no refusal by risk" in shown
    tenure.done("approvals withdraw fraud 1 --reason", "there are more now", by="approver")
    assert "no refusal" not in tenure("versions requirements fraud 1").stdout


def test_who_approves_what_nobody_registered_is_told_so(tenure: Tenure, version: str) -> None:
    other = "sha256:" + "b" * 64
    assert tenure.refused(f"approvals grant fraud 1 --seen {other}", by="approver").startswith("other-artifact-seen: ")


def test_a_decision_can_be_passed_on_for_a_while(tenure: Tenure, version: str) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert "may decide" in tenure.done(f"approvals delegate fraud 1 --to p-9 --until {until}", by="approver")
    assert [one["delegate"] for one in tenure.json("versions show fraud 1")["delegations"]] == ["p-9"]
    assert "no longer" in tenure.done("approvals end-delegation fraud 1 --of p-9", by="approver")
    assert tenure.json("versions show fraud 1")["delegations"] == []


def test_tags_have_the_types_that_they_look_like(tenure: Tenure, version: str) -> None:
    tenure.done("versions tag fraud 1 team=risk tier=2 pinned=true seen=2026-01-31T12:00:00Z")
    kinds = {tag["key"]: tag["kind"] for tag in tenure.json("versions show fraud 1")["tags"]}
    assert kinds == {"team": "text", "tier": "number", "pinned": "flag", "seen": "instant"}
    tenure.done("versions tag fraud 1 --remove team")
    assert "team" not in tenure.done("versions show fraud 1")


def test_a_vendors_model_is_registered_by_its_configuration(tenure: Tenure, tmp_path: Path) -> None:
    (tmp_path / "hosted.yaml").write_text("provider: acme\nmodel_id: large-3\nparameters: {temperature: '0'}\n")
    tenure.done("models create chat")
    tenure.done("versions register chat 1 --hosted", tmp_path / "hosted.yaml")
    assert tenure.json("versions show chat 1")["hosted"]["model_id"] == "large-3"


def test_everything_that_is_known_at_registering_can_be_said(tenure: Tenure, tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("inputs: [{name: age, type: double}]\nmetadata: {note: from file}\n")
    tenure.done("models create fraud")
    digest = "sha256:" + "a" * 64
    tenure.done(
        f"versions register fraud 1 --digest {digest} --feature age --run mlflow:4f2a --code https://git/x@abc "
        "--prompt ask@2 --metadata owner=team --locator s3://bucket/model --from",
        tmp_path / "more.yaml",
    )
    shown = tenure.json("versions show fraud 1")
    assert shown["run"] == {"tracker": "mlflow", "address": "", "run": "4f2a"}
    assert shown["code"] == {"repository": "https://git/x", "revision": "abc"}
    assert shown["prompts"] == [{"prompt": "ask", "revision": 2}]
    assert shown["metadata"] == {"note": "from file", "owner": "team"}
    assert shown["inputs"] == [{"name": "age", "type": "double"}]
    assert shown["locators"] == [{"locator": "s3://bucket/model", "outcome": "unverified"}]


def test_a_version_that_is_nothing_is_refused_before_it_is_asked_for(tenure: Tenure) -> None:
    assert "Say what it is" in tenure.refused("versions register fraud 1")
