"""How does what somebody asked for without the API become an event, or a refusal that stays?

Durable in this order: the event on the target stream; the outcome on `tenure.outcomes`. A crash in between, a second
replica or a record that was sent twice find the command's id in the stream's index and say the same outcome again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid5

from tenure_decider import Rejected
from tenure_eventlog import MessageTooLarge
from tenure_eventlog.topics import REGISTRY_EVENTS
from tenure_journal import BACKDATED_AFTER, Auth, CommandIdReused, Order, Receipt, Replica, StreamParked
from tenure_service import Principal, Problem, Runtime
from tenure_service.problems import type_of
from tenure_service.requests import PRINCIPALS

from tenure_registry.inbox.asks import Wanted, command_digest
from tenure_registry.inbox.cloudevent import Incoming
from tenure_registry.inbox.errors import NotTaken
from tenure_registry.inbox.outcomes import Outcome, Verdict
from tenure_registry.model.commands import ModelCommand, RefuseInboxCommand
from tenure_registry.model.events import InboxCommandRefused
from tenure_registry.names import PrincipalId
from tenure_registry.streams import MODEL, model_stream

# The ids of commands are known for 30 days at least: what is older than this was refused before it could be forgotten.
MOST_LATE = timedelta(days=1)
MOST_EARLY = timedelta(minutes=5)
MOST_UNKNOWN_MODELS = 1_000
MOST_DETAIL = 1_000
REFUSED = ".inbox-command-refused."

Refusal = Rejected | Problem | CommandIdReused | StreamParked


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is asked, by whom, and when it arrived; `cause` is the place of its record on the inbox."""

    event: Incoming
    wanted: Wanted
    principal: Principal
    arrived_at: datetime
    cause: str | None = None

    @property
    def stream(self) -> str:
        return model_stream(self.wanted.target.model)


@dataclass(frozen=True, slots=True)
class AskedOf:
    """As the API's commands want to know it."""

    principal: Principal
    now: datetime
    replica: Replica

    async def fresh(self, *topics: str) -> None:
        await self.replica.catch_up(topics)


def demand_timely(event: Incoming, arrived_at: datetime) -> None:
    """A captured record can't be replayed when its command's id is forgotten. Raises NotTaken."""
    if not -MOST_EARLY <= arrived_at - event.time <= MOST_LATE:
        raise NotTaken(f"its time, {event.time.isoformat()}, is not within a day before it arrived")


class Clerk:
    """Carries out commands in the name of whoever signed them."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def carry_out(self, request: Request) -> Outcome:
        """What became of it, now or at an earlier try.

        Raises NotTaken; LogUnavailable, OutcomeUnknown and JournalError, after which it may be tried again.
        """
        try:
            command = await self._command(request)
            receipt = await self._execute(request, command)
        except (Rejected, Problem, CommandIdReused, StreamParked) as refusal:
            return await self._refused(request, refusal)
        except (MessageTooLarge, ValueError) as unfit:
            return await self._refused(request, Problem(413, "event-too-large", str(unfit)))
        return await self._outcome(request, receipt)

    async def _command(self, request: Request) -> ModelCommand:
        asked = AskedOf(request.principal, self._runtime.clock.now(), self._runtime.replica)
        command = await request.wanted.ask.made(request.wanted.target, request.wanted.data, asked)
        await self._demand_family(request, command)
        return command

    async def _demand_family(self, request: Request, command: ModelCommand) -> None:
        allowed, family_of = request.principal.families, self._runtime.definition.family_of
        if allowed is None:
            return
        await self._runtime.replica.catch_up([REGISTRY_EVENTS.name])
        if family_of(self._runtime.replica, request.stream, command) not in allowed:
            detail = f"this principal is for models of {', '.join(sorted(allowed))}"
            raise Problem(403, "family-forbidden", detail)

    async def _execute(self, request: Request, command: ModelCommand) -> Receipt:
        event, principal = request.event, request.principal
        order = Order(
            stream=request.stream,
            command=command,
            command_id=uuid5(uuid5(PRINCIPALS, principal.id), f"{event.source}\n{event.id}"),
            command_digest=command_digest(event),
            auth=Auth(principal.id, principal.auth_type),
            occurred_at=occurred_at(request),
            correlation_id=event.correlation_id,
            causation_id=request.cause,
        )
        return await self._runtime.writing().execute(order)

    async def _refused(self, request: Request, refusal: Refusal) -> Outcome:
        """The refusal is kept under the command's own id; whoever was first with it, its event says what holds."""
        rule, detail = type_of(refusal), str(refusal)[:MOST_DETAIL]
        where = f"inbox/{request.wanted.target.model}"
        self._runtime.access.note(request.principal.id, "refused", "INBOX", where, rule)
        if isinstance(refusal, CommandIdReused | StreamParked):  # nothing can be kept under this id, or on this stream
            return outcome_of(request, "refused", self._runtime.clock.now(), rule=rule, detail=detail)
        self._demand_room(request)
        command = RefuseInboxCommand(
            source=request.event.source,
            id=request.event.id,
            type=request.event.type,
            rule=rule,
            detail=detail,
            principal=PrincipalId(request.principal.id),
            now=self._runtime.clock.now(),
        )
        return await self._outcome(request, await self._execute(request, command))

    def _demand_room(self, request: Request) -> None:
        """Refusals must not make streams without end. Raises NotTaken."""
        replica = self._runtime.replica
        if replica.stream(request.stream) is None:
            unknown = sum(one.state.created is None for one in replica.streams(MODEL).values())
            if unknown >= MOST_UNKNOWN_MODELS:
                raise NotTaken(f"there are refusals for {unknown} models that do not exist; none is kept for another")

    async def _outcome(self, request: Request, receipt: Receipt) -> Outcome:
        now, place = self._runtime.clock.now(), (receipt.sequence, receipt.event_id or None)
        if not receipt.changed:
            return outcome_of(request, "unchanged", now, *place)
        if (refused := await self._refusal_at(receipt)) is not None:
            return outcome_of(request, "refused", now, *place, rule=refused.rule, detail=refused.detail)
        return outcome_of(request, "accepted", now, *place)

    async def _refusal_at(self, receipt: Receipt) -> InboxCommandRefused | None:
        """The refusal that a receipt is of; most are of the head, whose type is known without asking the log."""
        replica = self._runtime.replica
        stream = replica.stream(receipt.stream)
        head = stream.head if stream else None
        if head and head.sequence == receipt.sequence and REFUSED not in head.type:
            return None
        [(_, event)] = await replica.events(receipt.stream, receipt.sequence, receipt.sequence)
        return event if isinstance(event, InboxCommandRefused) else None


def occurred_at(request: Request) -> datetime:
    """When they say, within 5 minutes, or with the right to backdate; else when it arrived."""
    late = request.arrived_at - request.event.time
    believed = late <= BACKDATED_AFTER or request.principal.may("backdate")
    return min(request.event.time, request.arrived_at) if believed else request.arrived_at


def outcome_of(
    request: Request,
    verdict: Verdict,
    at: datetime,
    sequence: int | None = None,
    event_id: str | None = None,
    *,
    rule: str | None = None,
    detail: str | None = None,
) -> Outcome:
    event = request.event
    return Outcome(
        verdict=verdict,
        at=at,
        source=event.source,
        id=event.id,
        type=event.type,
        principal=request.principal.id,
        stream=request.stream,
        sequence=sequence,
        event_id=event_id,
        rule=rule,
        detail=detail,
    )
