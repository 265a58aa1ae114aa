"""What has happened to monitors."""

from dataclasses import dataclass
from datetime import datetime

from tenure_monitor.names import CallerName, ModelName, ModelVersion, PrincipalId


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorDeclared:
    """Which metrics of a model are kept, in windows of which length."""

    model: ModelName
    metrics: tuple[str, ...]
    window_seconds: int
    declared_by: PrincipalId
    declared_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerSeen:
    """A consumer calls a version, as telemetry says: told at first, then once a day.

    `seen_at` is its newest call; `counted` all of its calls so far, which begins anew where a database was lost.
    """

    model: ModelName
    model_version: ModelVersion
    consumer: CallerName
    seen_at: datetime
    counted: int
    noticed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerQuiet:
    """Nothing of it was heard for a day, with all telemetry read."""

    model: ModelName
    model_version: ModelVersion
    consumer: CallerName
    last_seen_at: datetime
    counted: int
    noticed_at: datetime


CallerEvent = ConsumerSeen | ConsumerQuiet
MonitorEvent = MonitorDeclared | CallerEvent
