"""What has happened to a model, event by event, and when was each put on the record?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tenure_journal import Meta, RecordVoided

from tenure_registry.model.events import EvidenceRecorded, ModelEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryItem:
    """`time` is when it happened, as its writer said; `recorded_at` when the log took it.

    `backdated` where the first is over five minutes before the writer's own decision; `voided` where it no longer
    counts, as far as was known then. `fields` are the event's, but
    for a report's bytes; None where this build can't read them.
    """

    event: str
    sequence: int
    type: str
    name: str
    time: datetime
    recorded_at: datetime
    backdated: bool
    auth_id: str
    auth_type: str
    event_id: str
    digest: str
    correlation_id: str
    causation_id: str | None
    hops: int
    voided: bool
    fields: object


def history_item(meta: Meta, event: ModelEvent | RecordVoided | None, voided: bool) -> HistoryItem:
    return HistoryItem(
        event=f"{meta.stream}#{meta.sequence}",
        sequence=meta.sequence,
        type=meta.type,
        name=type(event).__name__ if event else meta.type,
        time=meta.time,
        recorded_at=meta.recorded_at,
        backdated=meta.backdated,
        auth_id=meta.auth_id,
        auth_type=meta.auth_type,
        event_id=meta.event_id,
        digest=meta.digest,
        correlation_id=meta.correlation_id,
        causation_id=meta.causation_id,
        hops=meta.hops,
        voided=voided,
        fields=replace(event, report=None) if isinstance(event, EvidenceRecorded) else event,
    )
