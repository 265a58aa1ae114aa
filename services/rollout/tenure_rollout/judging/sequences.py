"""Between which values does the truth lie, at every look at once?

Confidence sequences of the present statistics alone. Their running intersection would be valid too and never wider,
but it is a function of every look that was taken: a verdict could no longer be computed from one event.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from math import ceil, floor, log
from typing import NamedTuple

from tenure_rollout.judging.statistics import Contrast, Histogram
from tenure_rollout.judging.supermartingales import Bet, exponential_boundary, log_beta_binomial

GRID = 1e9
HALVINGS = 60


class Interval(NamedTuple):
    low: float
    high: float


def outward(low: float, high: float) -> Interval:
    """To 1e-9, away from the middle: so that two machines' last bits of an exponential don't make two verdicts."""
    return Interval(floor(low * GRID) / GRID, ceil(high * GRID) / GRID)


def contrast_interval(contrast: Contrast, low_alpha: float, high_alpha: float, placed: Sequence[Bet]) -> Interval:
    """Of the difference of means, averaged over the windows by weight; each bound misses with at most its own alpha.

    Source: Howard et al. (2021), theorem 4, with the discrete mixture of section 3.3.
    """
    if contrast.weight == 0:
        return Interval(-1.0, 1.0)
    down = exponential_boundary(contrast.variance, low_alpha, placed)
    up = down if high_alpha == low_alpha else exponential_boundary(contrast.variance, high_alpha, placed)
    low, high = (contrast.difference - down) / contrast.weight, (contrast.difference + up) / contrast.weight
    return outward(max(-1.0, low), min(1.0, high))


def proportion_interval(count: float, n: int, alpha: float, concentration: float) -> Interval:
    """Of one arm's proportion or mean in [0, 1], from its sum; both bounds together miss with at most alpha.

    Source: Howard et al. (2021), section 3.2, solved for the proportion as in their package confseq.
    """
    if n == 0:
        return Interval(0.0, 1.0)
    mean, wanted = count / n, -log(alpha)

    def rejected(proportion: float) -> bool:
        return log_beta_binomial(count, n, proportion, concentration) >= wanted

    return outward(_edge(0.0, mean, rejected), _edge(1.0, mean, rejected))


def _edge(outer: float, inner: float, rejected: Callable[[float], bool]) -> float:
    """Where rejection stops on the way from `outer` to `inner`, by halving, from the side of `outer`."""
    for _ in range(HALVINGS):
        middle = (outer + inner) / 2
        if 0 < middle < 1 and rejected(middle):
            outer = middle
        else:
            inner = middle
    return outer


def quantile_interval(
    histogram: Histogram, quantile: float, alpha: float, concentration: float, bounds: Interval
) -> Interval:
    """Edges between which the quantile lies, or a declared bound where no edge is far enough out.

    The number of observations up to the true quantile is a sum of Bernoulli(quantile): an edge with too few up to it
    lies below the quantile, one with too many does not.
    Source: S. R. Howard, A. Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
    identification", Bernoulli 28 (2022), theorem 1, here with the beta-binomial mixture.
    """
    wanted = -log(alpha)
    counts, n = histogram.at_or_below, histogram.n

    def is_far(index: int) -> bool:
        return log_beta_binomial(counts[index], n, quantile, concentration) >= wanted

    middle = bisect_left(counts, quantile * n)
    below = bisect_left(range(middle), True, key=lambda index: not is_far(index))
    above = bisect_left(range(middle, len(counts)), True, key=is_far) + middle
    low = histogram.edges[below - 1] if below else bounds.low
    high = histogram.edges[above] if above < len(counts) else bounds.high
    return Interval(low, high)


def minus(one: Interval, other: Interval) -> Interval:
    """Of the difference, where each holds with half of the alpha: the union bound."""
    return Interval(one.low - other.high, one.high - other.low)
