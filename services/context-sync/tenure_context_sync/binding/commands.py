"""What can be asked of a model's bindings."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tenure_context_sync.events import Sla
from tenure_context_sync.names import ContextName, ModelName, ModelVersion, PrincipalId, SourceName


class Cadence(NamedTuple):
    """How often a source shows that it lives; None where it does not."""

    source: SourceName
    every_seconds: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BindContext:
    """`source` is None where the revision is not published; `reads` are all its sources, `fields` what it answers.

    They are read from the context's and the sources' streams before the decision.
    """

    model: ModelName
    model_version: ModelVersion
    context: ContextName
    revision: int
    source: SourceName | None
    reads: tuple[Cadence, ...] = ()
    fields: tuple[str, ...] = ()
    sla: Sla
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class UnbindContext:
    model: ModelName
    model_version: ModelVersion
    context: ContextName
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class BreachSla:
    """The timer's observation; an age of None means that nothing ever came."""

    model: ModelName
    model_version: ModelVersion
    context: ContextName
    entity_class: str | None
    age_seconds: float | None
    limit_seconds: int
    newest_source_at: datetime | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RestoreSla:
    model: ModelName
    model_version: ModelVersion
    context: ContextName
    entity_class: str | None
    age_seconds: float
    limit_seconds: int
    newest_source_at: datetime
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CountBudget:
    """The timer's question: are more minutes bad now than the objective allows, or no longer?"""

    model: ModelName
    model_version: ModelVersion
    context: ContextName
    now: datetime


BindingCommand = BindContext | UnbindContext | BreachSla | RestoreSla | CountBudget
