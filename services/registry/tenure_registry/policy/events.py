"""What has happened to a policy: revisions, each one whole."""

from dataclasses import dataclass
from datetime import datetime

from tenure_registry.names import Digest, PolicyName, PrincipalId
from tenure_registry.parts import BasedOn
from tenure_registry.policy.document import PolicyDocument


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyPublished:
    """`digest` covers the document alone; `based_on` are the policies that it inherits from, as they were."""

    policy: PolicyName
    revision: int
    document: PolicyDocument
    digest: Digest
    based_on: tuple[BasedOn, ...]
    published_by: PrincipalId
    published_at: datetime


PolicyEvent = PolicyPublished
