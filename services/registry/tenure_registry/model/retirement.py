"""How does a version's life end?

- Consumers get notice of the day, and of each change of it; each one acknowledges for itself.
- Before the day, with traffic left, or with silent consumers, only an admin with a reason retires a version.
- What was retired is archived with a manifest; clean-up is reported by who did it.
- Destroyed is only what was archived, is kept no longer, and is on no legal hold; the proof stays.
"""

from __future__ import annotations

from datetime import timedelta

from tenure_registry.model.catalogue import demand_created
from tenure_registry.model.commands import (
    AcknowledgeRetirement,
    ArchiveVersion,
    DeclareConsumer,
    DeprecateVersion,
    EndingCommand,
    LiftLegalHold,
    NotifyConsumer,
    PlaceLegalHold,
    RecordDestruction,
    ReportCleanUp,
    RetireVersion,
    WithdrawConsumer,
)
from tenure_registry.model.ending_events import (
    ArtifactDestroyed,
    CleanUpReported,
    ConsumerDeclared,
    ConsumerNotified,
    ConsumerWithdrawn,
    EndingEvent,
    LegalHoldLifted,
    LegalHoldPlaced,
    ModelDeprecated,
    RetirementAcknowledged,
    VersionArchived,
    VersionRetired,
)
from tenure_registry.model.find import OVER, find, find_living
from tenure_registry.model.limits import CONSUMERS, demand_room
from tenure_registry.model.rules import (
    AlreadyOver,
    ConsumerUnknown,
    ForceNotAllowed,
    NotAcknowledged,
    NotArchived,
    NotDeprecated,
    NotOnHold,
    NotRetired,
    OnLegalHold,
    ProofOfSomethingElse,
    ReasonRequired,
    ReplacementUnknown,
    RetentionNotOver,
    StillServing,
    SunsetAhead,
    TaskUnknown,
)
from tenure_registry.model.state import Model, Version
from tenure_registry.names import ARCHIVED, DESTROYED, RETIRED, ConsumerName


def decide_ending(model: Model, command: EndingCommand) -> EndingEvent | None:
    match command:
        case DeclareConsumer():
            return declare(model, command)
        case WithdrawConsumer():
            return withdraw(model, command)
        case DeprecateVersion():
            return deprecate(model, command)
        case NotifyConsumer():
            return notify(model, command)
        case AcknowledgeRetirement():
            return acknowledge(model, command)
        case RetireVersion():
            return retire(model, command)
        case ArchiveVersion():
            return archive(find(model, command.model_version), command)
        case ReportCleanUp():
            return report(find(model, command.model_version), command)
        case PlaceLegalHold():
            return place_hold(model, command)
        case LiftLegalHold():
            return lift_hold(model, command)
        case RecordDestruction():
            return destroy(model, command)


def declare(model: Model, command: DeclareConsumer) -> ConsumerDeclared | None:
    demand_created(model)
    known = model.consumers.get(command.consumer)
    if known and known.said.purpose == command.purpose:
        return None
    if known is None:
        demand_room(len(model.consumers), CONSUMERS, "consumers")
    return ConsumerDeclared(
        consumer=command.consumer,
        purpose=command.purpose,
        declared_by=command.principal,
        declared_at=command.now,
    )


def withdraw(model: Model, command: WithdrawConsumer) -> ConsumerWithdrawn:
    if command.consumer not in model.consumers:
        raise ConsumerUnknown(command.consumer)
    return ConsumerWithdrawn(consumer=command.consumer, withdrawn_by=command.principal, withdrawn_at=command.now)


def deprecate(model: Model, command: DeprecateVersion) -> ModelDeprecated | None:
    """Also moves the day of one that is deprecated; then all consumers get notice anew."""
    ending = find_living(model, command.model_version).ending
    if not command.reason.strip():
        raise ReasonRequired()
    if command.sunset_at <= command.now:
        raise AlreadyOver(command.sunset_at)
    demand_replacement(model, command)
    wanted = (command.sunset_at, command.replacement, command.reason)
    if wanted == (ending.sunset_at, ending.replacement, ending.reason):
        return None
    return ModelDeprecated(
        model_version=command.model_version,
        sunset_at=command.sunset_at,
        previous_sunset_at=ending.sunset_at,
        replacement=command.replacement,
        reason=command.reason,
        deprecated_by=command.principal,
        deprecated_at=command.now,
    )


def demand_replacement(model: Model, command: DeprecateVersion) -> None:
    if command.replacement is None:
        return
    found = model.versions.get(command.replacement)
    if found is None or found.stage in OVER or command.replacement == command.model_version:
        raise ReplacementUnknown(command.model_version, command.replacement)


def notify(model: Model, command: NotifyConsumer) -> ConsumerNotified | None:
    ending = find(model, command.model_version).ending
    if ending.sunset_at is None or command.consumer in ending.notified:
        return None
    return ConsumerNotified(
        model_version=command.model_version,
        consumer=command.consumer,
        sunset_at=ending.sunset_at,
        notified_at=command.now,
    )


