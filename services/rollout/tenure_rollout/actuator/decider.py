"""Which gateways and routers turn routes into traffic, and what can each do?

- An actuator is registered once; what it can do stays, or it gets a name of its own.
- A retired one is asked for nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from tenure_decider import Decider, Rejected, Unknown

from tenure_rollout.events import ActuatorEvent, ActuatorRegistered, ActuatorRetired
from tenure_rollout.names import ActuatorKind, ActuatorName, Capability, Deployment, PrincipalId


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterActuator:
    actuator: ActuatorName
    kind: ActuatorKind
    deployments: tuple[Deployment, ...]
    capabilities: tuple[Capability, ...]
    finest_percent: float
    address: str | None
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RetireActuator:
    actuator: ActuatorName
    reason: str
    principal: PrincipalId
    now: datetime


ActuatorCommand = RegisterActuator | RetireActuator
Actuator = ActuatorRegistered | None


@dataclass(eq=False)
class ActuatorIsFixed(Rejected):
    """Actuator {actuator} is registered otherwise; retire it, or give the new one a name of its own."""

    actuator: ActuatorName


@dataclass(eq=False)
class ActuatorUnknown(Unknown):
    """There is no actuator {actuator}."""

    actuator: ActuatorName


def decide(actuator: Actuator, command: ActuatorCommand) -> ActuatorEvent | None:
    match command:
        case RegisterActuator():
            return register(actuator, command)
        case RetireActuator():
            return retire(actuator, command)
        case _ as never:
            assert_never(never)


def evolve(actuator: Actuator, event: ActuatorEvent) -> Actuator:
    return event if isinstance(event, ActuatorRegistered) else None


def register(known: Actuator, command: RegisterActuator) -> ActuatorRegistered | None:
    offered = ActuatorRegistered(
        actuator=command.actuator,
        kind=command.kind,
        deployments=command.deployments,
        capabilities=command.capabilities,
        finest_percent=command.finest_percent,
        address=command.address,
        registered_by=command.principal,
        registered_at=command.now,
    )
    if known is None:
        return offered
    if _said(known) != _said(offered):
        raise ActuatorIsFixed(command.actuator)
    return None


def _said(actuator: ActuatorRegistered) -> tuple[object, ...]:
    what = (actuator.kind, actuator.deployments, actuator.capabilities)
    return (*what, actuator.finest_percent, actuator.address)


def retire(known: Actuator, command: RetireActuator) -> ActuatorRetired:
    if known is None:
        raise ActuatorUnknown(command.actuator)
    return ActuatorRetired(
        actuator=command.actuator, reason=command.reason, retired_by=command.principal, retired_at=command.now
    )


actuator_decider: Decider[Actuator, ActuatorCommand, ActuatorEvent] = Decider(None, decide, evolve)
