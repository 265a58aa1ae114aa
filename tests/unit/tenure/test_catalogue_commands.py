"""What does somebody see who keeps models, families and prompts by the command line?"""

from pathlib import Path
from typing import Any

import pytest
from tenure.client import Client

from tests.unit.tenure.words import Tenure


def test_a_model_is_made_shown_and_listed_and_made_again_changes_nothing(tenure: Tenure) -> None:
    assert (
        tenure.done("models create fraud --description", "finds it")
        == "Model fraud is there. (registry/model/fraud#1)\n"
    )
    assert (
        tenure.done("models create fraud --description", "finds it") == "It was so already (registry/model/fraud#1)\n"
    )
    assert "finds it" in tenure.done("models show fraud")
    assert "fraud" in tenure.done("models list")
    assert [one["model"] for one in tenure.json("models list")] == ["fraud"]


def test_a_variant_inherits_from_its_family(tenure: Tenure) -> None:
    tenure.done("families create lending --owner p-1 --context bureau --context income")
    assert tenure.json("families show lending")["contexts"] == ["bureau", "income"]
    tenure.done("models create lending-eu --family lending --region eu")
    shown = tenure.json("models show lending-eu")
    assert (shown["family"], shown["variant"]["region"], shown["contexts"]) == ("lending", "eu", [])


def test_a_change_keeps_what_is_not_named_and_an_empty_text_takes_away(tenure: Tenure) -> None:
    tenure.done("models create fraud --risk-tier high --context calls --description", "finds it")
    tenure.done("models change fraud --owner p-2")
    shown = tenure.json("models show fraud")
    assert (shown["owner"], shown["risk_tier"], shown["contexts"]) == ("p-2", "high", ["calls"])
    tenure.done("models change fraud --risk-tier", "", "--context", "")
    shown = tenure.json("models show fraud")
    assert (shown["owner"], shown["risk_tier"], shown["contexts"]) == ("p-2", None, [])


def test_a_change_that_somebody_overtook_is_refused(tenure: Tenure, monkeypatch: pytest.MonkeyPatch) -> None:
    tenure.done("models create fraud")
    read = Client.get_tagged

    def overtaken(self: Client, path: str, **query: Any) -> Any:
        found = read(self, path, **query)
        with tenure.platform.client() as other:
            other.put(path, {"owner": "p-9"})
        return found

    monkeypatch.setattr(Client, "get_tagged", overtaken)
    assert tenure.refused("models change fraud --owner p-2").startswith("sequence-mismatch: ")
    assert tenure.json("models show fraud")["owner"] == "p-9"


def test_an_alias_moves_and_goes(tenure: Tenure, tmp_path: Path) -> None:
    tenure.done("models create fraud")
    for version in ("1", "2"):
        (tmp_path / version).write_text(version)
        tenure.done(f"versions register fraud {version} --file", tmp_path / version)
        tenure.done(f"models alias set fraud champion {version}")
    assert tenure.json("models show fraud")["aliases"] == {"champion": "2"}
    tenure.done("models alias remove fraud champion")
    assert tenure.json("models show fraud")["aliases"] == {}
    assert tenure.refused("models alias remove fraud champion").startswith("alias-unknown: ")


def test_consumers_come_and_go(tenure: Tenure) -> None:
    tenure.done("models create fraud")
    tenure.done("models consumers add fraud checkout --purpose", "holds payments")
    [listed] = tenure.json("models consumers list fraud")
    assert (listed["consumer"], listed["purpose"]) == ("checkout", "holds payments")
    assert "holds payments" in tenure.done("models consumers list fraud")
    tenure.done("models consumers remove fraud checkout")
    assert tenure.json("models consumers list fraud") == []


def test_the_history_of_a_model_says_what_happened_when_and_by_whom(tenure: Tenure) -> None:
    tenure.done("models create fraud")
    tenure.done("models change fraud --risk-tier high")
    told = tenure.json("models history fraud")
    assert [(one["sequence"], one["name"]) for one in told] == [(1, "ModelCreated"), (2, "ModelChanged")]
    table = tenure.done("models history fraud")
    assert "ModelChanged" in table
    assert told[1]["auth_id"] in table
    assert len(tenure.json("models history fraud --limit 1")) == 1


