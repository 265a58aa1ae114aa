"""What do the models of a family share?

- A family is created once; what its models inherit can change, and they follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from tenure_decider import Decider, Invalid, Rejected, Unknown

from tenure_registry.family.events import FamilyChanged, FamilyCreated, FamilyEvent
from tenure_registry.names import FamilyName, PolicyName, PrincipalId


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateFamily:
    """`unknown` is the policy, where there is none of that name."""

    family: FamilyName
    description: str
    owner: PrincipalId
    policy: PolicyName | None
    risk_tier: str | None
    contexts: tuple[str, ...]
    unknown: str | None
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeFamily:
    description: str
    owner: PrincipalId
    policy: PolicyName | None
    risk_tier: str | None
    contexts: tuple[str, ...]
    unknown: str | None
    principal: PrincipalId
    now: datetime


FamilyCommand = CreateFamily | ChangeFamily


@dataclass(frozen=True, slots=True)
class Family:
    """`name` is None until it was created."""

    name: FamilyName | None = None
    description: str = ""
    owner: PrincipalId | None = None
    policy: PolicyName | None = None
    risk_tier: str | None = None
    contexts: tuple[str, ...] = ()


@dataclass(eq=False)
class FamilyExists(Rejected):
    """Family {family} was created with other details; change it instead."""

    family: FamilyName


@dataclass(eq=False)
class FamilyUnknown(Unknown):
    """There is no such family: create it first."""


@dataclass(eq=False)
class FamilyPolicyUnknown(Invalid):
    """There is no policy {policy}: publish it first."""

    policy: str


def decide(family: Family, command: FamilyCommand) -> FamilyEvent | None:
    match command:
        case CreateFamily():
            return create(family, command)
        case ChangeFamily():
            return change(family, command)
        case _ as never:
            assert_never(never)


def evolve(family: Family, event: FamilyEvent) -> Family:
    """Raises LookupError for a change of a family that is not there."""
    name = event.family if isinstance(event, FamilyCreated) else family.name
    if name is None:
        raise LookupError("the family is not there yet")
    return Family(name, event.description, event.owner, event.policy, event.risk_tier, event.contexts)


def create(family: Family, command: CreateFamily) -> FamilyCreated | None:
    if family.name is not None:
        if details(family) != details(command):
            raise FamilyExists(command.family)
        return None
    demand_policy(command)
    return FamilyCreated(
        family=command.family,
        description=command.description,
        owner=command.owner,
        policy=command.policy,
        risk_tier=command.risk_tier,
        contexts=command.contexts,
        created_by=command.principal,
        created_at=command.now,
    )


def change(family: Family, command: ChangeFamily) -> FamilyChanged | None:
    if family.name is None:
        raise FamilyUnknown()
    demand_policy(command)
    if details(family) == details(command):
        return None
    return FamilyChanged(
        description=command.description,
        owner=command.owner,
        policy=command.policy,
        risk_tier=command.risk_tier,
        contexts=command.contexts,
        changed_by=command.principal,
        changed_at=command.now,
    )


def demand_policy(command: FamilyCommand) -> None:
    if command.unknown:
        raise FamilyPolicyUnknown(command.unknown)


def details(of: Family | FamilyCommand) -> tuple[object, ...]:
    return (of.description, of.owner, of.policy, of.risk_tier, of.contexts)


family_decider: Decider[Family, FamilyCommand, FamilyEvent] = Decider(Family(), decide, evolve)
