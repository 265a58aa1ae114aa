"""What does a model owe after a subject's erasure, and when is that settled?

- Versions that were trained on the subject's data are owed for, also those that are registered afterwards.
- Retrained: a version that none of it went into takes their place. Retired: none of them is left. Else: a reason.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias, assert_never

from rpds import HashTrieMap
from tenure_decider import Decider, Invalid, Rejected, Unknown

from tenure_registry.names import Discharge, ModelName, ModelVersion, PrincipalId
from tenure_registry.obligation.events import ObligationDischarged, ObligationEvent, ObligationOpened


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenObligation:
    """`versions` are all that it is owed for now, read from the model before the decision."""

    model: ModelName
    obligation: str
    because: str
    snapshots: tuple[str, ...]
    versions: tuple[ModelVersion, ...]
    due_at: datetime
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DischargeObligation:
    """`unretired`: versions of it that are not over; `clean`: none of the data went into the replacement."""

    obligation: str
    outcome: Discharge
    replacement: ModelVersion | None
    note: str
    unretired: tuple[ModelVersion, ...]
    clean: bool
    principal: PrincipalId
    now: datetime


ObligationCommand = OpenObligation | DischargeObligation


class Obligation(NamedTuple):
    """`sequence` is that of the newest event about it."""

    opened: ObligationOpened
    discharged: ObligationDischarged | None = None
    sequence: int = 0


Obligations: TypeAlias = "HashTrieMap[str, Obligation]"


@dataclass(eq=False)
class ObligationUnknown(Unknown):
    """There is no obligation {obligation} of this model."""

    obligation: str


@dataclass(eq=False)
class ObligationSettled(Rejected):
    """Obligation {obligation} was discharged as {outcome} already."""

    obligation: str
    outcome: Discharge


@dataclass(eq=False)
class NotRetrained(Rejected):
    """{replacement} can't discharge {obligation}: it is no version of this model that none of the data went into."""

    obligation: str
    replacement: ModelVersion | None


@dataclass(eq=False)
class VersionsNotRetired(Rejected):
    """{versions} are not retired yet, so {obligation} is not discharged by that."""

    obligation: str
    versions: tuple[ModelVersion, ...]


@dataclass(eq=False)
class NoteRequired(Invalid):
    """Say why obligation {obligation} needs nothing: it stays on the record."""

    obligation: str


def decide(known: Obligations, command: ObligationCommand) -> ObligationEvent | None:
    match command:
        case OpenObligation():
            return open_one(known.get(command.obligation), command)
        case DischargeObligation():
            return discharge(known.get(command.obligation), command)
        case _ as never:
            assert_never(never)


def evolve(known: Obligations, event: ObligationEvent) -> Obligations:
    match event:
        case ObligationOpened():
            return known.insert(event.obligation, Obligation(event))
        case ObligationDischarged():
            return known.insert(event.obligation, known[event.obligation]._replace(discharged=event))
        case _ as never:
            assert_never(never)


def open_one(known: Obligation | None, command: OpenObligation) -> ObligationOpened | None:
    if known and covers(known, command.versions):
        return None
    return ObligationOpened(
        model=command.model,
        obligation=command.obligation,
        because=command.because,
        snapshots=command.snapshots,
        versions=command.versions,
        due_at=command.due_at,
        opened_at=command.now,
    )


def covers(known: Obligation, versions: tuple[ModelVersion, ...]) -> bool:
    return set(versions) <= set(known.opened.versions)


def discharge(known: Obligation | None, command: DischargeObligation) -> ObligationDischarged | None:
    if known is None:
        raise ObligationUnknown(command.obligation)
    made = ObligationDischarged(
        obligation=command.obligation,
        outcome=command.outcome,
        replacement=command.replacement,
        note=command.note,
        discharged_by=command.principal,
        discharged_at=command.now,
    )
    if known.discharged is None:
        demand_settled(command)
        return made
    if said(known.discharged) != said(made):
        raise ObligationSettled(command.obligation, known.discharged.outcome)
    return None


def said(discharge: ObligationDischarged) -> tuple[object, ...]:
    return discharge.outcome, discharge.replacement, discharge.note


def demand_settled(command: DischargeObligation) -> None:
    match command.outcome:
        case "retrained":
            if not command.clean:
                raise NotRetrained(command.obligation, command.replacement)
        case "retired":
            if command.unretired:
                raise VersionsNotRetired(command.obligation, command.unretired)
        case "not_needed":
            if not command.note.strip():
                raise NoteRequired(command.obligation)
        case _ as never:
            assert_never(never)


obligation_decider: Decider[Obligations, ObligationCommand, ObligationEvent] = Decider(HashTrieMap(), decide, evolve)
