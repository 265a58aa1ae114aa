"""What does a reader see of a source?"""

from dataclasses import dataclass
from datetime import datetime

from tenure_context_sync.events import Field, Heartbeat
from tenure_context_sync.source.state import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """As it is declared; `schemas` are the numbers that records may name, `silent_since` as it is on the record."""

    source: str
    topic: str
    format: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    heartbeat: Heartbeat | None
    transaction_topic: str | None
    time_field: str | None
    position_field: str | None
    subject_field: str | None
    every_seconds: int | None
    registered_by: str
    registered_at: datetime
    schemas: tuple[int, ...]
    silent_since: datetime | None


def source_view(source: Source) -> SourceView:
    said = source.registered
    return SourceView(
        source=said.source,
        topic=said.topic,
        format=said.format,
        key=said.key,
        fields=source.fields,
        heartbeat=said.heartbeat,
        transaction_topic=said.transaction_topic,
        time_field=said.time_field,
        position_field=said.position_field,
        subject_field=said.subject_field,
        every_seconds=said.every_seconds,
        registered_by=said.registered_by,
        registered_at=said.registered_at,
        schemas=tuple(sorted(source.schemas)),
        silent_since=source.silent_since,
    )
