"""The rules of bindings that say no: each one's name, its sentence, and the facts that it looked at."""

from dataclasses import dataclass

from tenure_decider import Invalid, Rejected

from tenure_context_sync.names import ContextName, ModelName, ModelVersion, SourceName


@dataclass(eq=False)
class RevisionNotPublished(Invalid):
    """Revision {revision} of context {context} is not published."""

    context: ContextName
    revision: int


@dataclass(eq=False)
class LimitNotPositive(Invalid):
    """An SLA of {max_age_seconds} s can't be kept: the limit must be above zero."""

    max_age_seconds: int


@dataclass(eq=False)
class SlaTighterThanHeartbeat(Invalid):
    """{source} shows every {every_seconds} s that it lives, so a limit of {max_age_seconds} s can't be watched.

    Take {least_seconds} s or more, or have the source beat faster.
    """

    source: SourceName
    every_seconds: int
    max_age_seconds: int
    least_seconds: int


@dataclass(eq=False)
class ClassFieldUnknown(Invalid):
    """Revision {revision} of {context} answers no field {field} by which entities could be classed."""

    context: ContextName
    revision: int
    field: str


@dataclass(eq=False)
class ClassNamedTwice(Invalid):
    """Entities with {field}={value} have two limits; leave one of them out."""

    field: str
    value: str


@dataclass(eq=False)
class ShareOutside(Invalid):
    """An objective is a share between 0 and 1, as 0.995, not {share}."""

    share: float


@dataclass(eq=False)
class WindowOutside(Invalid):
    """An objective's window is whole minutes, from one to {most_seconds} s, not {window_seconds} s."""

    window_seconds: int
    most_seconds: int


@dataclass(eq=False)
class NotBound(Rejected):
    """Version {model_version} of {model} is not bound to {context}."""

    model: ModelName
    model_version: ModelVersion
    context: ContextName
