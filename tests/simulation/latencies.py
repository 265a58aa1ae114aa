"""How do rollouts go in which the 99th percentile of latencies is judged, by the judge itself?"""

from dataclasses import dataclass

import numpy as np
from tenure_rollout.judging.metrics import Metric
from tenure_rollout.judging.statistics import Histogram
from tenure_rollout.judging.verdicts import JudgedVerdict, MetricStatistics, judgement_of

from tests.simulation.rollouts import ALPHA

EDGES = tuple(float(edge) for edge in np.geomspace(50, 5_000, 120))
P99_MS, MARGIN_MS = 460.0, 150.0
LOOKS = tuple(int(n) for n in np.geomspace(500, 60_000, 20))
PASS_N, ABORT_N = 6_500, 11_000  # what 10,000 rollouts showed, at the next look
METRIC = Metric(
    name="latency",
    kind="quantile",
    direction="lower",
    margin=MARGIN_MS,
    is_critical=True,
    min_n=500,
    weight=1.0,
    lower_bound=0.0,
    upper_bound=60_000.0,
    planned_mean=0.0,
    planned_deviation=0.0,
    quantile=0.99,
)


@dataclass(frozen=True, slots=True)
class Latencies:
    """Exponential, with that 99th percentile."""

    p99_ms: float

    def histograms(self, rollouts: int, rng: np.random.Generator) -> np.ndarray:
        """Counts up to each edge: [look, rollout, edge], ever more."""
        scale = self.p99_ms / -np.log(0.01)
        up_to = np.append(1 - np.exp(-np.array(EDGES) / scale), 1.0)
        shares = np.diff(up_to, prepend=0.0)
        added = np.diff(LOOKS, prepend=0)
        drawn = [rng.multinomial(n, shares, size=rollouts)[:, :-1].cumsum(axis=1) for n in added]
        return np.cumsum(drawn, axis=0)


def verdicts(harm_ms: float, rollouts: int, seed: int) -> list[list[JudgedVerdict]]:
    """[rollout][look]."""
    rng = np.random.default_rng(seed)
    candidates = Latencies(P99_MS + harm_ms).histograms(rollouts, rng)
    champions = Latencies(P99_MS).histograms(rollouts, rng)
    return [
        [_verdict(candidates[look, rollout], champions[look, rollout], n) for look, n in enumerate(LOOKS)]
        for rollout in range(rollouts)
    ]


def _verdict(candidate: np.ndarray, champion: np.ndarray, n: int) -> JudgedVerdict:
    one, other = (Histogram(n=n, edges=EDGES, at_or_below=tuple(arm.tolist())) for arm in (candidate, champion))
    said = MetricStatistics(metric=METRIC.name, contrast=None, candidate=one, champion=other)
    return judgement_of(METRIC, said, ALPHA, ALPHA).verdict


def share_within(found: list[list[JudgedVerdict]], verdict: JudgedVerdict, n: int) -> float:
    """Of the rollouts that had it at some look at up to n observations."""
    looks = sum(each <= n for each in LOOKS)
    return sum(verdict in rollout[:looks] for rollout in found) / len(found)
