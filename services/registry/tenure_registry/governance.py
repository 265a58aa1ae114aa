"""Which policy holds for a model, and what else do its gates lean on?"""

from __future__ import annotations

from collections.abc import Iterator

from tenure_journal import Stream, View

from tenure_registry.family.decider import Family
from tenure_registry.foreign import BINDING, Bindings
from tenure_registry.model.commands import Rules
from tenure_registry.model.state import Model
from tenure_registry.names import PolicyName
from tenure_registry.parts import BasedOn
from tenure_registry.policy.document import PolicyDocument
from tenure_registry.policy.inheritance import EffectivePolicy, effective, lineage_of
from tenure_registry.policy.standard import ENTERPRISE, STANDARD, STANDARD_DOCUMENT
from tenure_registry.streams import family_stream, model_stream, policy_stream


def family_of(view: View, model: Model) -> Family:
    """What it inherits; an empty family where it has none."""
    found: Family = view.state(family_stream(model.family)) if model.family else Family()
    return found


def document_of(view: View, policy: str) -> PolicyDocument | None:
    """The newest revision's."""
    found: PolicyDocument | None = view.state(policy_stream(policy)).document
    return found


def policy_name(view: View, model: Model) -> PolicyName:
    """Its own, else its family's, else the enterprise's, else the one that comes with Tenure."""
    chosen = model.policy or family_of(view, model).policy
    if chosen is None and document_of(view, ENTERPRISE) is not None:
        chosen = ENTERPRISE
    return chosen or STANDARD


def effective_policy(view: View, name: PolicyName) -> EffectivePolicy:
    """The newest revision with all that it inherits now."""
    own = document_of(view, name)
    if own is None:
        return effective(STANDARD, 0, [STANDARD_DOCUMENT])
    ancestors, _ = lineage_of(own, lambda parent: document_of(view, parent))
    return effective(name, view.state(policy_stream(name)).revision, [own, *ancestors])


def rules_for(view: View, name: str) -> Rules:
    """What the gates of the model of this name lean on, as far as was read. Raises StreamParked."""
    model: Model = view.state(model_stream(name))
    family = family_of(view, model)
    policy = effective_policy(view, policy_name(view, model))
    bound: Bindings = view.state(f"{BINDING}/{name}")
    return Rules(
        policy=policy,
        risk_tier=model.risk_tier or family.risk_tier,
        contexts=dict(bound.newest.items()),
        own={place: revision for place, (revision, _) in bound.places.items()},
        based_on=tuple(heads(view, name, model, policy)),
    )


def heads(view: View, name: str, model: Model, policy: EffectivePolicy) -> Iterator[BasedOn]:
    """The heads of the streams that were looked at, those without an event left out."""
    for stream in (
        *([family_stream(model.family)] if model.family else []),
        *policy_streams(view, policy.policy),
        f"{BINDING}/{name}",
    ):
        found = view.stream(stream)
        if found is not None:
            yield based_on(found)


def policy_streams(view: View, name: PolicyName) -> list[str]:
    """The policy's and its ancestors'."""
    found, current = list[str](), str(name)
    while current and policy_stream(current) not in found:
        found.append(policy_stream(current))
        document = document_of(view, current)
        current = document.extends or "" if document else ""
    return found


def based_on(stream: Stream) -> BasedOn:
    return BasedOn(stream=stream.name, sequence=stream.sequence, digest=stream.digest)
