"""Which views over sources do models read?

- A revision never changes; revisions count 1, 2, 3 without a gap.
- A context reads fields that its source declares, by the source's whole key.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from rpds import HashTrieMap
from tenure_decider import Decider, Invalid, Rejected

from tenure_context_sync.events import Column, ContextEvent, ContextPublished, View
from tenure_context_sync.names import ContextName, PrincipalId, SourceName


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishContext:
    """`declared` and `source_key` are the source's fields and key, read from its stream before the decision."""

    context: ContextName
    revision: int
    source: SourceName
    declared: tuple[str, ...]
    source_key: tuple[str, ...]
    entity_key: tuple[str, ...]
    fields: tuple[str, ...]
    principal: PrincipalId
    now: datetime


ContextCommand = PublishContext
Revisions: TypeAlias = "HashTrieMap[int, ContextPublished]"


@dataclass(eq=False)
class RevisionIsFixed(Rejected):
    """Revision {revision} of {context} is published and says something else; publish revision {next_revision}."""

    context: ContextName
    revision: int
    next_revision: int


@dataclass(eq=False)
class RevisionOutOfOrder(Rejected):
    """The next revision of {context} is {next_revision}, not {revision}."""

    context: ContextName
    revision: int
    next_revision: int


@dataclass(eq=False)
class FieldNotDeclared(Invalid):
    """Source {source} declares no field {missing}."""

    source: SourceName
    missing: tuple[str, ...]


@dataclass(eq=False)
class KeyIsNotTheSources(Invalid):
    """Rows of source {source} are found by {source_key}, so its contexts are read by that, not by {entity_key}."""

    source: SourceName
    source_key: tuple[str, ...]
    entity_key: tuple[str, ...]


def decide(revisions: Revisions, command: ContextCommand) -> ContextEvent | None:
    wanted = (*command.entity_key, *command.fields)
    if missing := tuple(name for name in wanted if name not in command.declared):
        raise FieldNotDeclared(command.source, missing)
    if sorted(command.entity_key) != sorted(command.source_key):
        raise KeyIsNotTheSources(command.source, command.source_key, command.entity_key)
    known, following = revisions.get(command.revision), len(revisions) + 1
    if known:
        if (known.source, known.entity_key, known.fields) != (command.source, command.entity_key, command.fields):
            raise RevisionIsFixed(command.context, command.revision, following)
        return None
    if command.revision != following:
        raise RevisionOutOfOrder(command.context, command.revision, following)
    return ContextPublished(
        context=command.context,
        revision=command.revision,
        source=command.source,
        entity_key=command.entity_key,
        fields=command.fields,
        view=plain(command.fields),
        needs_approval=False,
        published_by=command.principal,
        published_at=command.now,
    )


def plain(fields: tuple[str, ...]) -> View:
    """Each field under its own name."""
    columns = tuple(Column(name=name, expression=name, default=None) for name in fields)
    return View(columns=columns, joins=(), aggregates=(), expectations=(), ttl_seconds=None)


def evolve(revisions: Revisions, event: ContextEvent) -> Revisions:
    return revisions.insert(event.revision, event) if isinstance(event, ContextPublished) else revisions


context_decider: Decider[Revisions, ContextCommand, ContextEvent] = Decider(HashTrieMap(), decide, evolve)
