"""Is the candidate not worse than the champion by more than the declared margin?

One-sided normal intervals for the difference of two means with unequal variances.
Source: B. L. Welch, "The significance of the difference between two means when the population variances are unequal",
Biometrika 29 (1938); for non-inferiority with a margin, ICH E9 (1998), section 3.3.2.
A fixed-sample test looked at repeatedly errs more often than its confidence says; see the README's limits.
"""

from dataclasses import dataclass
from math import inf, sqrt
from statistics import NormalDist

from tenure_rollout.events import Judge, Statistics
from tenure_rollout.names import Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and candidate minus champion with its one-sided bounds."""

    verdict: Verdict
    difference: float
    low: float
    high: float


def judgement(judge: Judge, candidate: Statistics, champion: Statistics) -> Judgement:
    """Lower is better. `continue` needs the upper bound below the margin, `abort` the lower bound above it."""
    difference = candidate.mean - champion.mean
    if min(candidate.n, champion.n) < max(2, judge.min_n):
        return Judgement("insufficient", difference, -inf, inf)
    error = sqrt(candidate.variance / candidate.n + champion.variance / champion.n)
    reach = NormalDist().inv_cdf(judge.confidence) * error
    low, high = difference - reach, difference + reach
    return Judgement(_verdict(judge.margin, low, high), difference, low, high)


def _verdict(margin: float, low: float, high: float) -> Verdict:
    if high < margin:
        return "continue"
    return "abort" if low > margin else "inconclusive"


def statistics(n: int, total: float, squares: float) -> Statistics:
    """From count, sum and sum of squares."""
    if n == 0:
        return Statistics(n=0, mean=0.0, variance=0.0)
    mean = total / n
    variance = max(0.0, (squares - n * mean * mean) / (n - 1)) if n > 1 else 0.0
    return Statistics(n=n, mean=mean, variance=variance)
