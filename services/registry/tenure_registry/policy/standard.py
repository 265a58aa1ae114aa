"""What holds where nobody published a policy?"""

from tenure_registry.names import PRODUCTION, PolicyName, Stage
from tenure_registry.policy.document import (
    ApprovalRequirement,
    EvidenceRequirement,
    PolicyDocument,
    Transition,
)

ENTERPRISE = PolicyName("enterprise")
STANDARD = PolicyName("standard")


def _transition(
    stage: str,
    evidence: tuple[EvidenceRequirement, ...] = (),
    approvals: tuple[ApprovalRequirement, ...] = (),
) -> Transition:
    return Transition(stage=Stage(stage), after=(), asked_by=("engineer",), evidence=evidence, approvals=approvals)


EVALUATED = EvidenceRequirement(
    name="evaluated",
    kind="evaluation",
    metric=None,
    at_least=None,
    at_most=None,
    slices="overall",
    min_n=0,
    max_age_days=None,
    tool=None,
    tiers=(),
    applies_from=None,
    waived=None,
)
APPROVED = ApprovalRequirement(
    name="approved", kinds=("business", "risk"), count=1, max_age_days=None, tiers=(), applies_from=None, waived=None
)
STANDARD_DOCUMENT = PolicyDocument(
    title="What holds where nothing else was published",
    extends=None,
    risk_tiers=(),
    metrics=(),
    transitions=(
        _transition("experiment"),
        _transition("candidate"),
        _transition("validated"),
        _transition(PRODUCTION, (EVALUATED,), (APPROVED,)),
    ),
    separation=("author",),
    clean_up=("artifacts", "serving", "features"),
    retention_days=None,
    overrides=(),
)
