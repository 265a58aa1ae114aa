"""What is declared of a judge, before what nobody said was found out?"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from tenure_rollout.judging.metrics import SMALLEST_DEVIATION, Direction, JudgeConfiguration, Kind, Metric
from tenure_rollout.judging.statistics import Moments

UNKNOWN_DEVIATION = 0.25  # of the range, where there is no past: between hardly moving and a fair coin
PROPORTION = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricDeclared:
    """None where nobody said: the weight is an equal share then, and the plan is the champion's past."""

    name: str
    kind: Kind
    direction: Direction
    margin: float
    is_critical: bool
    min_n: int
    weight: float | None
    lower_bound: float | None
    upper_bound: float | None
    planned_mean: float | None
    planned_deviation: float | None
    quantile: float | None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """None where one is missing; a proportion's go without saying."""
        if self.kind == "proportion" and self.lower_bound is None and self.upper_bound is None:
            return PROPORTION
        if self.lower_bound is None or self.upper_bound is None:
            return None
        return self.lower_bound, self.upper_bound


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeDeclared:
    revision: int
    alpha: float
    metrics: tuple[MetricDeclared, ...]


def configured(declared: JudgeDeclared, past: Mapping[str, Moments]) -> JudgeConfiguration:
    """With all that was left open: what the champion's `past` says of a metric is planned. All metrics have bounds."""
    equal = 1 / len(declared.metrics) if declared.metrics else 1.0
    metrics = tuple(_metric(each, equal, past.get(each.name)) for each in declared.metrics)
    return JudgeConfiguration(revision=declared.revision, alpha=declared.alpha, metrics=metrics)


def _metric(declared: MetricDeclared, equal_weight: float, past: Moments | None) -> Metric:
    assert declared.bounds is not None, "asked for before"
    low, high = declared.bounds
    mean, deviation = planned(declared.kind, low, high, past)
    return Metric(
        name=declared.name,
        kind=declared.kind,
        direction=declared.direction,
        margin=declared.margin,
        is_critical=declared.is_critical,
        min_n=declared.min_n,
        weight=equal_weight if declared.weight is None else declared.weight,
        lower_bound=low,
        upper_bound=high,
        planned_mean=mean if declared.planned_mean is None else declared.planned_mean,
        planned_deviation=deviation if declared.planned_deviation is None else declared.planned_deviation,
        quantile=declared.quantile or 0.0,
    )


def planned(kind: Kind, low: float, high: float, past: Moments | None) -> tuple[float, float]:
    """Mean and deviation of one observation, kept within what may be planned; pairs are planned not to differ."""
    span = high - low
    if kind == "paired":
        return 0.0, UNKNOWN_DEVIATION * span
    if past is None or past.n < 2:
        return low + span / 2, UNKNOWN_DEVIATION * span
    mean = min(high, max(low, past.total / past.n))
    deviation = sqrt(past.spread(past.total / past.n) / (past.n - 1))
    return mean, min(span, max(SMALLEST_DEVIATION * span, deviation))
