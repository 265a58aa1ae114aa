"""When may nothing move?

- A freeze ends after it starts; it holds for all models and environments, or for those that it names.
- Rolling back is never frozen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from tenure_decider import Decider, Invalid, Rejected, Unknown

from tenure_rollout.events import FreezeDeclared, FreezeEvent, FreezeLifted
from tenure_rollout.names import FreezeName, ModelName, PrincipalId


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclareFreeze:
    freeze: FreezeName
    models: tuple[ModelName, ...]
    environments: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LiftFreeze:
    freeze: FreezeName
    reason: str
    principal: PrincipalId
    now: datetime


FreezeCommand = DeclareFreeze | LiftFreeze
Freeze = FreezeDeclared | None


@dataclass(eq=False)
class FreezeIsFixed(Rejected):
    """Freeze {freeze} is declared otherwise; lift it, or give the new one a name of its own."""

    freeze: FreezeName


@dataclass(eq=False)
class FreezeUnknown(Unknown):
    """There is no freeze {freeze}."""

    freeze: FreezeName


@dataclass(eq=False)
class FreezeEndsBeforeItStarts(Invalid):
    """Freeze {freeze} would end before it starts."""

    freeze: FreezeName


def decide(freeze: Freeze, command: FreezeCommand) -> FreezeEvent | None:
    match command:
        case DeclareFreeze():
            return declare(freeze, command)
        case LiftFreeze():
            return lift(freeze, command)
        case _ as never:
            assert_never(never)


def evolve(freeze: Freeze, event: FreezeEvent) -> Freeze:
    return event if isinstance(event, FreezeDeclared) else None


def declare(known: Freeze, command: DeclareFreeze) -> FreezeDeclared | None:
    if command.ends_at <= command.starts_at:
        raise FreezeEndsBeforeItStarts(command.freeze)
    if known is None:
        return FreezeDeclared(
            freeze=command.freeze,
            models=command.models,
            environments=command.environments,
            starts_at=command.starts_at,
            ends_at=command.ends_at,
            reason=command.reason,
            declared_by=command.principal,
            declared_at=command.now,
        )
    offered = (command.models, command.environments, command.starts_at, command.ends_at)
    if (known.models, known.environments, known.starts_at, known.ends_at) != offered:
        raise FreezeIsFixed(command.freeze)
    return None


def lift(known: Freeze, command: LiftFreeze) -> FreezeLifted:
    if known is None:
        raise FreezeUnknown(command.freeze)
    return FreezeLifted(
        freeze=command.freeze, reason=command.reason, lifted_by=command.principal, lifted_at=command.now
    )


def holding(freezes: Iterable[FreezeDeclared], deployment: str, now: datetime) -> FreezeDeclared | None:
    """The freeze that holds for the deployment now; of several the one that ends last."""
    model, _, environment = deployment.partition("@")
    here = [
        freeze
        for freeze in freezes
        if freeze.starts_at <= now < freeze.ends_at
        and (not freeze.models or model in freeze.models)
        and (not freeze.environments or environment in freeze.environments)
    ]
    return max(here, key=lambda freeze: (freeze.ends_at, freeze.freeze), default=None)


freeze_decider: Decider[Freeze, FreezeCommand, FreezeEvent] = Decider(None, decide, evolve)
