"""What has happened to a family."""

from dataclasses import dataclass
from datetime import datetime

from tenure_registry.names import FamilyName, PolicyName, PrincipalId


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyCreated:
    family: FamilyName
    description: str
    owner: PrincipalId
    policy: PolicyName | None
    risk_tier: str | None
    contexts: tuple[str, ...]
    created_by: PrincipalId
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyChanged:
    """All that can change of a family, as it is from now on."""

    description: str
    owner: PrincipalId
    policy: PolicyName | None
    risk_tier: str | None
    contexts: tuple[str, ...]
    changed_by: PrincipalId
    changed_at: datetime


FamilyEvent = FamilyCreated | FamilyChanged
