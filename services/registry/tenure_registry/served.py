"""What serves a model in an environment, who decided that it may, and on what evidence?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tenure_journal import Meta, View

from tenure_registry.model.events import ApprovalGranted, StageEntered
from tenure_registry.model.state import Model, Version
from tenure_registry.names import PRODUCTION, Digest, EvidenceKind, EvidenceVerdict, ModelVersion, PrincipalId, Stage
from tenure_registry.parts import ContextRef, PolicyRef
from tenure_registry.serving import Deployed, Release, deployment_stream
from tenure_registry.streams import model_stream

DECIDING = (".stage-entered.", ".approval-granted.")


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalPlace:
    approver: PrincipalId
    event: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidencePlace:
    """None of the last three where the evidence was recorded only after what is asked about."""

    evidence: str
    kind: EvidenceKind | None
    verdict: EvidenceVerdict | None
    event: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """How a version came into production; `event` is the StageEntered that says so."""

    event: str
    entered_by: PrincipalId
    entered_at: datetime
    policy: PolicyRef | None
    approvals: tuple[ApprovalPlace, ...]
    evidence: tuple[EvidencePlace, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingArm:
    """`stage` is the version's at that moment; `decision` None where it was not known then."""

    release: str
    release_event: str
    model_version: str
    weight_percent: float
    artifact_digest: Digest | None
    stage: Stage | None
    contexts: tuple[ContextRef, ...]
    prompt: str | None
    flags: dict[str, str]
    created_by: str
    started_by: str | None
    decision: Decision | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """`event` is the RouteChanged that holds; its sequence is the epoch."""

    model: str
    environment: str
    epoch: int
    event: str
    changed_at: datetime
    arms: tuple[ServingArm, ...]


def is_deciding(meta: Meta) -> bool:
    return any(part in meta.type for part in DECIDING)


def serving_at(view: View, model: str, environment: str, decisions: Mapping[str, Decision]) -> Serving | None:
    """None where nothing served then; `decisions` by version."""
    name = deployment_stream(model, environment)
    deployed: Deployed = view.state(name)
    if deployed.route is None:
        return None
    known: Model = view.state(model_stream(model))
    arms = (
        serving_arm(
            f"{name}#{deployed.releases[arm.release].sequence}",
            deployed.releases[arm.release],
            arm.weight_percent,
            known.versions.get(ModelVersion(arm.model_version)),
            decisions.get(arm.model_version),
        )
        for arm in deployed.route.arms
    )
    return Serving(
        model=model,
        environment=environment,
        epoch=deployed.epoch,
        event=f"{name}#{deployed.epoch}",
        changed_at=deployed.route.changed_at,
        arms=tuple(arms),
    )


def serving_arm(
    event: str, release: Release, weight_percent: float, version: Version | None, decision: Decision | None
) -> ServingArm:
    said = release.said
    return ServingArm(
        release=said.release,
        release_event=event,
        model_version=said.model_version,
        weight_percent=weight_percent,
        artifact_digest=version.digest if version else None,
        stage=version.stage if version else None,
        contexts=said.contexts,
        prompt=said.prompt,
        flags=said.flags,
        created_by=said.created_by,
        started_by=release.started_by,
        decision=decision,
    )


def decisions_of(
    model: Model, stream: str, events: Iterable[tuple[Meta, object]], effective_at: datetime | None
) -> dict[str, Decision]:
    """For each version its newest way into production; `events` are the stream's deciding ones, in order."""
    found, approved = dict[str, Decision](), dict[tuple[str, str], int]()
    for meta, event in events:
        if effective_at is not None and meta.time > effective_at:
            continue
        if isinstance(event, ApprovalGranted) and event.stage == PRODUCTION:
            approved[event.model_version, event.approver] = meta.sequence
        if isinstance(event, StageEntered) and event.stage == PRODUCTION:
            found[event.model_version] = decision(model, stream, meta, event, approved)
    return found


def decision(
    model: Model, stream: str, meta: Meta, event: StageEntered, approved: Mapping[tuple[str, str], int]
) -> Decision:
    version = model.versions.get(event.model_version)
    approvals = ((who, approved.get((event.model_version, who))) for who in event.approvers)
    return Decision(
        event=f"{stream}#{meta.sequence}",
        entered_by=event.entered_by,
        entered_at=event.entered_at,
        policy=event.policy,
        approvals=tuple(
            ApprovalPlace(approver=who, event=f"{stream}#{place}" if place else None) for who, place in approvals
        ),
        evidence=tuple(evidence_place(version, stream, name) for name in event.evidence),
    )


def evidence_place(version: Version | None, stream: str, name: str) -> EvidencePlace:
    found = version.evidence.get(name) if version else None
    if found is None:
        return EvidencePlace(evidence=name, kind=None, verdict=None, event=None)
    return EvidencePlace(
        evidence=name, kind=found.said.kind, verdict=found.said.verdict, event=f"{stream}#{found.sequence}"
    )
