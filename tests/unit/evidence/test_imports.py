"""Is an imported number taken for no more than it is?"""

import json
from typing import Any

import pytest
from tenure_evidence import imports
from tenure_evidence.errors import ReportRefused
from tenure_evidence.imports import Source
from tenure_evidence.reports import Report
from tenure_evidence.suites import ImportSuite

DIGEST = "sha256:" + "a" * 64
ACCURATE = {"metric": "accuracy", "at_least": 0.8}

# mlflow.entities.Run.to_dictionary(), as json.dumps writes it
MLFLOW: dict[str, Any] = {
    "info": {
        "artifact_uri": "mlflow-artifacts:/1/4f0c/artifacts",
        "end_time": 1764000060000,
        "experiment_id": "1",
        "lifecycle_stage": "active",
        "run_id": "4f0c6f0f8a3b4ad1a0b0c0ffee000001",
        "run_name": "bold-finch-17",
        "start_time": 1764000000000,
        "status": "FINISHED",
        "user_id": "ci",
    },
    "data": {
        "metrics": {"accuracy": 0.9, "log_loss": 0.31, "auc": float("nan")},
        "params": {"C": "1.0", "test_rows": "2000"},
        "tags": {"mlflow.source.type": "LOCAL"},
    },
    "inputs": {"model_inputs": [], "dataset_inputs": []},
}
# A run's attributes, as wandb's public API gets them: config and summary are JSON in strings.
WANDB: dict[str, Any] = {
    "id": "UnVuOnYxOjFhYjJjM2Q0",
    "name": "1ab2c3d4",
    "displayName": "bold-finch-17",
    "state": "finished",
    "config": '{"lr": {"value": 0.1}}',
    "systemMetrics": "{}",
    "summaryMetrics": json.dumps(
        {
            "accuracy": 0.9,
            "test_rows": 2000,
            "_step": 99,
            "_runtime": 61.2,
            "_wandb": {"runtime": 61},
            "weights": {"_type": "histogram", "bins": [0, 1], "values": [3]},
            "early_stopped": True,
            "loss": "NaN",
        }
    ),
}
EXPORTS: dict[Source, dict[str, Any]] = {"mlflow": MLFLOW, "wandb": WANDB, "json": {"accuracy": 0.9, "test_rows": 2000}}


def imported(source: Source, exported: object, **changes: Any) -> Report:
    suite = ImportSuite.model_validate({"kind": "import", "name": "tracker"} | changes)
    return imports.run(suite, json.dumps(exported).encode(), DIGEST, source=source)


@pytest.mark.parametrize("source", EXPORTS)
def test_an_import_without_thresholds_is_inconclusive_and_names_its_tool(source: Source) -> None:
    report = imported(source, EXPORTS[source])
    assert (report.verdict, report.reasons) == ("inconclusive", ("no threshold was declared",))
    assert (report.kind, report.tool, report.tool_release) == ("import", source, "unknown")


@pytest.mark.parametrize("source", EXPORTS)
def test_a_number_without_an_interval_reaches_no_threshold(source: Source) -> None:
    report = imported(source, EXPORTS[source], thresholds=[ACCURATE])
    assert report.reasons == ("accuracy >= 0.8: rests on 0 cases, 30 are needed",)


@pytest.mark.parametrize("source", EXPORTS)
@pytest.mark.parametrize(("at_least", "verdict"), [(0.8, "passed"), (0.9, "inconclusive"), (0.95, "failed")])
def test_a_declared_proportion_of_logged_cases_is_judged(source: Source, at_least: float, verdict: str) -> None:
    threshold = {"metric": "accuracy", "at_least": at_least}
    report = imported(source, EXPORTS[source], thresholds=[threshold], proportions={"accuracy": "test_rows"})
    assert report.verdict == verdict
    assert next(metric.n for metric in report.metrics if metric.name == "accuracy") == 2000


def test_what_a_tracker_logs_besides_measurements_is_left_out() -> None:
    assert {metric.name for metric in imported("wandb", WANDB).metrics} == {"accuracy", "test_rows"}


def test_a_summary_may_be_an_object_already() -> None:
    unpacked = WANDB | {"summaryMetrics": json.loads(WANDB["summaryMetrics"])}
    assert imported("wandb", unpacked).metrics == imported("wandb", WANDB).metrics


def test_a_metric_that_is_no_number_is_undefined() -> None:
    values = {metric.name: metric.value for metric in imported("mlflow", MLFLOW).metrics}
    assert values == {"accuracy": 0.9, "log_loss": 0.31, "auc": None}


@pytest.mark.parametrize(
    ("source", "exported"),
    [
        ("mlflow", MLFLOW | {"info": MLFLOW["info"] | {"status": "RUNNING"}}),
        ("wandb", WANDB | {"state": "crashed"}),
    ],
)
def test_a_run_that_did_not_finish_is_inconclusive_whatever_it_reached(
    source: Source, exported: dict[str, Any]
) -> None:
    report = imported(source, exported, thresholds=[ACCURATE], proportions={"accuracy": 2000})
    assert [part.verdict for part in report.parts] == ["inconclusive", "passed"]
    assert report.verdict == "inconclusive"


def test_a_plain_file_may_bring_its_own_interval() -> None:
    recall = {"value": 0.9, "n": 400, "interval": {"low": 0.86, "high": 0.93, "confidence": 0.95}}
    assert imported("json", {"recall": recall}, thresholds=[{"metric": "recall", "at_least": 0.8}]).verdict == "passed"


@pytest.mark.parametrize(
    ("source", "exported", "says"),
    [
        ("mlflow", WANDB, "not an export of mlflow"),
        ("wandb", MLFLOW, "not an export of wandb"),
        ("wandb", WANDB | {"summaryMetrics": "{"}, "not an export of wandb"),
        ("json", {"accuracy": "high"}, "not an export of json"),
        (
            "json",
            {"accuracy": {"value": 0.9, "interval": {"low": 1, "high": 0, "confidence": 0.95}}},
            "not an interval",
        ),
        ("json", {"accuracy": 90.0}, "no proportion"),
        ("json", {"accuracy": 0.9}, "logged no number test_rows"),
        ("json", {"accuracy": 0.9, "test_rows": 0.5}, "counts no cases"),
    ],
)
def test_what_cannot_be_read_is_refused(source: Source, exported: object, says: str) -> None:
    proportions = {"accuracy": "test_rows" if "logged" in says or "counts" in says else 100}
    with pytest.raises(ReportRefused, match=says):
        imported(source, exported, proportions=proportions)
