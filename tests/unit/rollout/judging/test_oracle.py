"""Do the formulas agree with confseq, which the papers' authors wrote?"""

import json
from itertools import pairwise
from math import exp, log
from pathlib import Path

import pytest
from tenure_rollout.judging.sequences import proportion_interval
from tenure_rollout.judging.statistics import NOTHING, Moments, with_pairs
from tenure_rollout.judging.supermartingales import (
    Bet,
    exponential_boundary,
    log_beta_binomial,
    log_exponential_mixture,
    psi_exponential,
)

VECTORS = json.loads((Path(__file__).parent / "vectors" / "confseq.json").read_text())
NODES = 4_000


def gamma_prior(rho: float) -> tuple[Bet, ...]:
    """The density of the gamma-exponential mixture, proportional to (1 - stake)^(rho - 1) exp(-rho (1 - stake)), in
    NODES narrow bets. With 1 - stake = x^k its singularity for rho < 1 is gone."""
    k = max(1.0, 2 / rho)
    edges = [step / NODES for step in range(NODES + 1)]
    lefts = [((a + b) / 2) ** k for a, b in pairwise(edges)]
    masses = [exp((rho - 1) * log(left) - rho * left) * left ** ((k - 1) / k) for left in lefts]
    whole = sum(masses)
    return tuple(
        Bet(1 - left, psi_exponential(1 - left), log(mass / whole)) for left, mass in zip(lefts, masses, strict=True)
    )


@pytest.mark.parametrize("row", VECTORS["proportions"])
def test_a_proportions_interval_is_confseqs_to_1e_6(row: dict[str, float]) -> None:
    found = proportion_interval(row["count"], int(row["n"]), row["alpha"], row["concentration"])
    assert found == (pytest.approx(row["low"], abs=1e-6), pytest.approx(row["high"], abs=1e-6))


@pytest.mark.parametrize("row", VECTORS["beta_binomial_mixtures"])
def test_a_beta_binomial_mixture_is_confseqs_to_1e_9(row: dict[str, float]) -> None:
    found = log_beta_binomial(row["count"], int(row["n"]), row["proportion"], row["concentration"])
    assert found == pytest.approx(row["log_mixture"], rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("row", VECTORS["gamma_exponential_mixtures"])
def test_with_a_gamma_prior_in_narrow_bets_mixture_and_boundary_are_confseqs_to_1e_5(row: dict[str, float]) -> None:
    placed = gamma_prior(row["rho"])
    assert log_exponential_mixture(row["gap"], row["v"], placed) == pytest.approx(row["log_mixture"], abs=1e-5)
    assert exponential_boundary(row["v"], row["alpha"], placed) == pytest.approx(row["bound"], rel=1e-5)


@pytest.mark.parametrize("row", VECTORS["empirical_bernstein"][1:])
def test_one_observation_at_a_time_the_empirical_bernstein_bound_is_confseqs_to_1e_9(row: dict[str, float]) -> None:
    values = VECTORS["empirical_bernstein"][0]["values"]
    bet = Bet(row["stake"], psi_exponential(row["stake"]), 0.0)
    contrast, bounds = NOTHING, []
    for x in values:
        contrast = with_pairs(contrast, Moments(n=1, total=x, squares=x * x), row["planned_mean"])
        mean = contrast.difference / contrast.weight + 0.5
        bounds.append(max(0.0, mean - exponential_boundary(contrast.variance, row["alpha"], [bet]) / contrast.weight))
    assert [bounds[19], bounds[99], bounds[199]] == pytest.approx(row["low"], abs=1e-9)
