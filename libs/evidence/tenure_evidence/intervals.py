"""How far may chance have moved what was measured?"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import isfinite, sqrt
from typing import TYPE_CHECKING

from tenure_evidence.installed import load_tool
from tenure_evidence.measures import Interval
from tenure_evidence.suites import Bootstrap

if TYPE_CHECKING:
    import numpy as np


def of_proportion(hits: int, n: int, confidence: float) -> Interval | None:
    """Exact, so it has width even where all or none of `n` cases are hits. Source: Clopper & Pearson 1934."""
    return _proportion(hits, n, confidence, "exact")


def of_difference(hits: int, n: int, hits_before: int, n_before: int, confidence: float) -> Interval | None:
    """Of hits/n - hits_before/n_before, from two Wilson intervals. Source: Newcombe 1998, method 10."""
    now, before = _proportion(hits, n, confidence, "wilson"), _proportion(hits_before, n_before, confidence, "wilson")
    if now is None or before is None:
        return None
    rate, rate_before = hits / n, hits_before / n_before
    down = sqrt((rate - now.low) ** 2 + (before.high - rate_before) ** 2)
    up = sqrt((now.high - rate) ** 2 + (rate_before - before.low) ** 2)
    change = rate - rate_before
    return Interval(low=change - down, high=change + up, confidence=confidence)


def _proportion(hits: int, n: int, confidence: float, method: str) -> Interval | None:
    if n == 0:
        return None
    stats = load_tool("scipy.stats", "evidence-data")
    found = stats.binomtest(hits, n).proportion_ci(confidence_level=confidence, method=method)
    return Interval(low=float(found.low), high=float(found.high), confidence=confidence)


def by_bootstrap(
    statistic: Callable[[np.ndarray], float], rows: np.ndarray, declared: Bootstrap, confidence: float
) -> Interval | None:
    """Of a statistic of row positions, over resamples of the rows.

    None where the statistic is undefined on some resample, and where all resamples agree: that says that the rows have
    nothing to show, not that the value is sure. Source: Efron & Tibshirani 1993.
    """
    if len(rows) < 2:
        return None
    numpy, stats = load_tool("numpy", "evidence-data"), load_tool("scipy.stats", "evidence-data")
    with warnings.catch_warnings(), numpy.errstate(all="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # told by the missing interval
        found = stats.bootstrap(
            (rows,),
            statistic,
            vectorized=False,
            n_resamples=declared.resamples,
            confidence_level=confidence,
            method=declared.method,
            rng=numpy.random.default_rng(declared.seed),
        ).confidence_interval
    low, high = float(found.low), float(found.high)
    return Interval(low=low, high=high, confidence=confidence) if isfinite(low + high) and low < high else None
