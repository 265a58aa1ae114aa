"""What does an event change of what is known?"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from tenure_registry.model.ending_events import (
    ArtifactDestroyed,
    CleanUpReported,
    ConsumerDeclared,
    ConsumerNotified,
    ConsumerWithdrawn,
    LegalHoldLifted,
    LegalHoldPlaced,
    ModelDeprecated,
    RetirementAcknowledged,
    VersionArchived,
    VersionRetired,
)
from tenure_registry.model.events import (
    AliasMoved,
    ApprovalDelegated,
    ApprovalExpired,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalRevoked,
    DelegationWithdrawn,
    EvidenceRecorded,
    GateReopened,
    GateSatisfied,
    HostedFingerprintChanged,
    InboxCommandRefused,
    LocatorChecked,
    ModelChanged,
    ModelCreated,
    ModelEvent,
    RefusalWithdrawn,
    StageEntered,
    TagsChanged,
    VersionRegistered,
)
from tenure_registry.model.state import Approval, Consumer, Ending, Evidence, Model, Refusal, Version, put, tagged
from tenure_registry.names import ARCHIVED, DEPRECATED, DESTROYED, RETIRED

OfModel = (
    ModelCreated | ModelChanged | AliasMoved | ConsumerDeclared | ConsumerWithdrawn | LegalHoldPlaced | LegalHoldLifted
)
OfApprovals = (
    ApprovalRequested
    | ApprovalGranted
    | ApprovalRefused
    | RefusalWithdrawn
    | ApprovalRevoked
    | ApprovalExpired
    | ApprovalDelegated
    | DelegationWithdrawn
)
OfEnding = (
    ModelDeprecated
    | ConsumerNotified
    | RetirementAcknowledged
    | VersionRetired
    | VersionArchived
    | CleanUpReported
    | ArtifactDestroyed
)
OfVersion = HostedFingerprintChanged | LocatorChecked | EvidenceRecorded | StageEntered | GateReopened | GateSatisfied


def evolve(model: Model, event: ModelEvent) -> Model:
    sequence = model.sequence + 1
    if isinstance(event, VersionRegistered):
        fingerprint = event.hosted.fingerprint if event.hosted else None
        return put(model, event.model_version, Version(event, sequence, fingerprint=fingerprint), sequence)
    if isinstance(event, OfModel):
        return of_model(model, event, sequence)
    if isinstance(event, TagsChanged):
        return with_tags(model, event, sequence)
    if isinstance(event, InboxCommandRefused):
        return model._replace(sequence=sequence)
    version = model.versions[event.model_version]
    if isinstance(event, OfVersion):
        return put(model, event.model_version, of_version(version, event, sequence), sequence)
    if isinstance(event, OfApprovals):
        return put(model, event.model_version, of_approvals(version, event, sequence), sequence)
    if isinstance(event, OfEnding):
        return put(model, event.model_version, of_ending(version, event), sequence)
    assert_never(event)


def of_model(model: Model, event: OfModel, sequence: int) -> Model:
    match event:
        case ModelCreated():
            return details(model, event, sequence)._replace(created=event)
        case ModelChanged():
            return details(model, event, sequence)
        case AliasMoved():
            to, aliases = event.model_version, model.aliases
            moved = aliases.discard(event.alias) if to is None else aliases.insert(event.alias, to)
            return model._replace(aliases=moved, sequence=sequence)
        case ConsumerDeclared():
            declared = model.consumers.insert(event.consumer, Consumer(event, sequence))
            return model._replace(consumers=declared, sequence=sequence)
        case ConsumerWithdrawn():
            former = model.former_consumers.insert(event.consumer)
            consumers = model.consumers.discard(event.consumer)
            return model._replace(consumers=consumers, former_consumers=former, sequence=sequence)
        case LegalHoldPlaced():
            return model._replace(hold=event.reason, sequence=sequence)
        case LegalHoldLifted():
            return model._replace(hold=None, sequence=sequence)
        case _ as never:
            assert_never(never)


def details(model: Model, event: ModelCreated | ModelChanged, sequence: int) -> Model:
    return model._replace(
        description=event.description,
        owner=event.owner,
        policy=event.policy,
        risk_tier=event.risk_tier,
        contexts=event.contexts,
        sequence=sequence,
    )


def with_tags(model: Model, event: TagsChanged, sequence: int) -> Model:
    if event.model_version is None:
        return model._replace(tags=tagged(model.tags, event.tags, event.removed), sequence=sequence)
    version = model.versions[event.model_version]
    changed = version._replace(tags=tagged(version.tags, event.tags, event.removed))
    return put(model, event.model_version, changed, sequence)


def of_version(version: Version, event: OfVersion, sequence: int) -> Version:
    match event:
        case HostedFingerprintChanged():
            return version._replace(fingerprint=event.fingerprint, refingerprinted=sequence)
        case LocatorChecked():
            return version._replace(locators=version.locators.insert(event.locator, event.outcome))
        case EvidenceRecorded():
            said = event if event.report is None else replace(event, report=None)  # the log keeps it
            return version._replace(evidence=version.evidence.insert(event.evidence, Evidence(said, sequence)))
        case StageEntered():
            return version._replace(stage=event.stage, reopened=())
        case GateReopened():
            return version._replace(reopened=event.reasons)
        case GateSatisfied():
            return version._replace(reopened=())
        case _ as never:
            assert_never(never)


def of_approvals(version: Version, event: OfApprovals, sequence: int) -> Version:
    match event:
        case ApprovalRequested():
            return version._replace(requests=version.requests.insert(event.stage, event))
        case ApprovalGranted():
            place = (event.stage, event.approver)
            approvals = version.approvals.insert(place, Approval(event, sequence))
            return version._replace(approvals=approvals, refusals=version.refusals.discard(place))
        case ApprovalRefused():
            place = (event.stage, event.approver)
            refusals = version.refusals.insert(place, Refusal(event, sequence))
            return version._replace(approvals=version.approvals.discard(place), refusals=refusals)
        case RefusalWithdrawn():
            return version._replace(refusals=version.refusals.discard((event.stage, event.approver)))
        case ApprovalRevoked() | ApprovalExpired():
            return version._replace(approvals=version.approvals.discard((event.stage, event.approver)))
        case ApprovalDelegated():
            return version._replace(delegations=version.delegations.insert((event.stage, event.delegate), event))
        case DelegationWithdrawn():
            return version._replace(delegations=version.delegations.discard((event.stage, event.delegate)))
        case _ as never:
            assert_never(never)


def of_ending(version: Version, event: OfEnding) -> Version:
    ending, stage = version.ending, version.stage
    match event:
        case ModelDeprecated():
            stage, ending = DEPRECATED, announced(ending, event)
        case ConsumerNotified():
            ending = replace(ending, notified=ending.notified.insert(event.consumer, event.notified_at))
        case RetirementAcknowledged():
            acknowledged = ending.acknowledged.insert(event.consumer, event.acknowledged_by)
            ending = replace(ending, acknowledged=acknowledged)
        case VersionRetired():
            stage, ending = RETIRED, replace(ending, retired_at=event.retired_at, kept_from=event.retired_at)
        case VersionArchived():
            stage, ending = ARCHIVED, replace(ending, manifest_digest=event.manifest_digest)
        case CleanUpReported():
            ending = replace(ending, cleaned=ending.cleaned.insert(event.task, event.reported_by))
        case ArtifactDestroyed():
            stage, ending = DESTROYED, replace(ending, proof_digest=event.proof_digest)
        case _ as never:
            assert_never(never)
    reopened = version.reopened if stage == version.stage else ()  # a stage's gate goes with the stage
    return version._replace(stage=stage, ending=ending, reopened=reopened)


def announced(before: Ending, event: ModelDeprecated) -> Ending:
    """What was acknowledged was a day: of another one nobody has notice yet."""
    known = before if before.sunset_at == event.sunset_at else Ending()
    return replace(known, sunset_at=event.sunset_at, replacement=event.replacement, reason=event.reason)
