"""What has happened to a prompt."""

from dataclasses import dataclass
from datetime import datetime

from tenure_registry.names import Digest, PrincipalId, PromptName


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptPublished:
    """`variables` are the names that the text leaves open."""

    prompt: PromptName
    revision: int
    text: str
    digest: Digest
    variables: tuple[str, ...]
    description: str
    published_by: PrincipalId
    published_at: datetime


PromptEvent = PromptPublished
