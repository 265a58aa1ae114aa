"""What is left of a version, and where does each piece of it stand on the log?"""

from __future__ import annotations

import orjson
from tenure_journal import Replica

from tenure_registry.model.state import Model, Version
from tenure_registry.names import ModelVersion


async def manifest_of(view: Replica, stream: str, name: ModelVersion) -> bytes | None:
    """Canonical JSON: digests of the artifact, its contexts and evidence, and each event that names the version."""
    model: Model = view.state(stream)
    version = model.versions.get(name)
    if version is None:
        return None
    events = [
        {"sequence": meta.sequence, "type": meta.type, "digest": meta.digest, "event_id": meta.event_id}
        for meta, event in await view.events(stream)
        if getattr(event, "model_version", None) == name
    ]
    return orjson.dumps(
        {
            "model": model.name,
            "model_version": name,
            "artifact": {"digest": version.digest, "locators": version.registered.locators},
            "snapshots": [{"snapshot": one.snapshot, "digest": one.digest} for one in version.registered.snapshots],
            "evidence": _evidence(version),
            "contexts": sorted(
                {f"{c.context}@{c.revision}" for e in version.evidence.values() for c in e.said.contexts}
            ),
            "events": events,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def _evidence(version: Version) -> list[dict[str, object]]:
    found = sorted(version.evidence.values(), key=lambda one: one.sequence)
    return [
        {
            "evidence": one.said.evidence,
            "kind": one.said.kind,
            "report": one.said.report_digest,
            "sequence": one.sequence,
        }
        for one in found
    ]