def test_what_serves_is_asked_by_environment(tenure: Tenure) -> None:
    tenure.done("models create fraud")
    assert tenure.refused("models serving fraud --environment staging").startswith("not-found: ")


def test_a_hold_is_placed_and_lifted_by_admins_alone(tenure: Tenure) -> None:
    tenure.done("models create fraud")
    assert tenure.refused("models hold fraud --reason", "a case").startswith("role-missing: ")
    tenure.done("models hold fraud --reason", "a case", by="admin")
    assert tenure.json("models show fraud")["legal_hold"] == "a case"
    tenure.done("models lift-hold fraud --reason", "it is over", by="admin")
    assert tenure.json("models show fraud")["legal_hold"] is None


def test_a_prompt_is_printed_to_the_letter(tenure: Tenure, tmp_path: Path) -> None:
    text = "Answer [red]{question}[/red]\n" + "at length " * 60
    (tmp_path / "ask.txt").write_text(text)
    tenure.done("prompts publish ask", tmp_path / "ask.txt", "--variable", "question")
    (tmp_path / "ask.txt").write_text("Answer shortly.")
    tenure.done("prompts publish ask", tmp_path / "ask.txt")
    assert tenure.done("prompts show ask --revision 1") == f"{text}\n"
    assert tenure.done("prompts show ask") == "Answer shortly.\n"
    assert tenure.json("prompts show ask")["revision"] == 2


def test_a_name_with_a_slash_is_one_name(tenure: Tenure) -> None:
    tenure.done("models create fraud")
    assert "versions/1" not in tenure.refused("models show", "fraud/versions/1")


def test_a_refusal_says_what_to_do_next(tenure: Tenure) -> None:
    assert tenure.refused("models hold nobody --reason x", by="admin") == (
        "model-unknown: There is no such model: create it first. `tenure models create NAME` makes one.\n"
    )


def test_where_nothing_answers_the_line_says_how_to_start_it(tenure: Tenure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENURE_URL", "http://127.0.0.1:9")
    said = tenure.refused("models list")
    assert said.startswith("http://127.0.0.1:9 does not answer (")
    assert said.endswith("start it with `tenure up`, or set TENURE_URL.\n")


def test_a_model_is_tagged_and_found_by_its_tags(tenure: Tenure) -> None:
    for model in ("fraud", "churn"):
        tenure.done(f"models create {model}")
    tenure.done("models tag fraud team=risk tier=2")
    assert [one["model"] for one in tenure.json("models list --where tag.team=risk --where tag.tier>1")] == ["fraud"]
    tenure.done("models tag fraud --remove team")
    assert tenure.json("models list --where tag.team=risk") == []


def test_versions_are_found_by_what_is_known_of_them(tenure: Tenure) -> None:
    tenure.done("models create fraud")
    for version, framework in (("1", "xgboost"), ("2", "sklearn")):
        digest = "sha256:" + version * 64
        tenure.done(f"versions register fraud {version} --digest {digest} --framework {framework}")
    found = tenure.json("versions list fraud --where framework~sk")
    assert [one["model_version"] for one in found] == ["2"]
    assert tenure.refused("versions list fraud --where weather=fine").startswith("term-unreadable: ")


def test_a_consumer_is_listed_with_who_speaks_for_it(tenure: Tenure) -> None:
    tenure.done("models create fraud")
    tenure.done("models consumers add fraud checkout --purpose", "asks before it ships")
    assert tenure.json("models consumers list fraud")[0]["declared"] is True
    assert "checkout" in tenure("models consumers list fraud").stdout
    tenure.done("models consumers remove fraud checkout --reason", "it is shut down", by="admin")
    assert tenure.json("models consumers list fraud") == []
