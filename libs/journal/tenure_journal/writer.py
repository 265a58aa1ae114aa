"""How does a command become exactly one event, or a refusal that is true?

The loop of DESIGN 3. What is durable: nothing before `append` returns; then the record, accepted or orphan. A crash
anywhere in between leaves at most one record that a retry with the same command id finds in the stream's index.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tenure_codec.envelope import Attributes, write_headers
from tenure_decider import Decider, Rejected
from tenure_eventlog import (
    EventLog,
    LogUnavailable,
    Message,
    MessageTooLarge,
    OutcomeUnknown,
    Partition,
    TopicMissing,
    partition_of,
)
from uuid_utils import uuid7

from tenure_journal.chain import CLOCK_AHEAD_US, DEADLINE_US, START, Head
from tenure_journal.errors import CommandIdReused, NotReady, RaceLost, SequenceMismatch, StillInDoubt, StreamParked
from tenure_journal.locks import Locks
from tenure_journal.replica import Replica, kind_name
from tenure_journal.stream import Accepted, TopicFold
from tenure_journal.void import NothingToVoid, RecordVoided, VoidRecord, void_codec, voided

MAX_TRIES = 5
DEADLINE = timedelta(microseconds=DEADLINE_US)
DEADLINE_SECONDS = DEADLINE.total_seconds()
CLOCK_OFF_SECONDS = CLOCK_AHEAD_US / 1_000_000
# A try appends within the deadline; what it appended lands within another one; two clocks may be off.
FINAL_AFTER_SECONDS = 2 * DEADLINE_SECONDS + 2 * CLOCK_OFF_SECONDS


@dataclass(frozen=True, slots=True)
class Auth:
    """Who acts: the stable id out of the token, never a name, and what it is (`user`, `service_account`, `system`)."""

    id: str
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A command on its way to a stream, with all that the envelope says besides the event itself.

    `sent_at`: when the client sent it; nothing is appended later than 30 s after that, however long the request lay
    about. `unanswered_seconds`: how long ago the client last sent this command, to whichever replica, and got no
    answer or an OutcomeUnknown other than StillInDoubt. Before 70 s have passed that try may land: no refusal is given.
    """

    stream: str
    command: Any
    command_id: UUID
    command_digest: str
    auth: Auth
    occurred_at: datetime
    correlation_id: str | None = None
    causation_id: str | None = None
    hops: int = 0
    if_match: int | None = None
    traceparent: str | None = None
    sent_at: datetime | None = None
    unanswered_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a command became an event; `changed` is False where it was so already and the head answers."""

    event_id: str
    stream: str
    sequence: int
    digest: str
    topic: str
    partition: int
    offset: int
    changed: bool = True


class Writer:
    """Carries out commands on the streams of one lifecycle topic; any number of writers may do so at once."""

    def __init__(
        self,
        event_log: EventLog,
        replica: Replica,
        fold: TopicFold,
        deciders: Mapping[str, Decider[Any, Any, Any]],
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: str(uuid7()),
    ) -> None:
        self._log, self._replica, self._fold, self._deciders = event_log, replica, fold, deciders
        self._wall, self._new_id = wall, new_id
        self._topic, self._source = fold.spec.name, f"/tenure/{fold.service}"
        self._locks = Locks()
        self._in_doubt_until: dict[tuple[str, UUID], float] = {}
        self.clock_ahead_us = 0  # as `probe.clock_ahead_us` measured it

    async def execute(self, order: Order) -> Receipt:
        """The receipt of the event that the command became, now or at an earlier try.

        Raises: Rejected (fresh and final), SequenceMismatch, CommandIdReused, RaceLost, StreamParked, NotReady,
        LogUnavailable (nothing was appended), OutcomeUnknown (retry with the same command id), StillInDoubt.
        """
        self._demand_ready()
        partition = Partition(self._topic, partition_of(order.stream.encode(), self._fold.spec.partitions))
        attempt = _Attempt(order, str(order.command_id), partition, (order.sent_at or self._wall()) + DEADLINE)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self._locks.of(order.stream):
                return await self._tries(attempt)
        except Exception as trouble:
            if attempt.in_doubt:
                why = str(trouble) or "what was appended was not read back within 30 s"
                raise OutcomeUnknown(f"{why}; retry with the same Idempotency-Key") from trouble
            if isinstance(trouble, TimeoutError):
                raise NotReady("the log did not answer within 30 s; nothing was appended") from None
            raise
        finally:
            if attempt.in_doubt:
                self._doubt(order)

    def _demand_ready(self) -> None:
        if self._replica.alarm:
            raise NotReady(f"{type(self._replica.alarm).__name__}: {self._replica.alarm}")
        if abs(self.clock_ahead_us) > CLOCK_AHEAD_US:
            raise NotReady(f"this machine's clock is {self.clock_ahead_us / 1_000_000:+.1f} s off the log's")

    def _doubt(self, order: Order) -> None:
        """What was appended for this command may land until the accept rule calls it untimely."""
        now = asyncio.get_running_loop().time()
        self._in_doubt_until = {key: until for key, until in self._in_doubt_until.items() if until > now}
        self._in_doubt_until[order.stream, order.command_id] = now + DEADLINE_SECONDS + CLOCK_OFF_SECONDS

    async def _tries(self, attempt: "_Attempt") -> Receipt:
        for _ in range(MAX_TRIES):
            receipt = await self._known(attempt) or await self._one_try(attempt)
            if receipt:
                return receipt
        raise RaceLost(attempt.order.stream, MAX_TRIES, self._head(attempt.order))

    async def _one_try(self, attempt: "_Attempt") -> Receipt | None:
        order = attempt.order
        if isinstance(order.command, VoidRecord):
            await self._demand_voidable(attempt, order.command)
        event = await self._decided(attempt)
        if isinstance(event, Receipt):
            return event
        head = self._head(order)
        await self._append(attempt, event)
        receipt = await self._known(attempt)
        if receipt is None and self._head(order) == head:
            raise OutcomeUnknown("the log took the record too late, or this machine's clock is off")
        attempt.in_doubt = False  # its place in the chain is taken: no copy of it can be accepted any more
        return receipt

    async def _demand_voidable(self, attempt: "_Attempt", command: VoidRecord) -> None:
        await self._replica.catch_up_partition(attempt.partition)
        stream = self._replica.stream(attempt.order.stream)
        if stream and 1 <= command.sequence <= stream.sequence:
            accepted = await self._replica.accepted_at(stream, command.sequence)
            if accepted.digest == command.digest:
                return
        raise NothingToVoid(attempt.order.stream, command.sequence, command.digest)

    async def _decided(self, attempt: "_Attempt") -> Any:
        """An event to append, or the receipt of what was done already; refusals only on fresh state."""
        order = attempt.order
        try:
            event = self._decide(order)
            if event is not None:
                return event
        except (Rejected, SequenceMismatch, StreamParked):
            if attempt.fresh:
                self._refuse_only_finally(order)
                raise
        if attempt.fresh:
            return self._already(attempt)
        await self._replica.catch_up_partition(attempt.partition)
        attempt.fresh = True
        return await self._known(attempt) or await self._decided(attempt)

    def _decide(self, order: Order) -> Any:
        stream = self._replica.stream(order.stream)
        head = stream.head_at if stream else START
        if order.if_match is not None and order.if_match != head.sequence:
            raise SequenceMismatch(order.stream, order.if_match, head)
        if isinstance(order.command, VoidRecord):
            done = stream and (order.command.sequence, order.command.digest) in stream.voided
            return None if done else voided(order.command)
        if stream and stream.parked:
            raise StreamParked(order.stream, stream.parked)
        return self._deciders[kind_name(order.stream)].decide(self._replica.state(order.stream), order.command)

    def _refuse_only_finally(self, order: Order) -> None:
        """An earlier try of this command, here or elsewhere, may still land: then a refusal would be a lie."""
        until = self._in_doubt_until.get((order.stream, order.command_id), 0)
        unanswered = order.unanswered_seconds
        if until > asyncio.get_running_loop().time() or (unanswered is not None and unanswered < FINAL_AFTER_SECONDS):
            raise StillInDoubt("an earlier try of this command may still land; retry with the same Idempotency-Key")

    def _already(self, attempt: "_Attempt") -> Receipt:
        order, at = attempt.order, attempt.partition
        self._refuse_only_finally(order)
        stream = self._replica.stream(order.stream)
        if stream is None or stream.head is None:
            return Receipt("", order.stream, 0, START.digest, *at, -1, changed=False)
        head = stream.head
        return Receipt(head.event_id, stream.name, head.sequence, head.digest, *at, head.offset, changed=False)

    async def _known(self, attempt: "_Attempt") -> Receipt | None:
        """The receipt of the event that this command became, if it did."""
        order = attempt.order
        stream = self._replica.stream(order.stream)
        sequence = stream.ids.get(attempt.command_id) if stream else None
        if stream is None or sequence is None:
            return None
        accepted = await self._replica.accepted_at(stream, sequence)
        if accepted.command_digest != order.command_digest:
            raise CommandIdReused(order.stream, sequence)
        return self._receipt(order, accepted)

    def _receipt(self, order: Order, at: Accepted) -> Receipt:
        return Receipt(at.event_id, order.stream, at.sequence, at.digest, self._topic, at.partition, at.offset)

    async def _append(self, attempt: "_Attempt", event: Any) -> None:
        """Durable on return, and passed by the own reader. From the decision to the append nothing is awaited."""
        message, recorded = self._message(attempt, event)
        if recorded > attempt.append_until:  # a process that was paused must not decide late
            raise NotReady("the command is older than 30 s, or a clock is off; nothing was appended")
        attempt.in_doubt = True
        try:
            [offset] = await self._log.append([message])
        except (LogUnavailable, MessageTooLarge, TopicMissing):
            attempt.in_doubt = False  # nothing was appended
            raise
        if offset < 0:  # the broker knew this batch from an earlier send and does not say where it is
            await self._replica.catch_up_partition(attempt.partition)
        else:
            await self._replica.wait_for({attempt.partition: offset + 1})

    def _message(self, attempt: "_Attempt", event: Any) -> tuple[Message, datetime]:
        order = attempt.order
        recorded, head = self._wall(), self._head(order)
        codec = void_codec(self._fold.service) if isinstance(event, RecordVoided) else self._fold.codec
        encoded = codec.encode(event)
        event_id = self._new_id()
        headers = write_headers(
            Attributes(
                id=event_id,
                source=self._source,
                type=encoded.type,
                subject=order.stream,
                time=order.occurred_at,
                recorded_time=recorded,
                sequence=head.sequence + 1,
                previous=head.digest,
                dataschema=encoded.dataschema,
                command_id=attempt.command_id,
                command_digest=order.command_digest,
                correlation_id=order.correlation_id or event_id,
                causation_id=order.causation_id,
                hops=order.hops,
                auth_id=order.auth.id,
                auth_type=order.auth.type,
                traceparent=order.traceparent,
            )
        )
        return Message(self._topic, order.stream.encode(), encoded.value, headers), recorded

    def _head(self, order: Order) -> Head:
        stream = self._replica.stream(order.stream)
        return stream.head_at if stream else START


@dataclass(slots=True)
class _Attempt:
    order: Order
    command_id: str
    partition: Partition
    append_until: datetime
    fresh: bool = False
    in_doubt: bool = False
