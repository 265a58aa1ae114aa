"""Does a model treat groups alike, by fairlearn's disparities, and are the groups large enough to say so?

A disparity is the difference of the highest and the lowest of the groups' rates, so it is never below zero, and
resampling pushes it up: a bootstrap would find unfairness in noise. Its interval comes instead from exact intervals of
all groups' rates, which hold at once (Bonferroni): the rates can't be further apart, nor nearer, than those allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from tenure_evidence.data import DataSet, slices_of
from tenure_evidence.errors import DataRefused
from tenure_evidence.installed import load_tool, release
from tenure_evidence.intervals import of_proportion
from tenure_evidence.measures import Interval, Metric
from tenure_evidence.reports import Report
from tenure_evidence.subjects import Subject, ask
from tenure_evidence.suites import Disparity, FairnessSuite
from tenure_evidence.verdicts import findings

if TYPE_CHECKING:
    import numpy as np

Rate = Literal["selection_rate", "true_positive_rate", "false_positive_rate"]
RATES: dict[Disparity, tuple[Rate, ...]] = {
    "demographic_parity_difference": ("selection_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
    "equal_opportunity_difference": ("true_positive_rate",),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """`hits` of the `n` cases that a rate is taken over: all of a group, its positives, or its negatives."""

    hits: int
    n: int


def run(suite: FairnessSuite, subject: Subject, data: DataSet) -> Report:
    """The target and the predictions are taken as `positive` or not. Raises DataRefused for fewer than two groups."""
    truth = data.frame[suite.target].to_numpy() == suite.positive
    selected = ask(subject.model.predict, data.frame[list(suite.features)]) == suite.positive
    groups = dict(slices_of(data.frame, suite.sensitive))
    if len(groups) < 2 or not 0 < truth.sum() < len(truth):
        raise DataRefused(f"{len(groups)} groups, {truth.sum()} of {len(truth)} positive: there is nothing to compare")
    if not selected.any():
        raise DataRefused(f"the model never predicts {suite.positive!r}: are its answers of another type?")
    counts = {group: _counts(truth[rows], selected[rows]) for group, rows in groups.items()}
    metrics = tuple(
        _disparity(name, counts, _by_fairlearn(name, truth, selected, groups), suite.rigour.confidence)
        for name in suite.disparities
    )
    return Report(
        kind="fairness",
        tool="fairlearn",
        tool_release=release("fairlearn"),
        subject_digest=subject.digest,
        metrics=(*metrics, *_rates(counts, suite)),
        parts=findings(metrics, suite.thresholds, suite.rigour),
        settings=suite.settings() | {"data_digest": data.digest, "scipy_release": release("scipy")},
    )


def _counts(truth: np.ndarray, selected: np.ndarray) -> dict[Rate, Count]:
    return {
        "selection_rate": Count(hits=int(selected.sum()), n=len(truth)),
        "true_positive_rate": Count(hits=int((selected & truth).sum()), n=int(truth.sum())),
        "false_positive_rate": Count(hits=int((selected & ~truth).sum()), n=int((~truth).sum())),
    }


def _by_fairlearn(name: Disparity, truth: np.ndarray, selected: np.ndarray, groups: dict[str, np.ndarray]) -> float:
    membership = load_tool("numpy", "evidence-fairness").empty(len(truth), dtype=object)
    for group, rows in groups.items():
        membership[rows] = group
    disparity = getattr(load_tool("fairlearn.metrics", "evidence-fairness"), name)
    return float(disparity(truth, selected, sensitive_features=membership))


def _disparity(name: Disparity, counts: dict[str, dict[Rate, Count]], value: float, confidence: float) -> Metric:
    """`n` is what the thinnest rate of any group rests on; a rate that a group lacks leaves it undefined."""
    parts = [[of_group[rate] for of_group in counts.values()] for rate in RATES[name]]
    thinnest = min(count.n for part in parts for count in part)
    if thinnest == 0:
        return Metric(name=name, value=None, n=0)
    return Metric(name=name, value=value, n=thinnest, interval=_widest(parts, confidence))


def _widest(parts: list[list[Count]], confidence: float) -> Interval:
    """The interval of the largest of several disparities, each given as its groups' counts. Source: Bonferroni."""
    each = 1 - (1 - confidence) / sum(map(len, parts))
    apart = [
        _apart([interval for count in part if (interval := of_proportion(count.hits, count.n, each))]) for part in parts
    ]
    return Interval(low=max(low for low, _ in apart), high=max(high for _, high in apart), confidence=confidence)


def _apart(rates: list[Interval]) -> tuple[float, float]:
    """How far apart the lowest and the highest of the rates are, at least and at most."""
    at_least = max(rate.low for rate in rates) - min(rate.high for rate in rates)
    return max(0.0, at_least), max(rate.high for rate in rates) - min(rate.low for rate in rates)


def _rates(counts: dict[str, dict[Rate, Count]], suite: FairnessSuite) -> Iterator[Metric]:
    for rate in dict.fromkeys(rate for name in suite.disparities for rate in RATES[name]):
        slices = {group: _rate(rate, of_group[rate], suite.rigour.confidence) for group, of_group in counts.items()}
        whole = Count(hits=sum(of[rate].hits for of in counts.values()), n=sum(of[rate].n for of in counts.values()))
        yield replace(_rate(rate, whole, suite.rigour.confidence), slices=slices)


def _rate(name: Rate, count: Count, confidence: float) -> Metric:
    value = count.hits / count.n if count.n else None
    return Metric(name=name, value=value, n=count.n, interval=of_proportion(count.hits, count.n, confidence))
