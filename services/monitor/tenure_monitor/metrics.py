"""Which figures does one prediction with its outcome give?"""

from collections.abc import Callable, Mapping

Loss = Callable[[float, float], float]


def brier(score: float, label: float) -> float:
    """Squared difference of the predicted probability and the outcome (0 or 1); lower is better.

    Source: G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78
    (1950).
    """
    return (score - label) ** 2


def error(score: float, label: float) -> float:
    """1 where the prediction at threshold 0.5 was wrong, else 0."""
    return float((score >= 0.5) != (label >= 0.5))


METRICS: Mapping[str, Loss] = {"brier": brier, "error": error}
