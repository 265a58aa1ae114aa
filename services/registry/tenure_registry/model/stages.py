"""What forbids a version to get further, and when does a gate open again?

- Stages are entered in the policy's order, by who may ask for them, or an admin; nothing comes back from an end.
- All that the policy asks for must be met at the moment of entering, and nobody's refusal may stand.
- Where it is met no longer, the gate is open again, and an event says so.
"""

from __future__ import annotations

from tenure_registry.model.commands import EnterStage, LookAtGate
from tenure_registry.model.events import GateReason, GateReopened, GateSatisfied, StageEntered
from tenure_registry.model.find import find, find_living
from tenure_registry.model.requirements import Finding, findings, unmet
from tenure_registry.model.rules import (
    MayNotAsk,
    RefusalStands,
    RequirementsUnmet,
    StageHasOwnCommand,
    StageOutOfOrder,
    StageUnknown,
)
from tenure_registry.model.state import Model, Version
from tenure_registry.names import ADMIN, ENDINGS, PrincipalId, Stage
from tenure_registry.policy.document import Transition
from tenure_registry.policy.inheritance import EffectivePolicy


def enter(model: Model, command: EnterStage) -> StageEntered | None:
    version, policy = find_living(model, command.model_version), command.rules.policy
    if version.stage == command.stage:
        return None
    transition = way_into(policy, command.stage)
    if not leads_from(version.stage, transition, policy):
        raise StageOutOfOrder(command.model_version, version.stage, command.stage)
    if command.roles.isdisjoint((*transition.asked_by, ADMIN)):
        raise MayNotAsk(command.stage, transition.asked_by)
    found = findings(version, command.stage, command.rules, command.now)
    demand_met(command, found)
    return StageEntered(
        model_version=command.model_version,
        stage=command.stage,
        previous_stage=version.stage,
        evidence=by(found, "evidence"),
        approvers=tuple(PrincipalId(name) for name in by(found, "approval")),
        policy=policy.ref(command.stage),
        based_on=command.rules.based_on,
        entered_by=command.principal,
        entered_at=command.now,
    )


def by(found: tuple[Finding, ...], about: str) -> tuple[str, ...]:
    """What met the requirements of this sort, each name once."""
    return tuple(sorted({name for one in found if one.about == about for name in one.by}))


def way_into(policy: EffectivePolicy, stage: Stage) -> Transition:
    if stage in ENDINGS:
        raise StageHasOwnCommand(stage)
    try:
        return policy.transitions[stage]
    except KeyError:
        raise StageUnknown(policy.policy, stage, policy.stages) from None


def leads_from(current: Stage | None, transition: Transition, policy: EffectivePolicy) -> bool:
    """A deprecated version goes nowhere but to its end."""
    if transition.after:
        return current in transition.after
    order = policy.stages
    return current is None or (current in order and order.index(current) < order.index(transition.stage))


def demand_met(command: EnterStage, found: tuple[Finding, ...]) -> None:
    if vetoes := tuple(f"{one.requirement}, {one.detail}" for one in found if one.status == "refused"):
        raise RefusalStands(command.model_version, command.stage, vetoes)
    if lacking := unmet(found):
        policy = command.rules.policy
        sentences = tuple(
            f"{one.requirement} ({one.wanted}) is {one.status}" + (f", {one.detail}" if one.detail else "")
            for one in lacking
        )
        raise RequirementsUnmet(command.model_version, command.stage, f"{policy.policy}@{policy.revision}", sentences)


def look(model: Model, command: LookAtGate) -> GateReopened | GateSatisfied | None:
    version = find(model, command.model_version)
    reasons, policy = reasons_of(version, command), command.rules.policy
    if version.stage is None or reasons == version.reopened:
        return None
    if not reasons:
        return GateSatisfied(
            model_version=command.model_version,
            stage=version.stage,
            policy=policy.ref(version.stage),
            satisfied_at=command.now,
        )
    return GateReopened(
        model_version=command.model_version,
        stage=version.stage,
        reasons=reasons,
        policy=policy.ref(version.stage),
        reopened_at=command.now,
    )


def reasons_of(version: Version, command: LookAtGate) -> tuple[GateReason, ...]:
    if version.stage is None:
        return ()
    return tuple(
        GateReason(requirement=one.requirement, status=one.status, detail=one.detail)
        for one in unmet(findings(version, version.stage, command.rules, command.now))
    )
