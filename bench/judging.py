"""What does it cost to judge 500 rollouts each second, four metrics each, every one with new windows?"""

import random
import time
from math import exp

from tenure_rollout.judging.metrics import JudgeConfiguration, Kind, Metric
from tenure_rollout.judging.statistics import NOTHING, Contrast, Histogram, Moments, with_pairs, with_window
from tenure_rollout.judging.verdicts import JUDGE_REVISION, Evidence, MetricStatistics, canonical, verdict_of

from bench.figures import Figure, at_most, seen

ROLLOUTS, SECONDS = 500, 5
EDGES = tuple(10 * 1.05**power for power in range(120))


async def judging() -> list[Figure]:
    """In one process, with no event written: the statistics' own cost."""
    generator = random.Random(6)
    configuration = JudgeConfiguration(
        revision=1,
        alpha=0.05,
        metrics=(
            _metric("errors", "proportion"),
            _metric("score", "mean"),
            _metric("flips", "paired"),
            _metric("latency", "quantile"),
        ),
    )
    kept = [[NOTHING] * 3 for _ in range(ROLLOUTS)]
    windows = [[_window(generator) for _ in range(ROLLOUTS)] for _ in range(SECONDS)]
    histograms = [_histogram(generator) for _ in range(ROLLOUTS)]
    began = time.process_time()
    for second in range(SECONDS):
        for rollout in range(ROLLOUTS):
            new = zip(configuration.metrics[:3], kept[rollout], windows[second][rollout], strict=True)
            kept[rollout] = [_added(*each) for each in new]
            canonical(verdict_of(_evidence(configuration, kept[rollout], histograms[rollout], histograms[-rollout])))
    per_s = (time.process_time() - began) / SECONDS
    return [
        at_most("judge: 500 rollouts of 4 metrics each second, of one core", per_s * 100, "%", 50.0),
        seen("judge: one rollout", per_s / ROLLOUTS * 1e6, "us"),
    ]


def _metric(name: str, kind: Kind) -> Metric:
    is_quantile = kind == "quantile"
    return Metric(
        name=name,
        kind=kind,
        direction="lower",
        margin=50.0 if is_quantile else 0.02,
        is_critical=True,
        min_n=100,
        weight=1.0,
        lower_bound=0.0,
        upper_bound=10_000.0 if is_quantile else 1.0,
        planned_mean=0.0 if kind == "paired" else 0.05,
        planned_deviation=0.2,
        quantile=0.99 if is_quantile else 0.0,
    )


def _window(generator: random.Random) -> list[tuple[Moments, Moments]]:
    return [(_errors(generator), _errors(generator)) for _ in range(3)]


def _errors(generator: random.Random) -> Moments:
    count = float(generator.randint(20, 80))
    return Moments(n=1_000, total=count, squares=count)


def _added(metric: Metric, so_far: Contrast, window: tuple[Moments, Moments]) -> Contrast:
    one, other = (metric.on_unit_scale(arm) for arm in window)
    if metric.kind == "paired":
        return with_pairs(so_far, one, metric.unit_plan)
    return with_window(so_far, one, other, metric.unit_plan)


def _histogram(generator: random.Random) -> Histogram:
    """Exponential latencies."""
    mean, n = generator.uniform(90, 110), 20_000
    return Histogram(n=n, edges=EDGES, at_or_below=tuple(int(n * (1 - exp(-edge / mean))) for edge in EDGES))


def _evidence(
    configuration: JudgeConfiguration, contrasts: list[Contrast], candidate: Histogram, champion: Histogram
) -> Evidence:
    *compared, quantile = configuration.metrics
    statistics = [
        MetricStatistics(metric=metric.name, contrast=contrast, candidate=None, champion=None)
        for metric, contrast in zip(compared, contrasts, strict=True)
    ]
    latency = MetricStatistics(metric=quantile.name, contrast=None, candidate=candidate, champion=champion)
    return Evidence(judge_revision=JUDGE_REVISION, configuration=configuration, statistics=(*statistics, latency))
