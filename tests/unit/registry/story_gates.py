"""The looks at a gate that the tests of the registry begin with."""

from tenure_registry.model.commands import LookAtGate
from tenure_registry.model.events import GateReason, GateReopened, GateSatisfied
from tenure_registry.names import PRODUCTION

from tests.unit.registry.story import NOON, V1, rules

look = LookAtGate(model_version=V1, rules=rules, now=NOON)
unapproved = GateReason(requirement="approved", status="missing", detail="0 of 1")
reopened = GateReopened(
    model_version=V1,
    stage=PRODUCTION,
    reasons=(unapproved,),
    policy=rules.policy.ref(PRODUCTION),
    reopened_at=NOON,
)
satisfied = GateSatisfied(model_version=V1, stage=PRODUCTION, policy=rules.policy.ref(PRODUCTION), satisfied_at=NOON)
