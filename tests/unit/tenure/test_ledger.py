"""How does a report look in the ledger?"""

from base64 import b64decode

import pytest
from tenure.ledger import MAX_METRICS, evidence_of, figures_of
from tenure_evidence import Finding, Interval, Metric, Report

DIGEST = "sha256:" + "a" * 64


def report(*metrics: Metric, kind: str = "evaluation") -> Report:
    return Report(
        kind=kind,  # type: ignore[arg-type]  # parametrized
        tool="scikit-learn",
        tool_release="1.9.1",
        subject_digest=DIGEST,
        metrics=metrics,
        parts=(Finding(name="good", verdict="passed"),),
    )


def test_a_loss_that_a_tool_negates_is_a_loss_again_with_its_ends_in_order() -> None:
    interval = Interval(low=-0.15, high=-0.13, confidence=0.95)
    [row] = figures_of(report(Metric(name="neg_brier_score", value=-0.14, n=50, interval=interval)))
    assert row == {"name": "brier", "value": 0.14, "slice": None, "n": 50, "low": 0.13, "high": 0.15}


def test_slices_are_rows_and_what_has_no_value_is_none() -> None:
    slices = {"carrier=AA": Metric(name="accuracy", value=0.8, n=5), "carrier=[x]": Metric(name="a", value=None, n=0)}
    rows = figures_of(report(Metric(name="accuracy", value=0.9, n=10, slices=slices)))
    assert [(row["name"], row["slice"], row["n"]) for row in rows] == [
        ("accuracy", None, 10),
        ("accuracy", "carrier=AA", 5),
    ]


@pytest.mark.parametrize(
    ("metric", "name"),
    [("neg_log_loss", "log_loss"), ("Accuracy/val", "accuracy_val"), ("_hidden", "hidden"), ("Ω", "unnamed")],
)
def test_a_figure_has_a_name_that_policies_can_use(metric: str, name: str) -> None:
    assert figures_of(report(Metric(name=metric, value=1.0, n=1)))[0]["name"] == name


def test_the_same_report_has_the_same_name_and_its_very_bytes() -> None:
    made = report(Metric(name="accuracy", value=0.9, n=10))
    body = evidence_of(made, {"weather": 2})
    assert body == evidence_of(made, {"weather": 2})
    assert body["evidence"] == f"evaluation-{made.digest[7:23]}"
    assert b64decode(body["report"]) == made.to_bytes()
    assert body["contexts"] == [{"context": "weather", "revision": 2}]


@pytest.mark.parametrize(("kind", "there"), [("explanation", "explainability"), ("import", "evaluation")])
def test_a_kind_that_the_ledger_calls_otherwise_is_called_so(kind: str, there: str) -> None:
    assert evidence_of(report(kind=kind), {})["kind"] == there


def test_what_is_too_large_for_the_log_is_not_sent_there() -> None:
    body = evidence_of(report(*(Metric(name=f"metric-number-{n}", value=0.5, n=100) for n in range(5_000))), {})
    assert body["report"] is None
    assert len(body["metrics"]) == MAX_METRICS
