"""How do rollouts of a known truth go, thousands at a time?

The arrays here are the judge's arithmetic over [rollout, window]; `test_judging.py` holds them to the judge's own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import log, pi

import numpy as np
from numpy.typing import NDArray
from tenure_rollout.judging.metrics import Kind, Metric
from tenure_rollout.judging.statistics import PLAN_N, Contrast
from tenure_rollout.judging.supermartingales import bets

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Truth:
    """What one observation is: a value of `support`, with its probability in each window."""

    support: Floats
    probabilities: Callable[[int], Floats]


@dataclass(frozen=True, slots=True)
class Case:
    """A metric with its margin, what the champion does, and what a candidate does that is worse by a given harm."""

    name: str
    margin: float
    windows: int
    candidate_n: Callable[[int], int]
    champion_n: Callable[[int], int]
    truth: Callable[[float], Truth]
    planned_mean: float
    planned_deviation: float
    kind: Kind = "proportion"

    @property
    def metric(self) -> Metric:
        return Metric(
            name=self.name,
            kind=self.kind,
            direction="lower",
            margin=self.margin,
            is_critical=True,
            min_n=100,
            weight=1.0,
            lower_bound=0.0,
            upper_bound=1.0,
            planned_mean=self.planned_mean,
            planned_deviation=self.planned_deviation,
            quantile=0.0,
        )


@dataclass(frozen=True, slots=True)
class Arm:
    """Count [window], sum and sum of squares [rollout, window], on the unit scale."""

    n: Floats
    total: Floats
    squares: Floats


@dataclass(frozen=True, slots=True)
class Run:
    """All looks at many rollouts: [rollout, window]."""

    case: Case
    candidate: Arm
    champion: Arm
    passes: Flags
    aborts: Flags
    contrast: Callable[[int, int], Contrast] = field(repr=False)


def steady(n: int) -> Callable[[int], int]:
    return lambda window: n


def coin(rate: float) -> Callable[[float], Truth]:
    """An error or none; harm adds to the rate."""
    return lambda harm: Truth(np.array([0.0, 1.0]), lambda window: np.array([1 - rate - harm, rate + harm]))


def tide(rate: float, harm: float, window: int, period: int) -> Floats:
    """A rate that swings by half of itself over the day; harm adds the same at each hour."""
    now = rate * (1 + 0.5 * np.sin(2 * pi * window / period)) + harm
    return np.array([1 - now, now])


def simulate(case: Case, harm: float, rollouts: int, seed: int, abort_share: float = 1.0) -> Run:
    """`abort_share` of alpha is for aborting, as where several metrics share it."""
    rng = np.random.default_rng(seed)
    metric = case.metric
    candidate = champion = _arm(case, case.truth(harm), case.candidate_n, rollouts, rng)
    if case.kind == "paired":
        weight, difference, variance = _paired(candidate, metric.unit_plan)
    else:
        champion = _arm(case, case.truth(0.0), case.champion_n, rollouts, rng)
        weight, difference, variance = _compared(candidate, champion, metric.unit_plan)

    def contrast(rollout: int, window: int) -> Contrast:
        so_far = slice(window + 1)
        return Contrast(
            candidate_n=int(candidate.n[so_far].sum()),
            candidate_total=float(candidate.total[rollout, so_far].sum()),
            champion_n=int(champion.n[so_far].sum()),
            champion_total=0.0 if case.kind == "paired" else float(champion.total[rollout, so_far].sum()),
            weight=float(weight[window]),
            difference=float(difference[rollout, window]),
            variance=float(variance[rollout, window]),
        )

    allowed = weight * metric.margin / metric.unit
    enough = np.minimum(candidate.n.cumsum(), champion.n.cumsum()) >= metric.min_n
    passes = _wins(allowed - difference, variance, metric, ALPHA) & enough
    aborts = _wins(difference - allowed, variance, metric, ALPHA * abort_share) & enough
    return Run(case, candidate, champion, passes, aborts, contrast)


def _arm(case: Case, truth: Truth, sizes: Callable[[int], int], rollouts: int, rng: np.random.Generator) -> Arm:
    n = np.array([sizes(window) for window in range(case.windows)])
    drawn = [rng.multinomial(n[w], truth.probabilities(w), size=rollouts) for w in range(case.windows)]
    unit = (truth.support - case.metric.shift) / case.metric.unit
    total = np.stack([counts @ unit for counts in drawn], axis=1)
    squares = np.stack([counts @ unit**2 for counts in drawn], axis=1)
    return Arm(n.astype(float), total, squares)


def _compared(candidate: Arm, champion: Arm, plan: float) -> tuple[Floats, Floats, Floats]:
    weights = np.minimum(candidate.n, champion.n)
    ours, theirs = weights / candidate.n, weights / champion.n
    differences = ours * candidate.total - theirs * champion.total
    variances = ours**2 * _spread(candidate, plan) + theirs**2 * _spread(champion, plan)
    return weights.cumsum(), differences.cumsum(axis=1), variances.cumsum(axis=1)


def _paired(pairs: Arm, plan: float) -> tuple[Floats, Floats, Floats]:
    return pairs.n.cumsum(), (pairs.total - pairs.n / 2).cumsum(axis=1), _spread(pairs, plan).cumsum(axis=1)


def _spread(arm: Arm, plan: float) -> Floats:
    before_n, before = arm.n.cumsum() - arm.n, arm.total.cumsum(axis=1) - arm.total
    centre = (PLAN_N * plan + before) / (PLAN_N + before_n)
    return np.asarray(arm.squares - 2 * centre * arm.total + arm.n * centre**2)


def _wins(gap: Floats, variance: Floats, metric: Metric, alpha: float) -> Flags:
    placed = bets(metric.margin / metric.unit, metric.unit_variance)
    won = sum(np.exp(bet.log_share + log(alpha) + bet.stake * gap - bet.psi * variance) for bet in placed)
    return np.asarray(won >= 1)


def ever(looks: Flags) -> float:
    """The share of rollouts in which it happened at some look."""
    return float(looks.any(axis=1).mean())


def n_within(run: Run, looks: Flags, share: float) -> float:
    """Candidate's observations after which it has happened in that share of the rollouts; infinite if it never has."""
    first = np.where(looks.any(axis=1), looks.argmax(axis=1), -1)
    needed = np.where(first >= 0, run.candidate.n.cumsum()[first], np.inf)
    return float(np.sort(needed)[int(np.ceil(share * len(needed))) - 1])
