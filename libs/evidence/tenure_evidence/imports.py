"""What did a tracker or a script already measure, and does it reach the thresholds?

An imported number comes without its rows, so most have no interval and decide nothing. Those that a suite declares to
be proportions of so many cases get an exact one, and a plain JSON file may bring its own.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError, field_validator

from tenure_evidence.errors import ReportRefused
from tenure_evidence.intervals import of_proportion
from tenure_evidence.measures import Interval, Metric, finite
from tenure_evidence.reports import Report
from tenure_evidence.suites import ImportSuite
from tenure_evidence.verdicts import Finding, findings

MAX_IMPORT_BYTES = 16_777_216
MAX_METRICS = 10_000

Source = Literal["mlflow", "wandb", "json"]


class MlflowInfo(BaseModel):
    run_id: str
    status: str


class MlflowData(BaseModel):
    metrics: dict[str, float]
    params: dict[str, str] = Field(default_factory=dict)


class MlflowRun(BaseModel):
    """What is used of `mlflow.entities.Run.to_dictionary()`."""

    info: MlflowInfo
    data: MlflowData


class WandbRun(BaseModel):
    """What is used of a run as W&B's API gives it: the summary is an object or, unconverted, JSON in a string."""

    name: str
    state: str
    summary: dict[str, JsonValue] = Field(validation_alias="summaryMetrics")

    @field_validator("summary", mode="before")
    @classmethod
    def _unpacked(cls, summary: object) -> object:
        return json.loads(summary) if isinstance(summary, str) else summary


class Measured(BaseModel):
    """A metric in a plain JSON file, whose interval is its maker's claim."""

    model_config = ConfigDict(extra="forbid")

    value: float | None
    n: Annotated[int, Field(ge=0)] = 0
    interval: Interval | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """`logged` is everything from which a suite may take a number of cases."""

    tool: str
    metrics: tuple[Metric, ...]
    logged: Mapping[str, object]
    run: str | None = None
    unfinished: tuple[Finding, ...] = field(default=())


def run(
    suite: ImportSuite,
    content: bytes,
    subject_digest: str,
    *,
    source: Source,
    tool: str | None = None,
    tool_release: str = "unknown",
) -> Report:
    """`tool` and `tool_release` say what measured, where the export does not. Raises ReportRefused."""
    if len(content) > MAX_IMPORT_BYTES:
        raise ReportRefused(f"{len(content)} bytes, the limit is {MAX_IMPORT_BYTES}")
    try:
        imported = READERS[source](content)
    except (ValidationError, ValueError) as why:
        raise ReportRefused(f"not an export of {source}: {why}") from why
    if len(imported.metrics) > MAX_METRICS:
        raise ReportRefused(f"{len(imported.metrics)} metrics, the limit is {MAX_METRICS}")
    metrics = tuple(_with_interval(metric, suite, imported.logged) for metric in imported.metrics)
    return Report(
        kind="import",
        tool=tool or imported.tool,
        tool_release=tool_release,
        subject_digest=subject_digest,
        metrics=metrics,
        parts=(*imported.unfinished, *findings(metrics, suite.thresholds, suite.rigour)),
        settings=suite.settings() | {"run": imported.run, "export": f"sha256:{sha256(content).hexdigest()}"},
    )


def _from_mlflow(content: bytes) -> Imported:
    exported = MlflowRun.model_validate_json(content)
    return Imported(
        tool="mlflow",
        metrics=tuple(Metric(name=name, value=finite(value), n=0) for name, value in exported.data.metrics.items()),
        logged={**exported.data.params, **exported.data.metrics},
        run=exported.info.run_id,
        unfinished=tuple(_unfinished(exported.info.status, "FINISHED")),
    )


def _from_wandb(content: bytes) -> Imported:
    """Keys that begin with `_` are W&B's own; histograms, tables and words are no measurements."""
    exported = WandbRun.model_validate_json(content)
    numbers = {
        name: float(value)
        for name, value in exported.summary.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and not name.startswith("_")
    }
    return Imported(
        tool="wandb",
        metrics=tuple(Metric(name=name, value=finite(value), n=0) for name, value in numbers.items()),
        logged=exported.summary,
        run=exported.name,
        unfinished=tuple(_unfinished(exported.state, "finished")),
    )


_PLAIN: TypeAdapter[dict[str, float | Measured]] = TypeAdapter(dict[str, float | Measured])


def _from_json(content: bytes) -> Imported:
    exported = _PLAIN.validate_json(content)
    return Imported(
        tool="json",
        metrics=tuple(_measured(name, given) for name, given in exported.items()),
        logged={name: given for name, given in exported.items() if isinstance(given, float)},
    )


def _measured(name: str, given: float | Measured) -> Metric:
    if isinstance(given, Measured):
        value = None if given.value is None else finite(given.value)
        return Metric(name=name, value=value, n=given.n, interval=given.interval)
    return Metric(name=name, value=finite(given), n=0)


READERS: Mapping[Source, Callable[[bytes], Imported]] = {
    "mlflow": _from_mlflow,
    "wandb": _from_wandb,
    "json": _from_json,
}


def _unfinished(state: str, finished: str) -> list[Finding]:
    """The metrics of a run that goes on, or that broke, may still change."""
    if state == finished:
        return []
    return [Finding(name="the run", verdict="inconclusive", reason=f"is {state}, not {finished}")]


def _with_interval(metric: Metric, suite: ImportSuite, logged: Mapping[str, object]) -> Metric:
    declared = suite.proportions.get(metric.name)
    if declared is None or metric.value is None:
        return metric
    n = declared if isinstance(declared, int) else _count(declared, logged)
    if not 0 <= metric.value <= 1:
        raise ReportRefused(f"{metric.name} is {metric.value}, which is no proportion")
    interval = of_proportion(round(metric.value * n), n, suite.rigour.confidence)
    return Metric(name=metric.name, value=metric.value, n=n, interval=interval)


def _count(name: str, logged: Mapping[str, object]) -> int:
    try:
        count = float(str(logged[name]))
    except (KeyError, ValueError):
        raise ReportRefused(f"the run logged no number {name}") from None
    if not (count.is_integer() and count >= 1):
        raise ReportRefused(f"{name} is {count}, which counts no cases")
    return int(count)
