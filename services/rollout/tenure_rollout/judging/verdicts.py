"""What follows from the statistics for each metric, and for the rollout?

A pure function of the evidence, to be computed again from a stored event: equal evidence, equal bytes.
"""

import json
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Literal

from tenure_rollout.judging.metrics import JudgeConfiguration, Metric, demand_judgeable
from tenure_rollout.judging.sequences import Interval, contrast_interval, minus, quantile_interval
from tenure_rollout.judging.statistics import Contrast, Histogram
from tenure_rollout.judging.supermartingales import bets

JUDGE_REVISION = "1"

JudgedVerdict = Literal["continue", "pause", "abort", "inconclusive", "insufficient"]
FIRST_WINS: tuple[JudgedVerdict, ...] = ("abort", "pause", "insufficient", "inconclusive", "continue")


class RevisionUnknown(ValueError):
    """This build's judge has other formulas: compute it again with the build that judged."""


class EvidenceInvalid(ValueError):
    """Each metric needs the statistics of its kind, in the order in which the metrics were declared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricStatistics:
    """`contrast` of proportions, means and pairs; the histograms of quantiles."""

    metric: str
    contrast: Contrast | None
    candidate: Histogram | None
    champion: Histogram | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    judge_revision: str
    configuration: JudgeConfiguration
    statistics: tuple[MetricStatistics, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricJudgement:
    """Harm in the metric's own unit: how much worse the candidate is, and between which bounds."""

    metric: str
    verdict: JudgedVerdict
    harm: float
    low: float
    high: float
    candidate_n: int
    champion_n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    judge_revision: str
    verdict: JudgedVerdict
    metrics: tuple[MetricJudgement, ...]


def verdict_of(evidence: Evidence) -> Judgement:
    """Continuing takes all metrics, so each has the whole alpha for it; aborting takes one, so they share it.

    Source: R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24 (1982): the
    intersection-union test.
    Raises: RevisionUnknown, EvidenceInvalid, StatisticsInvalid, DeclarationInvalid.
    """
    if evidence.judge_revision != JUDGE_REVISION:
        raise RevisionUnknown(f"the judgement is of judge {evidence.judge_revision}, this build has {JUDGE_REVISION}")
    configuration = evidence.configuration
    demand_judgeable(configuration)
    if [each.metric for each in evidence.statistics] != [each.name for each in configuration.metrics]:
        raise EvidenceInvalid("there is not one set of statistics for each metric, in the order of declaration")
    judged = tuple(
        judgement_of(metric, statistics, configuration.alpha, configuration.abort_alpha(metric))
        for metric, statistics in zip(configuration.metrics, evidence.statistics, strict=True)
    )
    return Judgement(judge_revision=JUDGE_REVISION, verdict=combined([each.verdict for each in judged]), metrics=judged)


def combined(verdicts: Collection[JudgedVerdict]) -> JudgedVerdict:
    """The gravest; one metric without enough samples keeps the rest from passing."""
    return min(verdicts, key=FIRST_WINS.index)


def canonical(judgement: Judgement) -> bytes:
    """Equal judgements, equal bytes: floats in their shortest form that reads back the same."""
    return json.dumps(asdict(judgement), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def judgement_of(metric: Metric, said: MetricStatistics, pass_alpha: float, abort_alpha: float) -> MetricJudgement:
    """Raises: EvidenceInvalid, StatisticsInvalid."""
    if metric.kind == "quantile":
        if said.candidate is None or said.champion is None:
            raise EvidenceInvalid(f"metric {metric.name} needs both arms' histograms")
        for arm in (said.candidate, said.champion):
            arm.demand_valid()
        return _of_quantiles(metric, said.candidate, said.champion, pass_alpha, abort_alpha)
    if said.contrast is None:
        raise EvidenceInvalid(f"metric {metric.name} needs a contrast")
    return _of_contrast(metric, said.contrast, pass_alpha, abort_alpha)


def _of_contrast(metric: Metric, contrast: Contrast, pass_alpha: float, abort_alpha: float) -> MetricJudgement:
    lower_is_better = metric.direction == "lower"
    low_alpha, high_alpha = (abort_alpha, pass_alpha) if lower_is_better else (pass_alpha, abort_alpha)
    placed = bets(metric.margin / metric.unit, metric.unit_variance)
    difference = contrast.difference / contrast.weight if contrast.weight else 0.0
    found = contrast_interval(contrast, low_alpha, high_alpha, placed)
    harm = found if lower_is_better else _negated(found)
    observed = difference if lower_is_better else -difference
    return _judged(
        metric,
        observed * metric.unit,
        Interval(harm.low * metric.unit, harm.high * metric.unit),
        contrast.candidate_n,
        contrast.champion_n,
    )


def _of_quantiles(
    metric: Metric, candidate: Histogram, champion: Histogram, pass_alpha: float, abort_alpha: float
) -> MetricJudgement:
    passing = _difference_of_quantiles(metric, candidate, champion, pass_alpha)
    aborting = _difference_of_quantiles(metric, candidate, champion, abort_alpha)
    observed = _sample_quantile(metric, candidate) - _sample_quantile(metric, champion)
    if metric.direction == "higher":
        observed, passing, aborting = -observed, _negated(passing), _negated(aborting)
    return _judged(metric, observed, Interval(aborting.low, passing.high), candidate.n, champion.n)


def _difference_of_quantiles(metric: Metric, candidate: Histogram, champion: Histogram, alpha: float) -> Interval:
    bounds = Interval(metric.lower_bound, metric.upper_bound)
    arms = [quantile_interval(a, metric.quantile, alpha / 2, metric.min_n, bounds) for a in (candidate, champion)]
    return minus(arms[0], arms[1])


def _sample_quantile(metric: Metric, said: Histogram) -> float:
    """The first edge with at least its share of the observations up to it."""
    first = bisect_left(said.at_or_below, metric.quantile * said.n)
    return said.edges[first] if first < len(said.edges) else metric.upper_bound


def _negated(found: Interval) -> Interval:
    return Interval(-found.high, -found.low)


def _judged(metric: Metric, observed: float, harm: Interval, candidate_n: int, champion_n: int) -> MetricJudgement:
    enough = min(candidate_n, champion_n) >= metric.min_n
    return MetricJudgement(
        metric=metric.name,
        verdict=_verdict(metric, harm) if enough else "insufficient",
        harm=observed,
        low=harm.low,
        high=harm.high,
        candidate_n=candidate_n,
        champion_n=champion_n,
    )


def _verdict(metric: Metric, harm: Interval) -> JudgedVerdict:
    if harm.high < metric.margin:
        return "continue"
    if harm.low > metric.margin:
        return "abort" if metric.is_critical else "pause"
    return "inconclusive"
