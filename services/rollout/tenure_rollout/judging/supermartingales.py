"""How much has a bet against a hypothesis won? And what must be seen for it to have won 1 / alpha?

A non-negative supermartingale that starts at 1 reaches 1 / alpha, ever, with probability at most alpha.
Source: J. Ville, "Étude critique de la notion de collectif" (1939); S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon,
"Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021), section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, log, log1p

OCTAVES = range(-4, 4)
MOST_NEWTON_STEPS = 64
TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Bet:
    """One point of a discrete mixture: its stake, psi of it, and the logarithm of its share in the mixture."""

    stake: float
    psi: float
    log_share: float


def psi_exponential(stake: float) -> float:
    """The cumulant generating function of a centred exponential, for a stake in [0, 1).

    Source: Howard et al. (2021), table 5 and theorem 4: with observations and their predictions in [0, 1],
    exp(stake * (mean - x) - psi * (x - prediction)^2) does not grow in expectation.
    """
    return -log1p(-stake) - stake


@lru_cache(maxsize=4_096)
def bets(margin: float, variance: float) -> tuple[Bet, ...]:
    """Stakes around margin / (margin + variance), where a gap of `margin` is found soonest; both on the unit scale.

    A share halves with each octave of odds away from it, so that a wrong plan costs little and validity nothing.
    The best stake maximises stake * margin - psi * variance.
    Source: Howard et al. (2021), section 3.3 (discrete mixtures).
    """
    whole = sum(2.0 ** -abs(octave) for octave in OCTAVES)
    odds = [margin / variance * 2.0**octave for octave in OCTAVES]
    shares = [log(2.0 ** -abs(octave) / whole) for octave in OCTAVES]
    stakes = [each / (1 + each) for each in odds]
    return tuple(Bet(s, psi_exponential(s), share) for s, share in zip(stakes, shares, strict=True))


def log_exponential_mixture(gap: float, variance: float, placed: Sequence[Bet]) -> float:
    """log of sum(share * exp(stake * gap - psi * variance)), for a gap that the hypothesis says is on average nothing.

    Source: Howard et al. (2021), theorem 4 with section 3.3.
    """
    return _log_mixture_and_slope(gap, variance, placed)[0]


def exponential_boundary(variance: float, alpha: float, placed: Sequence[Bet]) -> float:
    """The gap at which the mixture has won 1 / alpha, from above: never a smaller one, within TOLERANCE of it.

    Newton's method from the right of the root of a convex increasing function stays on the right, so that each of its
    iterates is a valid boundary.
    """
    wanted = -log(alpha)
    gap = min((wanted - bet.log_share + bet.psi * variance) / bet.stake for bet in placed)
    for _ in range(MOST_NEWTON_STEPS):
        won, slope = _log_mixture_and_slope(gap, variance, placed)
        step = (won - wanted) / slope
        if step <= TOLERANCE * gap:
            break
        gap -= step
    return gap


def log_beta_binomial(count: float, n: int, proportion: float, concentration: float) -> float:
    """How much a Beta mixture around `proportion` has won against it, by `count` of `n`, as a logarithm.

    For any observations in [0, 1] with that mean, `count` their sum. Two-sided; `proportion` strictly within (0, 1).
    Source: Howard et al. (2021), section 3.2: the two-sided beta-binomial mixture, for any sub-Bernoulli process.
    """
    a, b = concentration * proportion, concentration * (1 - proportion)
    likelihood = count * log(proportion) + (n - count) * log1p(-proportion)
    return log_beta(a + count, b + n - count) - log_beta(a, b) - likelihood


def log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _log_mixture_and_slope(gap: float, variance: float, placed: Sequence[Bet]) -> tuple[float, float]:
    logs = [bet.log_share + bet.stake * gap - bet.psi * variance for bet in placed]
    top = max(logs)
    parts = [exp(each - top) for each in logs]
    whole = sum(parts)
    return top + log(whole), sum(bet.stake * part for bet, part in zip(placed, parts, strict=True)) / whole
