"""What may a policy say?

- A policy inherits from one that exists, never from itself.
- What changes an inherited rule is named in `overrides`, and `overrides` names nothing else.
- A metric is one that a tool reports; a limit has a metric, a metric a limit.
- A waiver waives something inherited, and says why.
- Production is always reached by a policy's transition, every stage from one that can be reached too; the ends of a
  life have commands of their own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tenure_decider import Decider

from tenure_registry.names import ENDINGS, PRODUCTION, Digest
from tenure_registry.policy.commands import PolicyCommand, PublishPolicy
from tenure_registry.policy.document import EvidenceRequirement, PolicyDocument
from tenure_registry.policy.events import PolicyEvent, PolicyPublished
from tenure_registry.policy.inheritance import asked_for, changes, merged, paths, whole_of
from tenure_registry.policy.metrics import KNOWN
from tenure_registry.policy.rules import (
    LimitMissing,
    MetricNotReported,
    NamedTwice,
    NothingOverridden,
    OverrideUndeclared,
    ParentUnknown,
    PolicyInheritsItself,
    ProductionMissing,
    StageHasItsOwnWay,
    TierUnknown,
    WaiverWithoutRule,
    WayFromNowhere,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The newest revision; None before the first."""

    revision: int = 0
    document: PolicyDocument | None = None
    digest: Digest | None = None


def decide(policy: Policy, command: PolicyCommand) -> PolicyEvent | None:
    if policy.digest == command.digest:
        return None
    inherited = inherited_by(command)
    demand_no_name_twice(command.document)
    demand_declared_overrides(command.document, inherited)
    demand_readable_requirements(command.document, inherited)
    demand_way_to_production(command.document, inherited)
    return PolicyPublished(
        policy=command.policy,
        revision=policy.revision + 1,
        document=command.document,
        digest=command.digest,
        based_on=command.based_on,
        published_by=command.principal,
        published_at=command.now,
    )


def evolve(policy: Policy, event: PolicyEvent) -> Policy:
    return Policy(event.revision, event.document, event.digest)


def inherited_by(command: PublishPolicy) -> PolicyDocument | None:
    if command.circle:
        raise PolicyInheritsItself(command.circle)
    if command.missing is not None:
        raise ParentUnknown(command.missing)
    return whole_of(command.ancestors) if command.ancestors else None


def demand_no_name_twice(document: PolicyDocument) -> None:
    stages = Counter(f"transitions.{transition.stage}" for transition in document.transitions)
    names = Counter(
        f"transitions.{transition.stage}.{one.name}"
        for transition in document.transitions
        for one in asked_for(transition)
    )
    for name, times in (stages + names).items():
        if times > 1:
            raise NamedTwice(name)


def demand_declared_overrides(document: PolicyDocument, inherited: PolicyDocument | None) -> None:
    changed = changes(inherited, document) if inherited else []
    for path in changed:
        if path not in document.overrides:
            raise OverrideUndeclared(path)
    for path in document.overrides:
        if path not in changed:
            raise NothingOverridden(path)


def demand_readable_requirements(document: PolicyDocument, inherited: PolicyDocument | None) -> None:
    known = KNOWN.union(document.metrics, inherited.metrics if inherited else ())
    tiers = {*document.risk_tiers, *(inherited.risk_tiers if inherited else ())}
    there = set(paths(inherited)) if inherited else set()
    for path, one in paths(document).items():
        if one.waived is not None and path not in there:
            raise WaiverWithoutRule(one.name)
        for tier in one.tiers:
            if tier not in tiers:
                raise TierUnknown(one.name, tier)
        if isinstance(one, EvidenceRequirement):
            demand_limit(one, known)


def demand_limit(one: EvidenceRequirement, known: frozenset[str]) -> None:
    if (one.metric is None) != (one.at_least is None and one.at_most is None):
        raise LimitMissing(one.name)
    if one.metric is not None and one.metric not in known:
        raise MetricNotReported(one.name, one.metric)


def demand_way_to_production(document: PolicyDocument, inherited: PolicyDocument | None) -> None:
    transitions = (merged(inherited, document) if inherited else document).transitions
    stages = [transition.stage for transition in transitions]
    if PRODUCTION not in stages:
        raise ProductionMissing()
    for transition in transitions:
        if transition.stage in ENDINGS:
            raise StageHasItsOwnWay(transition.stage)
        for after in transition.after:
            if after not in stages:
                raise WayFromNowhere(transition.stage, after)


policy_decider: Decider[Policy, PolicyCommand, PolicyEvent] = Decider(Policy(), decide, evolve)
