"""The metrics and statistics that the judge's tests begin with."""

from dataclasses import replace

from hypothesis import strategies as st
from tenure_rollout.judging.metrics import JudgeConfiguration, Metric
from tenure_rollout.judging.statistics import NOTHING, Contrast, Histogram, Moments, with_window
from tenure_rollout.judging.verdicts import JUDGE_REVISION, Evidence, MetricStatistics

ERRORS = Metric(
    name="errors",
    kind="proportion",
    direction="lower",
    margin=0.02,
    is_critical=True,
    min_n=100,
    weight=1.0,
    lower_bound=0.0,
    upper_bound=1.0,
    planned_mean=0.05,
    planned_deviation=0.22,
    quantile=0.0,
)
SCORE = replace(
    ERRORS,
    name="score",
    kind="mean",
    direction="higher",
    lower_bound=1.0,
    upper_bound=5.0,
    planned_mean=4.0,
    margin=0.2,
)
SCORE = replace(SCORE, planned_deviation=0.9, is_critical=False)
PAIRS = replace(ERRORS, name="flips", kind="paired", planned_mean=0.0, planned_deviation=0.2)
LATENCY = replace(ERRORS, name="latency", kind="quantile", margin=50.0, upper_bound=10_000.0, quantile=0.9)
EDGES = tuple(float(edge) for edge in range(10, 1_000, 10))

windows = st.integers(1, 400).flatmap(
    lambda n: st.integers(0, n).map(lambda count: Moments(n=n, total=float(count), squares=float(count)))
)
arms = st.lists(st.tuples(windows, windows), min_size=1, max_size=12)


def counted(n: int, count: int) -> Moments:
    return Moments(n=n, total=float(count), squares=float(count))


def added(metric: Metric, *pairs: tuple[Moments, Moments]) -> Contrast:
    """Windows of both arms, in their order."""
    contrast = NOTHING
    for candidate, champion in pairs:
        ours, theirs = metric.on_unit_scale(candidate), metric.on_unit_scale(champion)
        contrast = with_window(contrast, ours, theirs, metric.unit_plan)
    return contrast


def of_contrast(metric: Metric, contrast: Contrast) -> MetricStatistics:
    return MetricStatistics(metric=metric.name, contrast=contrast, candidate=None, champion=None)


def of_histograms(metric: Metric, candidate: Histogram, champion: Histogram) -> MetricStatistics:
    return MetricStatistics(metric=metric.name, contrast=None, candidate=candidate, champion=champion)


def evenly(n: int, slowest: float) -> Histogram:
    """n latencies spread evenly from 0 to `slowest`."""
    return Histogram(n=n, edges=EDGES, at_or_below=tuple(min(n, int(n * edge / slowest)) for edge in EDGES))


def evidence(alpha: float, *judged: tuple[Metric, MetricStatistics]) -> Evidence:
    configuration = JudgeConfiguration(revision=1, alpha=alpha, metrics=tuple(metric for metric, _ in judged))
    return Evidence(
        judge_revision=JUDGE_REVISION, configuration=configuration, statistics=tuple(said for _, said in judged)
    )
