"""What has happened to monitors."""

from dataclasses import dataclass
from datetime import datetime

from tenure_monitor.names import ModelName, PrincipalId


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorDeclared:
    """Which metrics of a model are kept, in windows of which length."""

    model: ModelName
    metrics: tuple[str, ...]
    window_seconds: int
    declared_by: PrincipalId
    declared_at: datetime


MonitorEvent = MonitorDeclared
