"""What is compared, how much harm is too much, and how often may the judge be wrong?"""

from collections import Counter
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from tenure_rollout.judging.statistics import Moments

MOST_METRICS = 64
SMALLEST_DEVIATION = 1e-3  # of the range: with far less, a stake would round to everything

Kind = Literal["proportion", "mean", "paired", "quantile"]
Direction = Literal["lower", "higher"]


class DeclarationInvalid(ValueError):
    """What was declared can't be judged; the message says what to change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One metric, its `margin` the harm in its own unit at which a candidate is too bad.

    `direction` says which way is better. `lower_bound` and `upper_bound` hold for every observation (a proportion's
    are 0 and 1; a paired metric's are those of each arm's value, not of the difference). A mean and deviation of one
    observation are planned, best from the champion's past: a wrong plan costs samples, never validity. `weight` is its
    share of the false aborts that are allowed to all; `quantile` is asked of that kind alone, and 0 elsewhere.
    """

    name: str
    kind: Kind
    direction: Direction
    margin: float
    is_critical: bool
    min_n: int
    weight: float
    lower_bound: float
    upper_bound: float
    planned_mean: float
    planned_deviation: float
    quantile: float

    @property
    def unit(self) -> float:
        """How much of the metric is 1 on the unit scale: its range; of paired differences, both sides of zero."""
        span = self.upper_bound - self.lower_bound
        return 2 * span if self.kind == "paired" else span

    @property
    def shift(self) -> float:
        """The value that is 0 on the unit scale."""
        return self.lower_bound - self.upper_bound if self.kind == "paired" else self.lower_bound

    def on_unit_scale(self, said: Moments) -> Moments:
        """Of values, or of paired differences, within the bounds: those of values in [0, 1]."""
        return said.scaled(self.shift, self.unit)

    @property
    def unit_plan(self) -> float:
        """The planned mean, on the unit scale."""
        return (self.planned_mean - self.shift) / self.unit

    @property
    def unit_variance(self) -> float:
        """The planned variance of what has weight 1: a difference of two observations, or one paired difference."""
        variance = (self.planned_deviation / self.unit) ** 2
        return variance if self.kind == "paired" else 2 * variance


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeConfiguration:
    """What a rollout is judged by, and the chance of each kind of error that is accepted, at all looks together.

    `revision` says which of its makers' policies it is; no formula asks for it.
    """

    revision: int
    alpha: float
    metrics: tuple[Metric, ...]

    def abort_alpha(self, metric: Metric) -> float:
        """Any one metric may abort, so they share alpha by weight.

        Source: the weighted Bonferroni inequality: Y. Benjamini, Y. Hochberg, "Multiple
        hypotheses testing with weights", Scandinavian Journal of Statistics 24 (1997).
        """
        return self.alpha * metric.weight / sum(each.weight for each in self.metrics)


def demand_judgeable(configuration: JudgeConfiguration) -> None:
    """Raises: DeclarationInvalid."""
    if not 0 < configuration.alpha < 0.5:
        raise DeclarationInvalid(f"alpha is a chance of error between 0 and 0.5, not {configuration.alpha}")
    names = Counter(metric.name for metric in configuration.metrics)
    if not 1 <= len(configuration.metrics) <= MOST_METRICS or max(names.values()) > 1:
        raise DeclarationInvalid(f"a judge has 1 to {MOST_METRICS} metrics, each name once")
    for metric in configuration.metrics:
        if fault := _fault(metric):
            raise DeclarationInvalid(f"metric {metric.name}: {fault}")


def _fault(metric: Metric) -> str | None:
    span = metric.upper_bound - metric.lower_bound
    if not (isfinite(span) and span > 0):
        return "every observation needs finite bounds, the lower one below the upper one"
    if metric.kind == "proportion" and (metric.lower_bound, metric.upper_bound) != (0.0, 1.0):
        return "a proportion's bounds are 0 and 1"
    if not 0 < metric.margin < span:
        return f"the margin of harm lies between 0 and the range {span}, not at {metric.margin}"
    if not (metric.min_n >= 1 and isfinite(metric.weight) and metric.weight > 0):
        return "the minimum n is at least 1, and the weight above 0"
    if metric.kind == "quantile":
        return None if 0 < metric.quantile < 1 else f"a quantile lies between 0 and 1, not at {metric.quantile}"
    if not 0 <= metric.unit_plan <= 1:
        return f"the planned mean lies within the bounds, not at {metric.planned_mean}"
    if not SMALLEST_DEVIATION * span <= metric.planned_deviation <= span:
        return f"the planned deviation lies between {SMALLEST_DEVIATION:g} of the range and the whole of it"
    return None
