"""How do events of older schemas read as the newest?"""

from typing import Any

from tenure_codec.binding import Upcaster


def source_registered_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """No source was watched for its heartbeat, and any field could be null."""
    new = dict.fromkeys(
        ("heartbeat", "transaction_topic", "time_field", "position_field", "subject_field", "every_seconds")
    )
    return old | new | {"fields": [field | {"nullable": True} for field in old["fields"]]}


def context_published_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """A context was fields of one source, each under its own name."""
    columns = [{"name": name, "expression": name, "default": None} for name in old["fields"]]
    view = {"columns": columns, "joins": [], "aggregates": [], "expectations": [], "ttl_seconds": None}
    return old | {"view": view, "needs_approval": False}


def context_bound_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """An SLA was a limit alone."""
    return old | {"sla": old["sla"] | {"objective": None, "classes": []}}


def sla_changed_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """A model had one binding a context, whatever its version."""
    return old | {"model_version": "", "revision": 0, "source": "", "entity_class": None}


def snapshot_pinned_v1_to_v2(old: dict[str, Any]) -> dict[str, Any]:
    """Ranges of records were pinned, and no rows written."""
    return old | {"positions": [], "as_of": old["pinned_at"], "table": None}


def snapshot_pinned_v2_to_v3(old: dict[str, Any]) -> dict[str, Any]:
    """No rows of the store were kept."""
    return old | {"rows": None}


UPCASTERS: dict[str, Upcaster] = {
    "SourceRegistered.v1": source_registered_v1_to_v2,
    "ContextPublished.v1": context_published_v1_to_v2,
    "ContextBound.v1": context_bound_v1_to_v2,
    "SlaBreached.v1": sla_changed_v1_to_v2,
    "SlaRestored.v1": sla_changed_v1_to_v2,
    "SnapshotPinned.v1": snapshot_pinned_v1_to_v2,
    "SnapshotPinned.v2": snapshot_pinned_v2_to_v3,
}
