"""What counts as evidence? It is never exchanged under its name, and binds the artifact that was looked at."""

from __future__ import annotations

from tenure_registry.model.commands import RecordEvidence
from tenure_registry.model.events import EvidenceRecorded
from tenure_registry.model.find import find_seen
from tenure_registry.model.limits import EVIDENCE, demand_room
from tenure_registry.model.rules import EvidenceIsFixed, ReportDiffers
from tenure_registry.model.state import Model

SAID = ("kind", "verdict", "tool", "tool_version", "report_digest", "contexts", "metrics")


def record(model: Model, command: RecordEvidence) -> EvidenceRecorded | None:
    if command.body_digest is not None and command.body_digest != command.report_digest:
        raise ReportDiffers(command.report_digest, command.body_digest)
    version = find_seen(model, command.model_version, command.seen_digest)
    known = version.evidence.get(command.evidence)
    if known and any(getattr(known.said, name) != getattr(command, name) for name in SAID):
        raise EvidenceIsFixed(command.evidence)
    if known:
        return None
    demand_room(len(version.evidence), EVIDENCE, "results")
    return EvidenceRecorded(
        evidence=command.evidence,
        model_version=command.model_version,
        artifact_digest=version.digest,
        kind=command.kind,
        verdict=command.verdict,
        tool=command.tool,
        tool_version=command.tool_version,
        report_digest=command.report_digest,
        report=command.report,
        contexts=command.contexts,
        metrics=command.metrics,
        recorded_by=command.principal,
        recorded_at=command.now,
    )
