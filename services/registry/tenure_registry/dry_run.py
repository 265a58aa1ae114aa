"""Whom would a new revision block?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from tenure_journal import Replica

from tenure_registry.governance import document_of, policy_name, policy_streams, rules_for
from tenure_registry.model.requirements import findings, unmet
from tenure_registry.model.state import Model
from tenure_registry.names import PRODUCTION, ModelVersion, PolicyName
from tenure_registry.policy.document import PolicyDocument
from tenure_registry.policy.inheritance import EffectivePolicy, effective, lineage_of
from tenure_registry.streams import MODEL, policy_stream


@dataclass(frozen=True, slots=True)
class Blocked:
    """A version in production that could not enter it under the new revision."""

    model: str
    model_version: ModelVersion
    unmet: tuple[str, ...]


def blocked_by(view: Replica, policy: PolicyName, document: PolicyDocument, now: datetime) -> list[Blocked]:
    """Of the models that the policy holds for, directly or by inheritance, by name."""
    streams = sorted(view.streams(MODEL).values(), key=lambda stream: stream.name)
    return [
        found
        for stream in streams
        if not stream.parked
        for found in _blocked(view, stream.state, policy, document, now)
    ]


def _blocked(
    view: Replica, model: Model, policy: PolicyName, document: PolicyDocument, now: datetime
) -> Iterator[Blocked]:
    own = policy_name(view, model)
    if model.name is None or (own != policy and policy_stream(policy) not in policy_streams(view, own)):
        return
    rules = replace(rules_for(view, model.name), policy=_as_if(view, own, policy, document))
    for name, version in sorted(model.versions.items()):
        if version.stage == PRODUCTION:
            lacking = unmet(findings(version, PRODUCTION, rules, now))
            if lacking:
                yield Blocked(model.name, name, tuple(f"{one.requirement}: {one.status}" for one in lacking))


def _as_if(view: Replica, own: PolicyName, changed: PolicyName, document: PolicyDocument) -> EffectivePolicy:
    def look_up(name: str) -> PolicyDocument | None:
        return document if name == changed else document_of(view, name)

    newest = look_up(own) or document
    ancestors, _ = lineage_of(newest, look_up)
    return effective(own, 0, [newest, *ancestors])
