"""Which models are watched, by which metrics?

- A monitor names metrics that monitor can compute, each once, and a window of a minute to a day.
- It is declared once; what it watches stays.
"""

from dataclasses import dataclass
from datetime import datetime

from tenure_decider import Decider, Invalid, Rejected

from tenure_monitor.events import MonitorDeclared
from tenure_monitor.metrics import METRICS
from tenure_monitor.names import ModelName, PrincipalId

SHORTEST_SECONDS, LONGEST_SECONDS = 60, 86_400


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclareMonitor:
    model: ModelName
    metrics: tuple[str, ...]
    window_seconds: int
    principal: PrincipalId
    now: datetime


MonitorCommand = DeclareMonitor
Monitor = MonitorDeclared | None


@dataclass(eq=False)
class MetricUnknown(Invalid):
    """There is no metric {unknown}; known are {known}."""

    unknown: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(eq=False)
class WindowInvalid(Invalid):
    """A window lasts 60 to 86400 seconds and divides a day, not {window_seconds}."""

    window_seconds: int


@dataclass(eq=False)
class MonitorIsFixed(Rejected):
    """The monitor of {model} is declared with other metrics or windows."""

    model: ModelName


def decide(monitor: Monitor, command: MonitorCommand) -> MonitorDeclared | None:
    unknown = tuple(name for name in command.metrics if name not in METRICS)
    if unknown or not command.metrics or len(set(command.metrics)) < len(command.metrics):
        raise MetricUnknown(unknown, METRICS)
    length = command.window_seconds
    if not SHORTEST_SECONDS <= length <= LONGEST_SECONDS or LONGEST_SECONDS % length:
        raise WindowInvalid(length)
    if monitor and (monitor.metrics, monitor.window_seconds) != (command.metrics, length):
        raise MonitorIsFixed(command.model)
    if monitor:
        return None
    return MonitorDeclared(
        model=command.model,
        metrics=command.metrics,
        window_seconds=length,
        declared_by=command.principal,
        declared_at=command.now,
    )


def evolve(monitor: Monitor, event: MonitorDeclared) -> Monitor:
    return event


monitor_decider: Decider[Monitor, MonitorCommand, MonitorDeclared] = Decider(None, decide, evolve)
