"""What is a prompt's next revision?

- The same text again is the same revision; another text is the next one.
- There is a last one: every replica holds all texts in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rpds import HashTrieMap
from tenure_decider import Decider, Rejected

from tenure_registry.names import Digest, PrincipalId, PromptName
from tenure_registry.prompt.events import PromptEvent, PromptPublished

MOST_REVISIONS = 1_000


@dataclass(eq=False)
class TooManyRevisions(Rejected):
    """{prompt} has {most} revisions, and no more may be: begin another prompt."""

    prompt: PromptName
    most: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishPrompt:
    prompt: PromptName
    text: str
    digest: Digest
    variables: tuple[str, ...]
    description: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, slots=True)
class Prompt:
    """All revisions, by number; of a moment of the past some may be missing in between."""

    revisions: HashTrieMap[int, PromptPublished] = field(default_factory=HashTrieMap)

    @property
    def newest(self) -> PromptPublished | None:
        return self.revisions[max(self.revisions)] if self.revisions else None


def decide(prompt: Prompt, command: PublishPrompt) -> PromptEvent | None:
    newest = prompt.newest
    if newest and (newest.digest, newest.variables) == (command.digest, command.variables):
        return None
    if len(prompt.revisions) >= MOST_REVISIONS:
        raise TooManyRevisions(command.prompt, MOST_REVISIONS)
    return PromptPublished(
        prompt=command.prompt,
        revision=len(prompt.revisions) + 1,
        text=command.text,
        digest=command.digest,
        variables=command.variables,
        description=command.description,
        published_by=command.principal,
        published_at=command.now,
    )


def evolve(prompt: Prompt, event: PromptEvent) -> Prompt:
    return Prompt(prompt.revisions.insert(event.revision, event))


prompt_decider: Decider[Prompt, PublishPrompt, PromptEvent] = Decider(Prompt(), decide, evolve)
