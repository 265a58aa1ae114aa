"""What must be known of a source to read its records?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenure_context_sync.events import SourceRegistered
from tenure_context_sync.names import Format

if TYPE_CHECKING:
    from tenure_context_sync.change.framed import RowSchema


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """As it is declared. `schemas` are Avro's by their number; `heartbeat_topic` has the rows of the table into which
    the source writes to show that it lives."""

    format: Format
    key: tuple[str, ...]
    time_field: str | None = None
    position_field: str | None = None
    schemas: Mapping[int, "RowSchema"] = field(default_factory=dict)
    heartbeat_topic: str | None = None


def layout_of(source: SourceRegistered, schemas: Mapping[int, "RowSchema"]) -> Layout:
    """As it was registered, with the schemas that were added since."""
    return Layout(
        format=source.format,
        key=source.key,
        time_field=source.time_field,
        position_field=source.position_field,
        schemas=schemas,
        heartbeat_topic=source.heartbeat.topic if source.heartbeat else None,
    )
