"""Which rules of a context's life say no?"""

from dataclasses import dataclass

from tenure_decider import Forbidden, Invalid, Rejected, Unknown

from tenure_context_sync.names import ContextName, PrincipalId, SourceName


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
class KeyIsNotTheSources(Invalid):
    """Rows of source {source} are found by {source_key}, so its contexts are read by that, not by {entity_key}."""

    source: SourceName
    source_key: tuple[str, ...]
    entity_key: tuple[str, ...]


@dataclass(eq=False)
class RevisionUnknown(Unknown):
    """There is no revision {revision} of {context}."""

    context: ContextName
    revision: int


@dataclass(eq=False)
class PublisherMayNotApprove(Forbidden):
    """{approver} published revision {revision} of {context}; somebody else must approve it."""

    approver: PrincipalId
    context: ContextName
    revision: int


@dataclass(eq=False)
class ApprovalNotNeeded(Rejected):
    """Revision {revision} of {context} was published without a need of approval; it is read as it is."""

    context: ContextName
    revision: int


@dataclass(eq=False)
class RevisionIsDecided(Rejected):
    """Revision {revision} of {context} is {decided} for good; publish another one."""

    context: ContextName
    revision: int
    decided: str


@dataclass(eq=False)
class RevisionIsGone(Rejected):
    """Revision {revision} of {context} was dropped; publish another one."""

    context: ContextName
    revision: int
