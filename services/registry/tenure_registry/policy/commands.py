"""What can be asked of a policy."""

from dataclasses import dataclass
from datetime import datetime

from tenure_registry.names import Digest, PolicyName, PrincipalId
from tenure_registry.parts import BasedOn
from tenure_registry.policy.document import PolicyDocument


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishPolicy:
    """`ancestors` are the documents that it inherits from, nearest first, as far as they exist.

    `missing` is the one that doesn't; `circle` the names of a circle that it would close.
    """

    policy: PolicyName
    document: PolicyDocument
    digest: Digest
    ancestors: tuple[PolicyDocument, ...]
    missing: str | None
    circle: tuple[str, ...]
    based_on: tuple[BasedOn, ...]
    principal: PrincipalId
    now: datetime


PolicyCommand = PublishPolicy
