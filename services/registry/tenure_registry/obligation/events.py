"""What a model owes, and how it was settled."""

from dataclasses import dataclass
from datetime import datetime

from tenure_registry.names import Discharge, ModelName, ModelVersion, PrincipalId


@dataclass(frozen=True, kw_only=True, slots=True)
class ObligationOpened:
    """`obligation` is the erased subject's id; `versions` were trained on `snapshots` that held its data."""

    model: ModelName
    obligation: str
    because: str
    snapshots: tuple[str, ...]
    versions: tuple[ModelVersion, ...]
    due_at: datetime
    opened_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ObligationDischarged:
    """`replacement` is the version that was trained without the data."""

    obligation: str
    outcome: Discharge
    replacement: ModelVersion | None
    note: str
    discharged_by: PrincipalId
    discharged_at: datetime


ObligationEvent = ObligationOpened | ObligationDischarged
