"""How do predictions and late outcomes become windows, each request counted once?"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
from tenure_eventlog import Record
from tenure_eventlog.queries import queries
from tenure_eventlog.topics import OUTCOMES, PREDICTIONS
from tenure_ingest import Quarantined, quarantine

from tenure_monitor.events import MonitorDeclared
from tenure_monitor.metrics import EDGES_MS, FIGURES, bucket, latency, stale
from tenure_monitor.names import UNNAMED
from tenure_monitor.telemetry import UNREADABLE, Outcome, Prediction, read_outcome, read_prediction

SQL = queries("tenure_monitor")
MOST_CALLERS = 1_000  # of each model, named and by version: the rest are counted together


@dataclass(slots=True)
class Effects:
    """A batch's predictions and outcomes by request id, and what could not be read; who mirrored is part of an id."""

    predictions: dict[str, Prediction] = field(default_factory=dict)
    mirrors: dict[tuple[str, str], Prediction] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    unreadable: list[Quarantined] = field(default_factory=list)

    def take(self, prediction: Prediction) -> None:
        """The first under an id counts."""
        if prediction.mirror:
            self.mirrors.setdefault((prediction.request_id, prediction.release), prediction)
        else:
            self.predictions.setdefault(prediction.request_id, prediction)


class TelemetryProcessor:
    """Joins predictions with outcomes; `monitors` says which models are watched. Of the others nothing is kept."""

    name = "monitor.telemetry"
    migrations: str | None = "tenure_monitor"

    def __init__(self, monitors: Callable[[], Mapping[str, MonitorDeclared]]) -> None:
        self._monitors = monitors

    def topics(self) -> Collection[str]:
        return (PREDICTIONS.name, OUTCOMES.name)

    def process(self, records: Sequence[Record]) -> Effects:
        effects = Effects()
        for record in records:
            try:
                if record.topic == PREDICTIONS.name:
                    prediction = read_prediction(record.value or b"")
                    effects.take(prediction)
                else:
                    outcome = read_outcome(record.value or b"")
                    effects.outcomes.setdefault(outcome.request_id, outcome)
            except UNREADABLE:
                effects.unreadable.append(Quarantined("malformed-telemetry", record))
        return effects

    async def apply(self, connection: asyncpg.Connection, effects: Effects) -> None:
        monitors = self._monitors()
        predictions = [p for _, p in sorted(effects.predictions.items()) if p.model in monitors]
        mirrors = [p for _, p in sorted(effects.mirrors.items()) if p.model in monitors]
        outcomes = [o for _, o in sorted(effects.outcomes.items()) if o.model in monitors]
        if predictions:
            await connection.execute(SQL["keep_predictions"], *prediction_columns(predictions), MOST_CALLERS)
        if mirrors:
            await connection.execute(SQL["keep_mirrors"], *prediction_columns(mirrors)[:5], *figures(mirrors))
        if outcomes:
            columns = ([o.request_id for o in outcomes], [o.model for o in outcomes], [o.label for o in outcomes])
            await connection.execute(SQL["keep_outcomes"], *columns)
        await count(connection, monitors, [*predictions, *mirrors], outcomes)
        await quarantine(connection, self.name, effects.unreadable)


async def count(
    connection: asyncpg.Connection,
    monitors: Mapping[str, MonitorDeclared],
    predictions: Sequence[Prediction],
    outcomes: Sequence[Outcome],
) -> None:
    """Of what was kept, all that now has the parts that a metric needs, each once."""
    columns = metric_columns(monitors)
    if told := [p.request_id for p in predictions if not FIGURES.keys().isdisjoint(monitors[p.model].metrics)]:
        await connection.execute(SQL["count_told"], told, *columns, len(EDGES_MS))
    ids = sorted({p.request_id for p in predictions} | {o.request_id for o in outcomes})
    if ids:
        await connection.execute(SQL["spread_labels"], ids)
        await connection.execute(SQL["count_joined"], ids, *columns)
        await connection.execute(SQL["count_pairs"], ids, *columns)


def prediction_columns(predictions: Sequence[Prediction]) -> tuple[list[object], ...]:
    return (
        [p.request_id for p in predictions],
        [p.model for p in predictions],
        [p.release for p in predictions],
        [p.score for p in predictions],
        [p.predicted_at for p in predictions],
        [p.model_version for p in predictions],
        [p.consumer or UNNAMED for p in predictions],
        *figures(predictions),
    )


def figures(predictions: Sequence[Prediction]) -> tuple[list[object], ...]:
    return (
        [p.failed for p in predictions],
        [latency(p) for p in predictions],
        [bucket(latency(p)) for p in predictions],
        [None if (late := stale(p)) is None else bool(late) for p in predictions],
    )


def metric_columns(monitors: Mapping[str, MonitorDeclared]) -> tuple[list[object], ...]:
    rows = [(m.model, metric, m.window_seconds) for m in monitors.values() for metric in m.metrics]
    return ([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
