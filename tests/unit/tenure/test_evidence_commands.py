"""What does somebody see who tests a model and puts the result into the ledger, by the command line?"""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.tenure.words import Tenure

ROWS = 300


class Threshold:
    """Late where the wind is strong, which is what the data says nine times in ten."""

    classes_ = (0, 1)

    def predict(self, rows: Any) -> Any:
        return (rows["wind"] > 5).astype(int).to_numpy()


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Threshold()))
    return path


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    lines = ["wind,carrier,late"]
    for n in range(ROWS):
        wind = n % 10
        lines.append(f"{wind},{'AA' if n % 3 else 'UA'},{int(wind > 5) if n % 11 else int(wind <= 5)}")
    (tmp_path / "holdout.csv").write_text("\n".join(lines))
    declared = {
        "kind": "evaluation",
        "name": "gates",
        "data": {"path": "holdout.csv"},
        "target": "late",
        "features": ["wind"],
        "task": "classification",
        "scorers": ["accuracy"],
        "slices": ["carrier"],
        "thresholds": [{"metric": "accuracy", "at_least": 0.7}],
    }
    path = tmp_path / "gates.yaml"
    path.write_text(yaml.safe_dump(declared))
    return path


@pytest.fixture
def registered(tenure: Tenure, artifact: Path) -> None:
    tenure.done("models create fraud --description", "finds it")
    tenure.done("versions register fraud 1 --framework sklearn --metadata limitation.night=none --file", artifact)


@pytest.mark.usefixtures("registered")
def test_an_evaluation_is_recorded_once_with_its_slices_and_its_report(
    tenure: Tenure, suite: Path, artifact: Path, tmp_path: Path
) -> None:
    words = ("--trust", "--record", "fraud", "1", "--context", "weather@2", "--report", tmp_path / "report.json")
    first = tenure.json("evidence evaluate", suite, artifact, *words)
    assert first["verdict"] == "passed"
    assert tenure.json("evidence evaluate", suite, artifact, *words)["receipt"]["changed"] is False
    [one] = tenure.json("versions show fraud 1")["evidence"]
    assert one["evidence"] == f"evaluation-{first['digest'][7:23]}"
    assert one["contexts"] == [{"context": "weather", "revision": 2}]
    assert {row["slice"]: row["n"] for row in one["metrics"]} == {None: 300, "carrier=AA": 200, "carrier=UA": 100}
    with tenure.platform.client() as client:
        path = f"/registry/v1/models/fraud/versions/1/evidence/{one['evidence']}/report"
        assert client.get_bytes(path) == (tmp_path / "report.json").read_bytes()


@pytest.mark.usefixtures("registered")
def test_bytes_that_are_not_the_registered_ones_are_never_loaded(tenure: Tenure, suite: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pkl"
    other.write_bytes(b"not even a pickle")
    said = tenure.refused("evidence evaluate", suite, other, "--trust", "--record", "fraud", "1")
    assert said.startswith("DataRefused: other.pkl is sha256:")


def test_no_program_of_anybody_else_runs_unasked(tenure: Tenure, suite: Path, artifact: Path) -> None:
    said = tenure.refused("evidence evaluate", suite, artifact)
    assert "say --trust if you would run a program of theirs" in said


def test_a_suite_of_another_kind_is_told_apart(tenure: Tenure, suite: Path, artifact: Path) -> None:
    assert "is a suite of kind evaluation" in tenure.refused("evidence fairness", suite, artifact, "--trust")


def test_what_is_missing_is_named_with_the_extra_that_has_it(
    tenure: Tenure, suite: Path, artifact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "joblib", None)
    said = tenure.refused("evidence evaluate", suite, artifact, "--trust")
    assert said == "RunnerUnavailable: joblib is not installed: pip install 'tenure[evidence-evaluate]'\n"


@pytest.mark.usefixtures("registered")
def test_what_is_not_passed_is_recorded_too_and_ends_with_exit_code_1(tenure: Tenure, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text(json.dumps({"Accuracy/val": {"value": 0.9, "n": 100}}))
    result = tenure("evidence import", tmp_path / "metrics.json", "--record", "fraud", "1", "--tool", "ours")
    assert result.exit_code == 1
    assert result.stdout.startswith("inconclusive: import by ours")
    [one] = tenure.json("versions show fraud 1")["evidence"]
    assert (one["kind"], one["verdict"], one["metrics"][0]["name"]) == ("evaluation", "inconclusive", "accuracy_val")


@pytest.mark.usefixtures("registered")
def test_a_report_too_large_for_the_log_is_in_the_artifact_store(tenure: Tenure, tmp_path: Path) -> None:
    metrics = {f"metric_{n}": {"value": 0.5, "n": 100} for n in range(4_000)}
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    result = tenure("evidence import", tmp_path / "metrics.json", "--record", "fraud", "1", "--json")
    digest = json.loads(result.stdout)["digest"]
    assert "The ledger takes 2000 of its 4000 figures" in result.stderr
    assert "bytes, as" in tenure.done(f"artifacts verify {digest}")


def test_a_malicious_pickle_does_not_pass_the_scan(tenure: Tenure, tmp_path: Path) -> None:
    (tmp_path / "scan.yaml").write_text("kind: artifact_scan\nname: files\n")
    (tmp_path / "evil.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    result = tenure("evidence artifact-scan", tmp_path / "scan.yaml", tmp_path / "evil.pkl")
    assert result.exit_code == 1
    assert result.stdout.startswith("failed: artifact_scan by modelscan")


@pytest.mark.usefixtures("registered")
def test_a_card_names_the_event_of_each_claim_and_marks_what_is_stale(
    tenure: Tenure, suite: Path, artifact: Path, tmp_path: Path
) -> None:
    tenure.done("evidence evaluate", suite, artifact, "--trust", "--record", "fraud", "1")
    card = tenure.done("evidence model-card fraud 1 --format html")
    for claim, event in (("finds it", 3), ("night", 2), ("accuracy 0.9", 3)):
        assert claim in card
        assert f"registry/model/fraud#{event}" in card
    assert "Stale:" not in card
    (tmp_path / "metrics.json").write_text(json.dumps({"recall": {"value": 0.1, "n": 100}}))
    (tmp_path / "strict.yaml").write_text(
        "kind: import\nname: strict\nproportions: {recall: 100}\nthresholds: [{metric: recall, at_least: 0.7}]\n"
    )
    words = ("--suite", tmp_path / "strict.yaml", "--record", "fraud", "1")
    assert tenure("evidence import", tmp_path / "metrics.json", *words).stdout.startswith("failed: ")
    tenure.done("evidence model-card fraud 1 --format html --out", tmp_path / "card.html")
    card = (tmp_path / "card.html").read_text()
    assert "Stale:</strong> contradicted" in card
    assert "recall 0.1" in card
    document = tenure.json("evidence model-card fraud 1 --format json --record")["card"]
    assert document["bomFormat"] == "CycloneDX"
    newest = tenure.json("versions show fraud 1")["evidence"][-1]
    assert (newest["kind"], newest["verdict"]) == ("model_card", "inconclusive")
