"""How well does a model do, on the whole and on each declared slice, by scikit-learn's scorers?

Intervals are exact for accuracy (Clopper-Pearson) and by bootstrap of the rows for everything else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import nan
from typing import TYPE_CHECKING, SupportsFloat, cast

from tenure_evidence.callables import declared_callable
from tenure_evidence.data import DataSet, slices_of
from tenure_evidence.errors import SuiteRefused
from tenure_evidence.installed import load_tool, release
from tenure_evidence.intervals import by_bootstrap, of_proportion
from tenure_evidence.measures import Interval, Metric, finite
from tenure_evidence.reports import Report
from tenure_evidence.subjects import Subject, ask
from tenure_evidence.suites import EvaluationSuite, OwnScorer
from tenure_evidence.verdicts import findings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from tenure_evidence.subjects import Model

Statistic = Callable[["np.ndarray"], float]
Scorer = Callable[["Answers", "np.ndarray", "np.ndarray"], SupportsFloat]


class Answers:
    """A model's answers, given once and looked up by row position, so that a thousand resamples cost no prediction.

    To scikit-learn's scorers it is an estimator whose inputs are positions.
    """

    predict: Callable[[np.ndarray], np.ndarray]

    def __init__(self, model: Model, inputs: pd.DataFrame, classes: object) -> None:
        if classes is not None:
            self.classes_ = classes
        for method in ("predict", "predict_proba", "decision_function"):
            if hasattr(model, method):
                setattr(self, method, _lookup(method, ask(getattr(model, method), inputs)))

    def __sklearn_tags__(self) -> object:
        utils = load_tool("sklearn.utils", "evidence-evaluate")
        kind = "classifier" if hasattr(self, "classes_") else "regressor"
        return utils.Tags(estimator_type=kind, target_tags=utils.TargetTags(required=True))


def _lookup(method: str, answers: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    def lookup(rows: np.ndarray) -> np.ndarray:
        found: np.ndarray = answers[rows]
        return found

    lookup.__name__ = method  # by which scikit-learn tells probabilities from decisions
    return lookup


def run(suite: EvaluationSuite, subject: Subject, data: DataSet, *, trust: bool = False) -> Report:
    """Own scorers need `trust`, since their code runs here. Raises SuiteRefused, Untrusted, DataRefused."""
    statistics = _statistics(suite, subject, data, trust)
    with warnings.catch_warnings():
        # Scikit-learn gives 0 for what is undefined, with a warning; here that must not look like a measurement.
        warnings.simplefilter("error", load_tool("sklearn.exceptions", "evidence-evaluate").UndefinedMetricWarning)
        metrics = tuple(_measure(name, statistic, suite, data) for name, statistic in statistics.items())
    return Report(
        kind="evaluation",
        tool="scikit-learn",
        tool_release=release("scikit-learn"),
        subject_digest=subject.digest,
        metrics=metrics,
        parts=findings(metrics, suite.thresholds, suite.rigour),
        settings=suite.settings() | {"data_digest": data.digest, "scipy_release": release("scipy")},
    )


def _statistics(suite: EvaluationSuite, subject: Subject, data: DataSet, trust: bool) -> dict[str, Statistic]:
    """Each scorer as a function of row positions."""
    numpy = load_tool("numpy", "evidence-evaluate")
    truth = data.frame[suite.target].to_numpy()
    classes = getattr(subject.model, "classes_", numpy.unique(truth)) if suite.task == "classification" else None
    answers = Answers(subject.model, data.frame[list(suite.features)], classes)
    return {
        scorer if isinstance(scorer, str) else scorer.name: _of_rows(_scorer(scorer, trust), answers, truth)
        for scorer in suite.scorers
    }


def _scorer(scorer: str | OwnScorer, trust: bool) -> Scorer:
    if isinstance(scorer, str):
        metrics = load_tool("sklearn.metrics", "evidence-evaluate")
        if scorer not in metrics.get_scorer_names():
            raise SuiteRefused(f"scikit-learn has no scorer {scorer}, only {', '.join(metrics.get_scorer_names())}")
        return cast("Scorer", metrics.get_scorer(scorer))
    own = cast("Callable[..., SupportsFloat]", declared_callable(scorer.callable, trust=trust))
    return lambda answers, rows, truth: own(truth, answers.predict(rows))


def _of_rows(score: Scorer, answers: Answers, truth: np.ndarray) -> Statistic:
    def statistic(rows: np.ndarray) -> float:
        rows = rows.astype(int)
        return float(score(answers, rows, truth[rows]))

    return statistic


def _measure(name: str, statistic: Statistic, suite: EvaluationSuite, data: DataSet) -> Metric:
    try:
        statistic(data.positions)
    except (ValueError, TypeError) as why:
        raise SuiteRefused(f"{name} does not fit this model and data: {why}") from why
    slices = {
        label: _metric(name, statistic, rows, suite)
        for columns in suite.slices
        for label, rows in slices_of(data.frame, columns)
    }
    return replace(_metric(name, statistic, data.positions, suite), slices=slices)


def _metric(name: str, statistic: Statistic, rows: np.ndarray, suite: EvaluationSuite) -> Metric:
    value, n = finite(_or_undefined(statistic, rows)), len(rows)
    interval = _interval(name, value, statistic, rows, suite) if value is not None else None
    return Metric(name=name, value=value, n=n, interval=interval)


def _interval(
    name: str, value: float, statistic: Statistic, rows: np.ndarray, suite: EvaluationSuite
) -> Interval | None:
    if name == "accuracy" and "accuracy" in suite.scorers:  # and not an own one of that name
        return of_proportion(round(value * len(rows)), len(rows), suite.rigour.confidence)
    defined = partial(_or_undefined, statistic)
    return by_bootstrap(defined, rows, suite.bootstrap, suite.rigour.confidence)


def _or_undefined(statistic: Statistic, rows: np.ndarray) -> float:
    """NaN where a slice or a resample has, say, one class only."""
    try:
        return statistic(rows)
    except (ValueError, load_tool("sklearn.exceptions", "evidence-evaluate").UndefinedMetricWarning):
        return nan
