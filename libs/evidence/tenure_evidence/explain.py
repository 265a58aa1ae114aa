"""What does a model lean on, by scikit-learn's permutation importance and partial dependence?

An importance is how much the score falls when a feature's values are shuffled. Its interval is of resamples of the
rows, each shuffled anew, so it covers both the chance of the shuffle and that of the sample. A feature's importance
says what this model uses, not what causes the outcome; correlated features share it.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from tenure_evidence.data import DataSet
from tenure_evidence.errors import SuiteRefused
from tenure_evidence.installed import load_tool, release
from tenure_evidence.measures import Interval, Metric, finite
from tenure_evidence.reports import Report
from tenure_evidence.subjects import Model, Subject
from tenure_evidence.suites import ExplanationSuite
from tenure_evidence.verdicts import findings

if TYPE_CHECKING:
    import numpy as np

EXTRA = "evidence-evaluate"


def run(suite: ExplanationSuite, subject: Subject, data: DataSet) -> Report:
    """Without a threshold the report is inconclusive: an explanation is neither good nor bad. Raises SuiteRefused."""
    importance = _importance(suite, subject.model, data)
    dependence = [_dependence(suite, subject.model, data, feature) for feature in suite.partial_dependence]
    return Report(
        kind="explanation",
        tool="scikit-learn",
        tool_release=release("scikit-learn"),
        subject_digest=subject.digest,
        metrics=(importance, *dependence),
        parts=findings([importance], suite.thresholds, suite.rigour),
        settings=suite.settings() | {"data_digest": data.digest},
    )


def _importance(suite: ExplanationSuite, model: Model, data: DataSet) -> Metric:
    """Each feature's, as slices; as a whole, that of the feature which matters most."""
    drops = _drops(suite, model, data)
    slices = {
        feature: _of_feature(drops[:, column], len(data.frame), suite.rigour.confidence)
        for column, feature in enumerate(suite.features)
    }
    return replace(max(slices.values(), key=_value), slices=slices)


def _value(metric: Metric) -> float:
    return -inf if metric.value is None else metric.value


def _drops(suite: ExplanationSuite, model: Model, data: DataSet) -> np.ndarray:
    """How far the score falls: a row for each resample, a column for each feature."""
    numpy, inspection = load_tool("numpy", EXTRA), load_tool("sklearn.inspection", EXTRA)
    inputs, truth = data.frame[list(suite.features)], data.frame[suite.target].to_numpy()
    random = numpy.random.default_rng(suite.seed)
    drops: np.ndarray = numpy.empty((suite.resamples, len(suite.features)))
    for place in range(suite.resamples):
        rows, seed = random.integers(len(truth), size=len(truth)), int(random.integers(2**32))
        try:
            drops[place] = inspection.permutation_importance(
                model, inputs.iloc[rows], truth[rows], scoring=suite.scorer, n_repeats=1, random_state=seed
            ).importances_mean
        except (ValueError, TypeError) as why:
            raise SuiteRefused(f"{suite.scorer} can't be used on this model and data: {why}") from why
    return drops


def _of_feature(drops: np.ndarray, n: int, confidence: float) -> Metric:
    tail = (1 - confidence) / 2
    low, high = load_tool("numpy", EXTRA).quantile(drops, (tail, 1 - tail))
    value, interval = finite(drops.mean()), None
    if value is not None:
        interval = Interval(low=float(low), high=float(high), confidence=confidence)
    return Metric(name="permutation_importance", value=value, n=n, interval=interval)


def _dependence(suite: ExplanationSuite, model: Model, data: DataSet, feature: str) -> Metric:
    """How far the mean answer moves over the feature's range; the mean answer at each grid point is a slice."""
    inspection = load_tool("sklearn.inspection", EXTRA)
    try:
        # scikit-learn puts grid points into the column, which must be able to hold fractions.
        inputs = data.frame[list(suite.features)].astype({feature: float})
        found = inspection.partial_dependence(model, inputs, [feature], grid_resolution=suite.grid_points)
    except (ValueError, TypeError) as why:
        raise SuiteRefused(f"{feature} and this model give no partial dependence: {why}") from why
    grid, answers = found["grid_values"][0], found["average"][0]
    name, n = f"partial_dependence of {feature}", len(inputs)
    slices = {
        repr(float(at)): Metric(name=name, value=float(answer), n=n) for at, answer in zip(grid, answers, strict=True)
    }
    return Metric(name=name, value=float(answers.max() - answers.min()), n=n, slices=slices)
