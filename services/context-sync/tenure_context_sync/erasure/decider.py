"""Whose data must go, and whose is gone?

- An erasure is asked for once, with a reason, and owed from then on.
- It is only said to be done when the keys are destroyed; whoever says so has done it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, assert_never

from tenure_decider import Decider, Invalid, Rejected

from tenure_context_sync.events import ErasureRequested, SubjectErased, SubjectEvent
from tenure_context_sync.names import PrincipalId, SnapshotName, SubjectId


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestErasure:
    subject: SubjectId
    reason: str
    principal: PrincipalId
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmErasure:
    """`keys`, `rows` and `snapshots` are what was found, and destroyed before the decision."""

    subject: SubjectId
    keys: int
    rows: int
    snapshots: tuple[SnapshotName, ...]
    now: datetime


SubjectCommand = RequestErasure | ConfirmErasure


class Subject(NamedTuple):
    requested: ErasureRequested | None = None
    erased: SubjectErased | None = None

    @property
    def owed(self) -> bool:
        return self.requested is not None and self.erased is None


@dataclass(eq=False)
class ErasureNeedsAReason(Invalid):
    """The erasure of {subject} needs a reason: it stays on the record."""

    subject: SubjectId


@dataclass(eq=False)
class ErasureNotRequested(Rejected):
    """Nobody asked for the erasure of {subject}."""

    subject: SubjectId


def decide(subject: Subject, command: SubjectCommand) -> SubjectEvent | None:
    match command:
        case RequestErasure():
            return request(subject, command)
        case ConfirmErasure():
            return confirm(subject, command)
        case _ as never:
            assert_never(never)


def evolve(subject: Subject, event: SubjectEvent) -> Subject:
    match event:
        case ErasureRequested():
            return subject._replace(requested=event)
        case SubjectErased():
            return subject._replace(erased=event)
        case _ as never:
            assert_never(never)


def request(subject: Subject, command: RequestErasure) -> ErasureRequested | None:
    if not command.reason.strip():
        raise ErasureNeedsAReason(command.subject)
    if subject.requested:
        return None
    return ErasureRequested(
        subject=command.subject,
        reason=command.reason,
        requested_by=command.principal,
        requested_at=command.now,
    )


def confirm(subject: Subject, command: ConfirmErasure) -> SubjectErased | None:
    if subject.requested is None:
        raise ErasureNotRequested(command.subject)
    if subject.erased:
        return None
    return SubjectErased(
        subject=command.subject,
        keys=command.keys,
        rows=command.rows,
        snapshots=command.snapshots,
        erased_at=command.now,
    )


subject_decider: Decider[Subject, SubjectCommand, SubjectEvent] = Decider(Subject(), decide, evolve)
