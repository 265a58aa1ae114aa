"""Policies, families and prompts that the tests of the registry begin with."""

from dataclasses import replace
from datetime import UTC, datetime

from tenure_registry.family.decider import ChangeFamily, CreateFamily
from tenure_registry.family.events import FamilyChanged, FamilyCreated
from tenure_registry.model.commands import Rules
from tenure_registry.names import PRODUCTION, Digest, FamilyName, PolicyName, PrincipalId, PromptName, Stage
from tenure_registry.policy.commands import PublishPolicy
from tenure_registry.policy.document import ApprovalRequirement, EvidenceRequirement, PolicyDocument, Transition
from tenure_registry.policy.events import PolicyPublished
from tenure_registry.policy.inheritance import effective
from tenure_registry.prompt.decider import PublishPrompt
from tenure_registry.prompt.events import PromptPublished

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEEPER = PrincipalId("p-keeper")
HOUSE, BANK = PolicyName("house"), PolicyName("bank")
FIRST, SECOND = Digest("sha256:01"), Digest("sha256:02")

brier_limit = EvidenceRequirement(
    name="quality",
    kind="evaluation",
    metric="brier",
    at_least=None,
    at_most=0.2,
    slices="overall",
    min_n=100,
    max_age_days=90,
    tool=None,
    tiers=(),
    applies_from=None,
    waived=None,
)
two_of_risk = ApprovalRequirement(
    name="signed-off", kinds=("risk",), count=2, max_age_days=None, tiers=(), applies_from=None, waived=None
)


def way(
    stage: str,
    *,
    after: tuple[Stage, ...] = (),
    asked_by: tuple[str, ...] = ("engineer",),
    evidence: tuple[EvidenceRequirement, ...] = (),
    approvals: tuple[ApprovalRequirement, ...] = (),
) -> Transition:
    return Transition(stage=Stage(stage), after=after, asked_by=asked_by, evidence=evidence, approvals=approvals)


house = PolicyDocument(
    title="House rules",
    extends=None,
    risk_tiers=("low", "high"),
    metrics=(),
    transitions=(way("validated"), way(PRODUCTION, evidence=(brier_limit,), approvals=(two_of_risk,))),
    separation=("author",),
    clean_up=("serving", "features"),
    retention_days=30,
    overrides=(),
)
bank = replace(
    house, title="Bank", extends="house", risk_tiers=(), transitions=(), separation=(), clean_up=(), retention_days=None
)


def rules_of(document: PolicyDocument, tier: str | None = None) -> Rules:
    return Rules(policy=effective(HOUSE, 1, [document]), risk_tier=tier, contexts={})


def policy_of(*transitions: Transition) -> Rules:
    """The rules of a policy that has these ways alone."""
    return rules_of(replace(house, transitions=transitions))


publish = PublishPolicy(
    policy=HOUSE,
    document=house,
    digest=FIRST,
    ancestors=(),
    missing=None,
    circle=(),
    based_on=(),
    principal=KEEPER,
    now=NOON,
)
published = PolicyPublished(
    policy=HOUSE,
    revision=1,
    document=house,
    digest=FIRST,
    based_on=(),
    published_by=KEEPER,
    published_at=NOON,
)
publish_bank = replace(publish, policy=BANK, document=bank, ancestors=(house,))

ARRIVALS = FamilyName("arrivals")
create_family = CreateFamily(
    family=ARRIVALS,
    description="who comes when",
    owner=KEEPER,
    policy=HOUSE,
    risk_tier="low",
    contexts=("weather",),
    unknown=None,
    principal=KEEPER,
    now=NOON,
)
family_created = FamilyCreated(
    family=ARRIVALS,
    description="who comes when",
    owner=KEEPER,
    policy=HOUSE,
    risk_tier="low",
    contexts=("weather",),
    created_by=KEEPER,
    created_at=NOON,
)
change_family = ChangeFamily(
    description="who comes when",
    owner=KEEPER,
    policy=HOUSE,
    risk_tier="high",
    contexts=("weather",),
    unknown=None,
    principal=KEEPER,
    now=NOON,
)
family_changed = FamilyChanged(
    description="who comes when",
    owner=KEEPER,
    policy=HOUSE,
    risk_tier="high",
    contexts=("weather",),
    changed_by=KEEPER,
    changed_at=NOON,
)

GREETING = PromptName("greeting")
publish_prompt = PublishPrompt(
    prompt=GREETING,
    text="Dear {name}",
    digest=FIRST,
    variables=("name",),
    description="how letters begin",
    principal=KEEPER,
    now=NOON,
)
prompt_published = PromptPublished(
    prompt=GREETING,
    revision=1,
    text="Dear {name}",
    digest=FIRST,
    variables=("name",),
    description="how letters begin",
    published_by=KEEPER,
    published_at=NOON,
)
