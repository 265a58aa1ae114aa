"""Does the evaluation say what scikit-learn says, and does it know when it can't tell?"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import get_scorer
from tenure_evidence import evaluate
from tenure_evidence.data import DataSet
from tenure_evidence.errors import SuiteRefused, Untrusted
from tenure_evidence.reports import read_report
from tenure_evidence.subjects import Subject
from tenure_evidence.suites import EvaluationSuite

from tests.integration.evidence.conftest import FEATURES


def suite(**changes: Any) -> EvaluationSuite:
    return EvaluationSuite.model_validate(
        {
            "kind": "evaluation",
            "name": "churn gates",
            "data": {"path": "holdout.csv"},
            "target": "churned",
            "features": FEATURES,
            "task": "classification",
            "scorers": ["accuracy", "roc_auc", "neg_brier_score"],
            "bootstrap": {"resamples": 100},
        }
        | changes
    )


def test_scores_are_those_that_scikit_learn_gives_for_the_model_itself(subject: Subject, holdout: DataSet) -> None:
    report = evaluate.run(suite(), subject, holdout)
    inputs, truth = holdout.frame[FEATURES], holdout.frame["churned"]
    assert {m.name: m.value for m in report.metrics} == {
        name: pytest.approx(get_scorer(name)(subject.model, inputs, truth))
        for name in ("accuracy", "roc_auc", "neg_brier_score")
    }


def test_every_interval_holds_its_value_and_accuracys_is_clopper_and_pearsons(
    subject: Subject, holdout: DataSet
) -> None:
    accuracy, *others = evaluate.run(suite(), subject, holdout).metrics
    assert accuracy.value is not None
    assert accuracy.interval is not None
    exact = binomtest(round(accuracy.value * 1000), 1000).proportion_ci(0.95, "exact")
    assert (accuracy.interval.low, accuracy.interval.high) == (exact.low, exact.high)
    for metric in others:
        assert metric.interval is not None
        assert metric.value is not None
        assert metric.interval.low < metric.value < metric.interval.high


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(subject: Subject, holdout: DataSet) -> None:
    once, again, otherwise = (
        evaluate.run(suite(scorers=["roc_auc"], bootstrap={"resamples": 100, "seed": seed}), subject, holdout)
        for seed in (1, 1, 2)
    )
    assert once.to_bytes() == again.to_bytes()
    assert once.metrics[0].interval != otherwise.metrics[0].interval
    assert read_report(once.to_bytes()) == once


def test_bca_is_another_interval_of_the_same_value(subject: Subject, holdout: DataSet) -> None:
    few = DataSet(frame=holdout.frame.head(100), digest=holdout.digest)
    percentile, bca = (
        evaluate.run(suite(scorers=["roc_auc"], bootstrap={"method": method, "resamples": 200}), subject, few).metrics[
            0
        ]
        for method in ("percentile", "BCa")
    )
    assert percentile.value == bca.value
    assert bca.interval is not None
    assert percentile.interval != bca.interval


def test_a_model_that_clearly_reaches_its_thresholds_passes(subject: Subject, holdout: DataSet) -> None:
    thresholds = [{"metric": "accuracy", "at_least": 0.7}, {"metric": "roc_auc", "at_least": 0.8}]
    assert (
        evaluate.run(suite(scorers=["accuracy", "roc_auc"], thresholds=thresholds), subject, holdout).verdict
        == "passed"
    )


def test_a_model_that_clearly_misses_one_fails(subject: Subject, holdout: DataSet) -> None:
    report = evaluate.run(
        suite(scorers=["accuracy"], thresholds=[{"metric": "accuracy", "at_least": 0.999}]), subject, holdout
    )
    assert report.verdict == "failed"
    assert report.reasons[0].startswith("accuracy >= 0.999: is 0.")


def test_a_slice_too_small_to_judge_keeps_the_whole_from_passing(subject: Subject, holdout: DataSet) -> None:
    report = evaluate.run(
        suite(
            scorers=["accuracy"],
            slices=["region"],
            thresholds=[{"metric": "accuracy", "at_least": 0.7}],
            rigour={"minimum_n": 50},
        ),
        subject,
        holdout,
    )
    assert {label: part.n for label, part in report.metrics[0].slices.items()} == {
        "region=isle": 40,
        "region=north": 380,
        "region=south": 580,
    }
    assert report.verdict == "inconclusive"
    assert report.reasons == ("accuracy[region=isle] >= 0.7: rests on 40 cases, 50 are needed",)


def test_rows_without_a_value_are_a_slice_and_two_columns_give_their_combinations(
    subject: Subject, holdout: DataSet
) -> None:
    frame = holdout.frame.assign(plan=["basic", "plus"] * 500)
    frame.loc[:9, "region"] = None
    report = evaluate.run(
        suite(scorers=["accuracy"], slices=["region", ["region", "plan"]]), subject, replace(holdout, frame=frame)
    )
    sizes = {label: part.n for label, part in report.metrics[0].slices.items()}
    assert sizes["region=<missing>"] == 10
    assert sizes["region=<missing>, plan=plus"] == 5
    assert sum(sizes.values()) == 2 * 1000


def test_a_perfect_score_on_few_rows_is_not_taken_for_certainty(subject: Subject, holdout: DataSet) -> None:
    predicted = subject.model.predict(holdout.frame[FEATURES])
    flattered = replace(holdout, frame=holdout.frame.assign(churned=predicted).head(40))
    report = evaluate.run(
        suite(scorers=["accuracy", "f1"], thresholds=[{"metric": m, "at_least": 0.95} for m in ("accuracy", "f1")]),
        subject,
        flattered,
    )
    assert [metric.value for metric in report.metrics] == [1.0, 1.0]
    assert [part.verdict for part in report.parts] == ["inconclusive", "inconclusive"]


def test_a_score_that_is_undefined_on_a_slice_is_no_measurement(subject: Subject, holdout: DataSet) -> None:
    frame = holdout.frame.assign(region=np.where(holdout.frame["churned"] == 1, "left", "stayed"))
    (roc_auc,) = evaluate.run(
        suite(scorers=["roc_auc"], slices=["region"]), subject, replace(holdout, frame=frame)
    ).metrics
    assert {part.value for part in roc_auc.slices.values()} == {None}


def test_what_scikit_learn_calls_zero_for_want_of_cases_is_no_measurement(subject: Subject, holdout: DataSet) -> None:
    """Precision where the model predicts no positives at all."""
    silent = subject.model.predict(holdout.frame[FEATURES]) == 0
    data = replace(holdout, frame=holdout.frame.assign(region=np.where(silent, "silent", "loud")))
    (precision,) = evaluate.run(suite(scorers=["precision"], slices=["region"]), subject, data).metrics
    assert precision.slices["region=silent"].value is None
    assert precision.slices["region=loud"].value is not None


def test_a_regression_is_scored_too(holdout: DataSet) -> None:
    model = LinearRegression().fit(holdout.frame[FEATURES], holdout.frame["balance"] * 2)
    data = replace(holdout, frame=holdout.frame.assign(churned=holdout.frame["balance"] * 2 + holdout.frame["age"]))
    (r2,) = evaluate.run(
        suite(task="regression", scorers=["r2"]), Subject(model=model, digest="sha256:00"), data
    ).metrics
    assert r2.value == pytest.approx(get_scorer("r2")(model, data.frame[FEATURES], data.frame["churned"]))


def test_an_own_scorer_runs_only_when_trusted(
    subject: Subject, holdout: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_costs.py").write_text(
        "def missed(truth, predicted):\n    return ((truth == 1) & (predicted == 0)).mean()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    own = suite(scorers=[{"name": "missed", "callable": "own_costs:missed"}])
    with pytest.raises(Untrusted, match="own_costs:missed"):
        evaluate.run(own, subject, holdout)
    assert "own_costs" not in sys.modules
    (missed,) = evaluate.run(own, subject, holdout, trust=True).metrics
    predicted, truth = subject.model.predict(holdout.frame[FEATURES]), holdout.frame["churned"]
    assert missed.value == pytest.approx(((truth == 1) & (predicted == 0)).mean())


def test_an_own_scorer_called_accuracy_is_not_taken_for_a_proportion(
    subject: Subject, holdout: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_accuracy.py").write_text("def tenfold(truth, told):\n    return 10 * (truth == told).mean()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    own = suite(scorers=[{"name": "accuracy", "callable": "own_accuracy:tenfold"}])
    (accuracy,) = evaluate.run(own, subject, holdout, trust=True).metrics
    assert accuracy.value is not None
    assert accuracy.interval is not None
    assert 1 < accuracy.interval.low < accuracy.value < accuracy.interval.high


def test_a_model_that_does_not_take_the_features_is_refused(subject: Subject, holdout: DataSet) -> None:
    with pytest.raises(SuiteRefused, match="does not take these features"):
        evaluate.run(suite(features=["age", "balance"]), subject, holdout)


@pytest.mark.parametrize(
    ("scorers", "says"),
    [(["acuracy"], "no scorer acuracy"), (["neg_mean_gamma_deviance"], "does not fit this model and data")],
)
def test_a_scorer_that_cannot_be_used_is_refused_by_name(
    subject: Subject, holdout: DataSet, scorers: list[str], says: str
) -> None:
    with pytest.raises(SuiteRefused, match=says):
        evaluate.run(suite(scorers=scorers), subject, holdout)
