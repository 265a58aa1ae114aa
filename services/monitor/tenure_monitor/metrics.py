"""Which figures does one prediction give, by itself, with its outcome, and beside its mirror? All within bounds."""

from bisect import bisect_left
from collections.abc import Callable, Mapping

from tenure_monitor.telemetry import Prediction

Loss = Callable[[float, float], float]
Figure = Callable[[Prediction], float | None]
Difference = Callable[[float, float], float]

LONGEST_MS = 60_000.0
EDGES_MS = tuple(round(1.07**power, 3) for power in range(164))
"""From 1 ms to beyond the longest, each 7 % wider: finer than a latency's margin, and the same for every release."""


def brier(score: float, label: float) -> float:
    """Squared difference of the predicted probability and the outcome (0 or 1); lower is better.

    Source: G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78
    (1950).
    """
    return (score - label) ** 2


def error(score: float, label: float) -> float:
    """1 where the prediction at threshold 0.5 was wrong, else 0."""
    return float((score >= 0.5) != (label >= 0.5))


def stale(prediction: Prediction) -> float | None:
    """1 where the context was older than its SLA allows; None where one of both was not told."""
    age, limit = prediction.context_age_seconds, prediction.context_limit_seconds
    return None if age is None or limit is None else float(age > limit)


def latency(prediction: Prediction) -> float | None:
    """In milliseconds, clipped at the longest that is told apart."""
    return None if prediction.latency_ms is None else min(prediction.latency_ms, LONGEST_MS)


def bucket(latency_ms: float | None) -> int | None:
    """The first edge that the latency is at or below."""
    return None if latency_ms is None else bisect_left(EDGES_MS, latency_ms)


LOSSES: Mapping[str, Loss] = {"brier": brier, "error": error}
FIGURES: Mapping[str, Figure] = {
    "failure": lambda prediction: float(prediction.failed),
    "stale": stale,
    "score": lambda prediction: prediction.score,
    "latency": latency,
}
DIFFERENCES: Mapping[str, Difference] = {
    "score_difference": lambda mirrored, answered: mirrored - answered,
    "disagreement": lambda mirrored, answered: abs(mirrored - answered),
}
METRICS = (*LOSSES, *FIGURES, *DIFFERENCES)
