"""What is a version, and what is said of it beside evidence?"""

from __future__ import annotations

from dataclasses import fields

from tenure_registry.model.commands import (
    CatalogueCommand,
    ChangeModel,
    ChangeTags,
    CheckLocator,
    CreateModel,
    MoveAlias,
    ObserveFingerprint,
    RegisterVersion,
)
from tenure_registry.model.events import (
    AliasMoved,
    CatalogueEvent,
    HostedFingerprintChanged,
    LocatorChecked,
    ModelChanged,
    ModelCreated,
    TagsChanged,
    VersionRegistered,
)
from tenure_registry.model.find import find, find_living
from tenure_registry.model.limits import ALIASES, TAGS, VERSIONS, demand_room
from tenure_registry.model.rules import (
    AliasUnknown,
    ArtifactIsFixed,
    ConfigurationMissing,
    LocatorUnknown,
    ModelExists,
    ModelUnknown,
    NameUnknown,
    NotHosted,
    RegistrationIsFixed,
)
from tenure_registry.model.state import Model, tagged

# The owner is left out: of models from before there were families it is who created them, asked for or not.
CREATED = ("family", "variant", "description", "policy", "risk_tier", "contexts")
REGISTERED = tuple(
    one.name for one in fields(VersionRegistered) if one.name not in ("registered_by", "registered_at", "model_version")
)


def decide_catalogue(model: Model, command: CatalogueCommand) -> CatalogueEvent | None:
    match command:
        case CreateModel():
            return create(model, command)
        case ChangeModel():
            return change(model, command)
        case RegisterVersion():
            return register(model, command)
        case ObserveFingerprint():
            return observe(model, command)
        case CheckLocator():
            return check(model, command)
        case ChangeTags():
            return tag(model, command)
        case MoveAlias():
            return move(model, command)


def create(model: Model, command: CreateModel) -> ModelCreated | None:
    if model.created is None:
        if command.unknown:
            raise NameUnknown(command.unknown)
        return ModelCreated(
            model=command.model,
            family=command.family,
            variant=command.variant,
            description=command.description,
            owner=command.owner,
            policy=command.policy,
            risk_tier=command.risk_tier,
            contexts=command.contexts,
            created_by=command.principal,
            created_at=command.now,
        )
    for name in CREATED:
        if getattr(model.created, name) != getattr(command, name):
            raise ModelExists(command.model, name)
    return None


def change(model: Model, command: ChangeModel) -> ModelChanged | None:
    demand_created(model)
    if command.unknown:
        raise NameUnknown(command.unknown)
    wanted = (command.description, command.owner, command.policy, command.risk_tier, command.contexts)
    if wanted == (model.description, model.owner, model.policy, model.risk_tier, model.contexts):
        return None
    return ModelChanged(
        description=command.description,
        owner=command.owner,
        policy=command.policy,
        risk_tier=command.risk_tier,
        contexts=command.contexts,
        changed_by=command.principal,
        changed_at=command.now,
    )


def register(model: Model, command: RegisterVersion) -> VersionRegistered | None:
    demand_created(model)
    if (command.kind == "hosted") != (command.hosted is not None):
        raise ConfigurationMissing()
    known = model.versions.get(command.model_version)
    if known is None:
        demand_room(len(model.versions), VERSIONS, "versions")
        offered = {name: getattr(command, name) for name in REGISTERED}
        return VersionRegistered(
            model_version=command.model_version,
            registered_by=command.principal,
            registered_at=command.now,
            **offered,
        )
    if known.digest != command.artifact_digest:
        raise ArtifactIsFixed(command.model_version, known.digest, command.artifact_digest)
    for name in REGISTERED:
        if getattr(known.registered, name) != getattr(command, name):
            raise RegistrationIsFixed(command.model_version, name)
    return None  # a CI job that ran twice


def observe(model: Model, command: ObserveFingerprint) -> HostedFingerprintChanged | None:
    version = find_living(model, command.model_version)
    if version.registered.kind != "hosted":
        raise NotHosted(command.model_version)
    if version.fingerprint == command.fingerprint:
        return None
    return HostedFingerprintChanged(
        model_version=command.model_version,
        fingerprint=command.fingerprint,
        previous=version.fingerprint,
        observed_by=command.principal,
        observed_at=command.now,
    )


def check(model: Model, command: CheckLocator) -> LocatorChecked | None:
    version = find(model, command.model_version)
    if command.locator not in version.registered.locators:
        raise LocatorUnknown(command.model_version, command.locator)
    if version.locators.get(command.locator) == command.outcome:
        return None
    return LocatorChecked(
        model_version=command.model_version,
        locator=command.locator,
        outcome=command.outcome,
        detail=command.detail,
        checked_by=command.principal,
        checked_at=command.now,
    )


def tag(model: Model, command: ChangeTags) -> TagsChanged | None:
    demand_created(model)
    known = model.tags if command.model_version is None else find(model, command.model_version).tags
    changed = tagged(known, command.tags, command.removed)
    if changed == known:
        return None
    if len(changed) > len(known):
        demand_room(len(changed) - 1, TAGS, "tags")
    return TagsChanged(
        model_version=command.model_version,
        tags=command.tags,
        removed=command.removed,
        changed_by=command.principal,
        changed_at=command.now,
    )


def move(model: Model, command: MoveAlias) -> AliasMoved | None:
    demand_created(model)
    previous = model.aliases.get(command.alias)
    if command.model_version is None and previous is None:
        raise AliasUnknown(command.alias)
    if command.model_version is not None:
        find_living(model, command.model_version)
    if command.model_version == previous:
        return None
    if previous is None:
        demand_room(len(model.aliases), ALIASES, "aliases")
    return AliasMoved(
        alias=command.alias,
        model_version=command.model_version,
        previous=previous,
        moved_by=command.principal,
        moved_at=command.now,
    )


def demand_created(model: Model) -> None:
    if model.created is None:
        raise ModelUnknown()
