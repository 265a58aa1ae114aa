"""What holds for a model, of its own and of what it inherits?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from tenure_journal import View

from tenure_registry.governance import family_of, policy_name
from tenure_registry.model.state import Model
from tenure_registry.names import PolicyName, PrincipalId
from tenure_registry.policy.standard import STANDARD
from tenure_registry.streams import model_stream

From = Literal["model", "family", "creator", "enterprise", "tenure", "nobody"]
Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class Effective(Generic[Value]):
    """A value, and who said it."""

    value: Value
    said_by: From


@dataclass(frozen=True, kw_only=True, slots=True)
class EffectiveDetails:
    owner: Effective[PrincipalId | None]
    policy: Effective[PolicyName]
    risk_tier: Effective[str | None]
    contexts: Effective[tuple[str, ...]]


def effective_details(view: View, name: str) -> EffectiveDetails | None:
    """None where there is no such model."""
    model: Model = view.state(model_stream(name))
    if model.created is None:
        return None
    family = family_of(view, model)
    return EffectiveDetails(
        owner=_first(model.owner, family.owner, model.created.created_by),
        policy=_policy(view, model, family.policy),
        risk_tier=_first(model.risk_tier, family.risk_tier, None),
        contexts=Effective(value=model.contexts or family.contexts, said_by=_which(model.contexts, family.contexts)),
    )


def _first(own: Value | None, familys: Value | None, creators: Value | None) -> Effective[Value | None]:
    if own is not None:
        return Effective(value=own, said_by="model")
    if familys is not None:
        return Effective(value=familys, said_by="family")
    return Effective(value=creators, said_by="creator" if creators is not None else "nobody")


def _policy(view: View, model: Model, familys: PolicyName | None) -> Effective[PolicyName]:
    name = policy_name(view, model)
    if model.policy or familys:
        return Effective(value=name, said_by="model" if model.policy else "family")
    return Effective(value=name, said_by="tenure" if name == STANDARD else "enterprise")


def _which(own: object, familys: object) -> From:
    return "model" if own else "family" if familys else "nobody"
