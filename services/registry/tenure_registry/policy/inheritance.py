"""What holds, after all that is inherited?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import TypeAlias, TypeVar

from tenure_registry.names import Digest, PolicyName, Stage
from tenure_registry.parts import PolicyRef
from tenure_registry.policy.document import (
    ApprovalRequirement,
    EvidenceRequirement,
    PolicyDocument,
    Separated,
    Transition,
)

Requirement: TypeAlias = EvidenceRequirement | ApprovalRequirement
Some = TypeVar("Some", EvidenceRequirement, ApprovalRequirement)


@dataclass(frozen=True, kw_only=True, slots=True)
class EffectivePolicy:
    """A policy with all that it inherits. `stages` are in order; `separation` says who may not approve."""

    policy: PolicyName
    revision: int
    risk_tiers: tuple[str, ...]
    transitions: Mapping[Stage, Transition]
    separation: tuple[Separated, ...]
    clean_up: tuple[str, ...]
    retention_days: int | None

    @property
    def stages(self) -> tuple[Stage, ...]:
        return tuple(self.transitions)

    def ref(self, stage: Stage) -> PolicyRef:
        """What an approval binds: the rules of this one stage, so that a change elsewhere leaves it standing."""
        digest = rules_digest(self.transitions.get(stage), self.separation)
        return PolicyRef(policy=self.policy, revision=self.revision, digest=digest)


@lru_cache(maxsize=1_024)
def rules_digest(transition: Transition | None, separation: tuple[Separated, ...]) -> Digest:
    """Kept: a look at all gates asks for the same few a hundred thousand times."""
    return digest_of([asdict(transition) if transition else None, separation])


def digest_of(part: object) -> Digest:
    """SHA-256 over JSON with sorted keys, no white space, and instants in ISO 8601."""
    text = json.dumps(
        part, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=lambda at: at.isoformat()
    )
    return Digest("sha256:" + sha256(text.encode()).hexdigest())


def effective(name: PolicyName, revision: int, lineage: Sequence[PolicyDocument]) -> EffectivePolicy:
    """`lineage` begins with the policy's own document, then each one that the one before inherits from."""
    whole = whole_of(lineage)
    return EffectivePolicy(
        policy=name,
        revision=revision,
        risk_tiers=whole.risk_tiers,
        transitions={transition.stage: transition for transition in whole.transitions},
        separation=whole.separation,
        clean_up=whole.clean_up,
        retention_days=whole.retention_days,
    )


def whole_of(lineage: Sequence[PolicyDocument]) -> PolicyDocument:
    """One document that says what all of them come to; nearest first, at least one."""
    whole = lineage[-1]
    for document in reversed(lineage[:-1]):
        whole = merged(whole, document)
    return whole


def merged(parent: PolicyDocument, child: PolicyDocument) -> PolicyDocument:
    """The child's document with what it inherits; `overrides` is the child's own affair and goes."""
    inherited = {transition.stage: transition for transition in parent.transitions}
    own = {transition.stage: transition for transition in child.transitions}
    return replace(
        child,
        risk_tiers=tuple(dict.fromkeys(parent.risk_tiers + child.risk_tiers)),
        metrics=tuple(dict.fromkeys(parent.metrics + child.metrics)),
        transitions=tuple(
            _transition(inherited.get(stage), own.get(stage)) for stage in _order(list(inherited), list(own))
        ),
        separation=child.separation or parent.separation,
        clean_up=child.clean_up or parent.clean_up,
        retention_days=child.retention_days if child.retention_days is not None else parent.retention_days,
        overrides=(),
    )


def _order(inherited: list[Stage], own: list[Stage]) -> list[Stage]:
    """The inherited stages in their order; a new one comes before the next one that both know."""
    order, new = list(inherited), list[Stage]()
    for stage in own:
        if stage in order:
            place = order.index(stage)
            order[place:place] = new
            new = []
        else:
            new.append(stage)
    return order + new


def _transition(inherited: Transition | None, own: Transition | None) -> Transition:
    if inherited is None or own is None:
        found = own or inherited
        assert found is not None
        return found
    return Transition(
        stage=own.stage,
        after=own.after or inherited.after,
        asked_by=own.asked_by or inherited.asked_by,
        evidence=_by_name(inherited.evidence, own.evidence),
        approvals=_by_name(inherited.approvals, own.approvals),
    )


def _by_name(inherited: Iterable[Some], own: Iterable[Some]) -> tuple[Some, ...]:
    return tuple(({one.name: one for one in inherited} | {one.name: one for one in own}).values())


def changes(parent: PolicyDocument, child: PolicyDocument) -> list[str]:
    """The paths at which the child says something else than it would inherit."""
    inherited = {transition.stage: transition for transition in parent.transitions}
    found = [name for name in ("separation", "clean_up") if _differs(getattr(parent, name), getattr(child, name))]
    if child.retention_days is not None and parent.retention_days not in (None, child.retention_days):
        found.append("retention_days")
    for own in child.transitions:
        if own.stage in inherited:
            found += [f"transitions.{own.stage}.{path}" for path in _transition_changes(inherited[own.stage], own)]
    return found


def _transition_changes(inherited: Transition, own: Transition) -> list[str]:
    found = [name for name in ("after", "asked_by") if _differs(getattr(inherited, name), getattr(own, name))]
    for part in ("evidence", "approvals"):
        known = {one.name: one for one in getattr(inherited, part)}
        found += [f"{part}.{one.name}" for one in getattr(own, part) if one.name in known and one != known[one.name]]
    return found


def _differs(inherited: tuple[str, ...], own: tuple[str, ...]) -> bool:
    return bool(own) and bool(inherited) and own != inherited


def lineage_of(
    document: PolicyDocument, look_up: Callable[[str], PolicyDocument | None]
) -> tuple[list[PolicyDocument], str | None]:
    """What the document inherits from, nearest first, and the first ancestor that is not there; stops at a circle."""
    found, seen, name = list[PolicyDocument](), set[str](), document.extends
    while name is not None and name not in seen:
        seen.add(name)
        parent = look_up(name)
        if parent is None:
            return found, name
        found.append(parent)
        name = parent.extends
    return found, None


def circle_of(policy: str, document: PolicyDocument, look_up: Callable[[str], PolicyDocument | None]) -> list[str]:
    """The names on the way from the policy back to itself; empty where it does not come back."""
    way, name = [policy], document.extends
    while name is not None and name != policy and name not in way:
        way.append(name)
        parent = look_up(name)
        name = parent.extends if parent else None
    return [*way, policy] if name == policy else []


def asked_for(transition: Transition) -> tuple[Requirement, ...]:
    """Evidence and approvals alike."""
    return (*transition.evidence, *transition.approvals)


def paths(document: PolicyDocument) -> dict[tuple[Stage, str, str], Requirement]:
    """Each requirement by its stage, its part and its name: by what an inherited one is told from another."""
    return {
        (transition.stage, part, one.name): one
        for transition in document.transitions
        for part in ("evidence", "approvals")
        for one in getattr(transition, part)
    }
