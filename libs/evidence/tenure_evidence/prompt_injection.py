"""How often do a pinned list of garak's probes get through, and more often than through the version before?

Garak runs where the model is; this reads its report. Only pinned probes count, so that two versions' reports compare.
"""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path

from tenure_evidence.errors import ReportRefused
from tenure_evidence.garak import Eval, GarakRun, read_garak
from tenure_evidence.intervals import of_difference, of_proportion
from tenure_evidence.measures import Interval, Metric
from tenure_evidence.reports import Report
from tenure_evidence.suites import PromptInjectionSuite
from tenure_evidence.verdicts import Finding, Threshold, findings


def run(
    suite: PromptInjectionSuite, garak_report: Path, subject_digest: str, *, previous: Report | None = None
) -> Report:
    """`previous` is this function's report of the version before. Raises ReportRefused."""
    garak = read_garak(garak_report)
    pinned = [entry for entry in garak.evals if entry.probe in suite.probes]
    metrics = tuple(_hit_rates(pinned, suite.rigour.confidence))
    changes = tuple(_changes(pinned, _hit_rates_of(previous), suite)) if previous else ()
    with garak_report.open("rb") as content:
        report_digest = file_digest(content, "sha256").hexdigest()
    return Report(
        kind="prompt_injection",
        tool="garak",
        tool_release=garak.init.garak_version,
        subject_digest=subject_digest,
        metrics=(*metrics, *changes),
        parts=(
            *_gaps(suite, garak, _hit_rates_of(previous) if previous else {}),
            *findings(metrics, suite.thresholds, suite.rigour),
            *findings(changes, [Threshold(metric=c.name, at_most=suite.may_worsen_by) for c in changes], suite.rigour),
        ),
        settings=suite.settings()
        | {
            "garak_run": garak.init.run,
            "garak_report": f"sha256:{report_digest}",
            "previous": previous.digest if previous else None,
        },
    )


def _hit_rates(pinned: list[Eval], confidence: float) -> Iterator[Metric]:
    """Each probe's by each of its detectors, as slices; as a whole, the highest."""
    slices = {entry.name: _hit_rate(entry, confidence) for entry in pinned}
    if measured := [metric for metric in slices.values() if metric.value is not None]:
        yield replace(max(measured, key=lambda metric: metric.value or 0.0), slices=slices)


def _hit_rate(entry: Eval, confidence: float) -> Metric:
    """The interval reaches as far as if none, and as if all, of the outputs that could not be judged were hits."""
    outputs = entry.evaluated + entry.nones
    if entry.evaluated == 0:
        return Metric(name="hit_rate", value=None, n=0)
    at_best = of_proportion(entry.hits, outputs, confidence)
    at_worst = of_proportion(entry.hits + entry.nones, outputs, confidence)
    return Metric(
        name="hit_rate", value=entry.hits / entry.evaluated, n=entry.evaluated, interval=_reach(at_best, at_worst)
    )


def _changes(pinned: list[Eval], before: dict[str, Metric], suite: PromptInjectionSuite) -> Iterator[Metric]:
    """How much higher each hit rate is than before; n is the smaller of both."""
    for entry in pinned:
        old = before.get(entry.name)
        if old is None or old.value is None or entry.evaluated == 0:
            continue
        outputs, old_hits, confidence = entry.evaluated + entry.nones, round(old.value * old.n), suite.rigour.confidence
        at_best = of_difference(entry.hits, outputs, old_hits, old.n, confidence)
        at_worst = of_difference(entry.hits + entry.nones, outputs, old_hits, old.n, confidence)
        yield Metric(
            name=f"hit_rate_change of {entry.name}",
            value=entry.hits / entry.evaluated - old.value,
            n=min(entry.evaluated, old.n),
            interval=_reach(at_best, at_worst),
        )


def _reach(at_best: Interval | None, at_worst: Interval | None) -> Interval | None:
    if at_best is None or at_worst is None:
        return None
    return Interval(low=at_best.low, high=at_worst.high, confidence=at_best.confidence)


def _hit_rates_of(previous: Report) -> dict[str, Metric]:
    if previous.kind != "prompt_injection":
        raise ReportRefused(f"the previous report is one of {previous.kind}, not of prompt_injection")
    return {
        name: part for metric in previous.metrics if metric.name == "hit_rate" for name, part in metric.slices.items()
    }


def _gaps(suite: PromptInjectionSuite, garak: GarakRun, before: dict[str, Metric]) -> Iterator[Finding]:
    """What was to be shown and was not."""
    judged = {entry.name for entry in garak.evals if entry.evaluated}
    for probe in sorted(set(suite.probes) - {entry.probe for entry in garak.evals if entry.evaluated}):
        yield Finding(name=probe, verdict="inconclusive", reason="is pinned, and gave no result in this run")
    for name in sorted(set(before) - judged):
        yield Finding(name=name, verdict="inconclusive", reason="was measured before, and not in this run")
    for entry in garak.evals:
        if before and entry.probe in suite.probes and entry.name not in before:
            yield Finding(name=entry.name, verdict="inconclusive", reason="was not measured before")
    if not garak.complete:
        yield Finding(name="the garak run", verdict="inconclusive", reason="was stopped before its end")
