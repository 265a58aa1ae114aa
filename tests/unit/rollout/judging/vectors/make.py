"""What does confseq, by the papers' authors, say? Prints the vectors; README.md beside this tells how to run it."""

import json
import math
import sys

import numpy as np
from confseq import boundaries
from confseq.predmix import predmix_lower_cs

ALPHAS = (0.05, 0.01, 0.0025)


def rho(v_opt: float, alpha: float) -> float:
    """As confseq tunes a two-sided mixture; a one-sided one takes twice the alpha."""
    return v_opt / (2 * math.log(1 / alpha) + math.log(1 + 2 * math.log(1 / alpha)))


def proportions() -> list[dict[str, float]]:
    cases = [(0, 50), (3, 50), (10, 100), (12, 1_000), (487, 1_000), (990, 1_000), (1_200, 100_000), (63_500, 100_000)]
    found = []
    for count, n in cases:
        for alpha in ALPHAS:
            low, high = boundaries.bernoulli_confidence_interval(count, n, alpha, 500)
            asked = {"count": count, "n": n, "alpha": alpha, "concentration": rho(500, 0.05) - 1}
            found.append({**asked, "low": low, "high": high})
    return found


def beta_binomial_mixtures() -> list[dict[str, float]]:
    cases = [(0.01, 14, 700), (0.01, 0, 700), (0.5, 400, 700), (0.99, 650, 700), (0.2, 20_300, 100_000)]
    found = []
    for proportion, count, n in cases:
        v, v_opt = n * proportion * (1 - proportion), 50.0
        said = boundaries.beta_binomial_log_mixture(
            count - n * proportion, v, v_opt, proportion, 1 - proportion, 0.05, False
        )
        concentration = (rho(v_opt, 0.05) - proportion * (1 - proportion)) / (proportion * (1 - proportion))
        asked = {"proportion": proportion, "count": count, "n": n, "concentration": concentration}
        found.append({**asked, "log_mixture": float(said)})
    return found


def gamma_exponential_mixtures() -> list[dict[str, float]]:
    found = []
    for v_opt in (5.0, 50.0):
        for v in (1.0, 20.0, 400.0):
            for alpha in ALPHAS:
                bound = float(boundaries.gamma_exponential_mixture_bound(v, alpha, v_opt, 1.0))
                gap = 0.8 * bound
                said = float(boundaries.gamma_exponential_log_mixture(gap, v, v_opt, 1.0))
                found.append(
                    {"rho": rho(v_opt, 0.1), "v": v, "alpha": alpha, "bound": bound, "gap": gap, "log_mixture": said}
                )
    return found


def empirical_bernstein() -> list[dict[str, object]]:
    """One stake: the predictable plug-in of Waudby-Smith and Ramdas with all of its bets alike."""
    found: list[dict[str, object]] = []
    values = np.random.default_rng(2026).beta(2, 6, 200)
    predicted = (5 + np.append(0, np.cumsum(values)[:-1])) / (10 + np.arange(len(values)))
    for stake in (0.1, 0.4, 0.8):
        low = predmix_lower_cs(
            values,
            v=(values - predicted) ** 2,
            lambdas_fn=lambda x, stake=stake: np.full(len(x), stake),
            psi_fn=lambda stakes: -np.log(1 - stakes) - stakes,
            alpha=0.05,
        )
        found.append({"stake": stake, "alpha": 0.05, "planned_mean": 0.5, "low": [low[19], low[99], low[199]]})
    return [{"values": [float(x) for x in values]}, *found]


json.dump(
    {
        "proportions": proportions(),
        "beta_binomial_mixtures": beta_binomial_mixtures(),
        "gamma_exponential_mixtures": gamma_exponential_mixtures(),
        "empirical_bernstein": empirical_bernstein(),
    },
    sys.stdout,
    indent=1,
)
