"""How does a version's life end?

- A day is announced before it comes, whatever time is claimed for the announcement.
- Before the day, with traffic routed or seen, or with silent consumers, only an admin with a reason retires a version.
- What was retired is archived with a manifest; clean-up is reported by who did it.
- Destroyed is only what was archived, is kept no longer, and is on no legal hold; the proof stays. What is
  retired is kept from when that was recorded, whatever was claimed.
"""

from __future__ import annotations

from datetime import timedelta

from tenure_registry.model.catalogue import demand_created
from tenure_registry.model.commands import (
    ArchiveVersion,
    ConsumerCommand,
    DeprecateVersion,
    EndingCommand,
    LiftLegalHold,
    PlaceLegalHold,
    RecordDestruction,
    ReportCleanUp,
    RetireVersion,
)
from tenure_registry.model.consumers import decide_consumer, silent_consumers
from tenure_registry.model.ending_events import (
    ArtifactDestroyed,
    Calls,
    CleanUpReported,
    EndingEvent,
    LegalHoldLifted,
    LegalHoldPlaced,
    ModelDeprecated,
    Traffic,
    VersionArchived,
    VersionRetired,
)
from tenure_registry.model.find import OVER, find, find_living
from tenure_registry.model.rules import (
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
    SunsetPassed,
    TaskUnknown,
)
from tenure_registry.model.state import Model, Version
from tenure_registry.names import ARCHIVED, DESTROYED, RETIRED, ConsumerName


def decide_ending(model: Model, command: EndingCommand) -> EndingEvent | None:
    if isinstance(command, ConsumerCommand):
        return decide_consumer(model, command)
    match command:
        case DeprecateVersion():
            return deprecate(model, command)
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


def deprecate(model: Model, command: DeprecateVersion) -> ModelDeprecated | None:
    """Also moves the day of one that is deprecated; then all consumers get notice anew."""
    ending = find_living(model, command.model_version).ending
    if not command.reason.strip():
        raise ReasonRequired()
    if command.sunset_at <= command.now:
        raise SunsetPassed(command.sunset_at, command.now)
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
        callers=command.callers,
        unacknowledged=silent,
        based_on=command.based_on,
        retired_by=command.principal,
        retired_at=command.now,
    )


def demand_end_of_use(version: Version, command: RetireVersion, silent: tuple[ConsumerName, ...]) -> None:
    """What was never in anybody's hands needs no notice."""
    in_use = command.traffic or command.callers
    served = version.stage is not None and version.ending.sunset_at is None and (silent or in_use)
    if served:
        raise NotDeprecated(command.model_version)
    if version.ending.sunset_at is not None and command.now < version.ending.sunset_at:
        raise SunsetAhead(command.model_version, version.ending.sunset_at)
    if in_use:
        raise StillServing(command.model_version, (*map(routed, command.traffic), *map(called, command.callers)))
    if silent and version.ending.sunset_at is not None:
        raise NotAcknowledged(command.model_version, silent)


def routed(one: Traffic) -> str:
    return f"{one.deployment} {one.weight_percent:g} %"


def called(one: Calls) -> str:
    return f"{one.consumer} at {one.seen_at.isoformat()}"


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
    days, kept_from = command.rules.policy.retention_days, version.ending.kept_from
    if days is not None and kept_from is not None and command.now < kept_from + timedelta(days=days):
        raise RetentionNotOver(command.model_version, kept_from + timedelta(days=days))
