"""When does a measurement pass a threshold, and what do many such verdicts add up to?

- Too few cases are inconclusive, whatever they show.
- A threshold is passed only where the whole interval lies on its good side, and failed only where the whole interval
  lies on its bad side.
- Without an interval, or with one of less confidence than asked for, nothing is shown.
- Many verdicts are as good as the worst; none at all shows nothing.

A pass over many slices needs no correction for their number: that all are good is claimed only where each is shown to
be (Berger 1982, intersection-union test). One failure among many slices may be chance.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure_evidence.measures import Interval, Metric

Verdict = Literal["passed", "failed", "inconclusive"]
FROM_BEST_TO_WORST: tuple[Verdict, ...] = ("passed", "inconclusive", "failed")


class Threshold(BaseModel):
    """What a metric must reach: exactly one of `at_least` and `at_most`. It holds for each slice too.

    `metric` may name one slice, as in `accuracy[carrier=AA]`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    metric: str = Field(min_length=1)
    at_least: float | None = None
    at_most: float | None = None
    each_slice: bool = True

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"{self.metric}: give either at_least or at_most")
        return self

    def __str__(self) -> str:
        return f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"


class Rigour(BaseModel):
    """How much a measurement must rest on before it decides anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minimum_n: int = Field(default=30, ge=1)
    confidence: float = Field(default=0.95, gt=0, lt=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One question, its verdict, and why it is not passed."""

    name: str
    verdict: Verdict
    reason: str = ""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; inconclusive for none."""
    return max(verdicts, key=FROM_BEST_TO_WORST.index, default="inconclusive")


def judge(metric: Metric, threshold: Threshold, rigour: Rigour) -> tuple[Verdict, str]:
    """The verdict and, unless passed, the reason."""
    interval = metric.interval
    if metric.n < rigour.minimum_n:
        return "inconclusive", f"rests on {metric.n} cases, {rigour.minimum_n} are needed"
    if metric.value is None:
        return "inconclusive", "is undefined on these cases"
    if interval is None:
        return "inconclusive", "has no interval"
    if interval.confidence < rigour.confidence:
        return "inconclusive", f"has an interval of confidence {interval.confidence:g} only"
    spoken = f"is {metric.value:.6g} [{interval.low:.6g}, {interval.high:.6g}]"
    worst_case, best_case = _extremes(interval, threshold)
    if worst_case >= 0:
        return "passed", ""
    if best_case < 0:
        return "failed", f"{spoken}, must be {threshold}"
    return "inconclusive", f"{spoken}, which straddles {threshold}"


def _extremes(interval: Interval, threshold: Threshold) -> tuple[float, float]:
    """How far the interval's worse and better end lie on the threshold's good side; negative is bad."""
    if threshold.at_least is not None:
        return interval.low - threshold.at_least, interval.high - threshold.at_least
    assert threshold.at_most is not None
    return threshold.at_most - interval.high, threshold.at_most - interval.low


def findings(metrics: Iterable[Metric], thresholds: Iterable[Threshold], rigour: Rigour) -> tuple[Finding, ...]:
    """One for each threshold and each metric or slice that it holds for, and one for each that nothing measured."""
    measured = {path: part for metric in metrics for path, part in metric.walk()}
    return tuple(
        finding for threshold in thresholds for finding in _of(threshold, measured.get(threshold.metric), rigour)
    )


def _of(threshold: Threshold, metric: Metric | None, rigour: Rigour) -> Iterator[Finding]:
    if metric is None:
        yield Finding(name=f"{threshold.metric} {threshold}", verdict="inconclusive", reason="was not measured")
        return
    parts = metric.walk(threshold.metric) if threshold.each_slice else [(threshold.metric, metric)]
    for path, part in parts:
        verdict, reason = judge(part, threshold, rigour)
        yield Finding(name=f"{path} {threshold}", verdict=verdict, reason=reason)