def acknowledge(model: Model, command: AcknowledgeRetirement) -> RetirementAcknowledged | None:
    ending = find(model, command.model_version).ending
    if ending.sunset_at is None:
        raise NotDeprecated(command.model_version)
    if command.consumer not in model.consumers:
        raise ConsumerUnknown(command.consumer)
    if command.consumer in ending.acknowledged:
        return None
    return RetirementAcknowledged(
        model_version=command.model_version,
        consumer=command.consumer,
        sunset_at=ending.sunset_at,
        acknowledged_by=command.principal,
        acknowledged_at=command.now,
    )


def retire(model: Model, command: RetireVersion) -> VersionRetired | None:
    version = find(model, command.model_version)
    if version.stage in OVER:
        return None
    if not command.reason.strip():
        raise ReasonRequired()
    silent = silent_consumers(model, version)
    if command.force is None:
        demand_end_of_use(version, command, silent)
    else:
        demand_may_force(command, command.force)
    return VersionRetired(
        model_version=command.model_version,
        reason=command.reason,
        forced=command.force,
        traffic=command.traffic,
        unacknowledged=silent,
        based_on=command.based_on,
        retired_by=command.principal,
        retired_at=command.now,
    )


def silent_consumers(model: Model, version: Version) -> tuple[ConsumerName, ...]:
    return tuple(sorted(name for name in model.consumers if name not in version.ending.acknowledged))


def demand_end_of_use(version: Version, command: RetireVersion, silent: tuple[ConsumerName, ...]) -> None:
    """What was never in anybody's hands needs no notice."""
    served = version.stage is not None and version.ending.sunset_at is None and (silent or command.traffic)
    if served:
        raise NotDeprecated(command.model_version)
    if version.ending.sunset_at is not None and command.now < version.ending.sunset_at:
        raise SunsetAhead(command.model_version, version.ending.sunset_at)
    if command.traffic:
        shown = tuple(f"{one.deployment} {one.weight_percent:g} %" for one in command.traffic)
        raise StillServing(command.model_version, shown)
    if silent and version.ending.sunset_at is not None:
        raise NotAcknowledged(command.model_version, silent)


def demand_may_force(command: RetireVersion, reason: str) -> None:
    if not command.may_force:
        raise ForceNotAllowed(command.model_version)
    if not reason.strip():
        raise ReasonRequired()


def archive(version: Version, command: ArchiveVersion) -> VersionArchived | None:
    if version.stage in (ARCHIVED, DESTROYED):
        return None
    if version.stage != RETIRED:
        raise NotRetired(command.model_version, version.stage)
    return VersionArchived(
        model_version=command.model_version,
        manifest=command.manifest,
        manifest_digest=command.manifest_digest,
        archived_by=command.principal,
        archived_at=command.now,
    )


def report(version: Version, command: ReportCleanUp) -> CleanUpReported | None:
    if version.stage not in OVER:
        raise NotRetired(command.model_version, version.stage)
    known = command.rules.policy.clean_up
    if command.task not in known:
        raise TaskUnknown(command.task, known)
    if command.task in version.ending.cleaned:
        return None
    return CleanUpReported(
        model_version=command.model_version,
        task=command.task,
        note=command.note,
        reported_by=command.principal,
        reported_at=command.now,
    )


def place_hold(model: Model, command: PlaceLegalHold) -> LegalHoldPlaced | None:
    demand_created(model)
    if not command.reason.strip():
        raise ReasonRequired()
    if model.hold == command.reason:
        return None
    return LegalHoldPlaced(reason=command.reason, placed_by=command.principal, placed_at=command.now)


def lift_hold(model: Model, command: LiftLegalHold) -> LegalHoldLifted:
    if model.hold is None:
        raise NotOnHold()
    if not command.reason.strip():
        raise ReasonRequired()
    return LegalHoldLifted(reason=command.reason, lifted_by=command.principal, lifted_at=command.now)


def destroy(model: Model, command: RecordDestruction) -> ArtifactDestroyed | None:
    version = find(model, command.model_version)
    if version.stage == DESTROYED:
        return None
    demand_destroyable(model, version, command)
    if command.destroyed != version.digest:
        raise ProofOfSomethingElse(command.model_version, version.digest, command.destroyed)
    return ArtifactDestroyed(
        model_version=command.model_version,
        artifact_digest=version.digest,
        proof=command.proof,
        proof_digest=command.proof_digest,
        destroyed_by=command.principal,
        destroyed_at=command.now,
    )


def demand_destroyable(model: Model, version: Version, command: RecordDestruction) -> None:
    if version.stage != ARCHIVED:
        raise NotArchived(command.model_version, version.stage)
    if model.hold is not None:
        raise OnLegalHold(model.hold)
    days, retired_at = command.rules.policy.retention_days, version.ending.retired_at
    if days is not None and retired_at is not None and command.now < retired_at + timedelta(days=days):
        raise RetentionNotOver(command.model_version, retired_at + timedelta(days=days))
