"""How does a command become exactly one event, or a refusal that is true?

The loop of DESIGN 3. What is durable: nothing before `append` returns; then the record, accepted or orphan. A crash
anywhere in between leaves at most one record that a retry with the same command id finds in the stream's index.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tenure_codec.binding import EventCodec
from tenure_codec.envelope import Attributes, write_headers
from tenure_decider import Decider, Rejected
from tenure_eventlog import EventLog, Message, OutcomeUnknown, Partition, partition_of
from uuid_utils import uuid7

from tenure_journal.chain import CLOCK_AHEAD_US, DEADLINE_US, START, Head
from tenure_journal.errors import CommandIdReused, NotReady, RaceLost, SequenceMismatch, StreamParked
from tenure_journal.locks import Locks
from tenure_journal.replica import Replica, kind_name
from tenure_journal.stream import Accepted, TopicFold
from tenure_journal.void import RecordVoided, VoidRecord, voided

MAX_TRIES = 5
DEADLINE_SECONDS = DEADLINE_US / 1_000_000


@dataclass(frozen=True, slots=True)
class Auth:
    """Who acts: the stable id out of the token, never a name, and what it is (`user`, `service_account`, `system`)."""

    id: str
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A command on its way to a stream, with all that the envelope says besides the event itself."""

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
        self._voids = EventCodec(fold.service, RecordVoided)
        self._wall, self._new_id = wall, new_id
        self._locks = Locks()
        self._unknown_until: dict[UUID, float] = {}
        self.clock_ahead_us = 0

    async def execute(self, order: Order) -> Receipt:
        """The receipt of the event that the command became, now or at an earlier try.

        Raises: Rejected (fresh and final), SequenceMismatch, CommandIdReused, RaceLost, StreamParked, NotReady,
        LogUnavailable (nothing was appended), OutcomeUnknown (retry with the same command id).
        """
        attempt = _Attempt(order)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self._locks.of(order.stream):
                return await self._tries(attempt)
        except TimeoutError:
            if not attempt.appended:
                raise NotReady("the log did not answer within 30 s; nothing was appended") from None
            raise self._unknown(order, "the record was appended, but not read back within 30 s") from None
        except OutcomeUnknown as unknown:
            raise self._unknown(order, str(unknown)) from unknown

    def _unknown(self, order: Order, why: str) -> OutcomeUnknown:
        now = time.monotonic()
        self._unknown_until = {k: t for k, t in self._unknown_until.items() if t > now}
        self._unknown_until[order.command_id] = now + DEADLINE_SECONDS + CLOCK_AHEAD_US / 1_000_000
        return OutcomeUnknown(f"{why}; retry with the same Idempotency-Key")

    async def _tries(self, attempt: "_Attempt") -> Receipt:
        for _ in range(MAX_TRIES):
            receipt = await self._known(attempt.order) or await self._one_try(attempt)
            if receipt:
                return receipt
        if receipt := await self._known(attempt.order):
            return receipt
        raise RaceLost(attempt.order.stream, MAX_TRIES, self._head(attempt.order))

    async def _one_try(self, attempt: "_Attempt") -> Receipt | None:
        order = attempt.order
        event = await self._decided(attempt)
        if isinstance(event, Receipt):
            return event
        offset = await self._append(attempt, event)
        partition = self._partition(order)
        await self._replica.wait_for({partition: offset + 1})
        return await self._known(order)

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
            return self._already(order)
        await self._replica.catch_up_partition(self._partition(order))
        attempt.fresh = True
        return await self._known(order) or await self._decided(attempt)

    def _decide(self, order: Order) -> Any:
        stream = self._replica.stream(order.stream)
        head = stream.head_at if stream else START
        if order.if_match is not None and order.if_match != head.sequence:
            raise SequenceMismatch(order.stream, order.if_match, head)
        if isinstance(order.command, VoidRecord):
            return voided(order.command)
        if stream and stream.parked:
            raise StreamParked(order.stream, stream.parked)
        return self._deciders[kind_name(order.stream)].decide(self._replica.state(order.stream), order.command)

    def _refuse_only_finally(self, order: Order) -> None:
        """An earlier try of this command may still land: then a refusal would be a lie."""
        if self._unknown_until.get(order.command_id, 0) > time.monotonic():
            raise OutcomeUnknown("an earlier try of this command may still land")

    def _already(self, order: Order) -> Receipt:
        self._refuse_only_finally(order)
        stream = self._replica.stream(order.stream)
        partition = self._partition(order)
        if stream is None or stream.head is None:
            return Receipt("", order.stream, 0, START.digest, partition.topic, partition.number, -1, changed=False)
        head = stream.head
        return Receipt(head.event_id, stream.name, head.sequence, head.digest, *partition, head.offset, changed=False)

    async def _known(self, order: Order) -> Receipt | None:
        """The receipt of the event that this command became, if it did."""
        stream = self._replica.stream(order.stream)
        sequence = stream.ids.get(str(order.command_id)) if stream else None
        if stream is None or sequence is None:
            return None
        accepted = await self._replica.accepted_at(stream, sequence)
        if accepted.command_digest != order.command_digest:
            raise CommandIdReused(order.stream, sequence)
        return self._receipt(order, accepted)

    def _receipt(self, order: Order, at: Accepted) -> Receipt:
        return Receipt(at.event_id, order.stream, at.sequence, at.digest, self._fold.spec.name, at.partition, at.offset)

    async def _append(self, attempt: "_Attempt", event: Any) -> int:
        order, recorded = attempt.order, self._wall()
        head = self._head(order)
        codec = self._voids if isinstance(event, RecordVoided) else self._fold.codec
        encoded = codec.encode(event)
        event_id = self._new_id()
        headers = write_headers(
            Attributes(
                id=event_id,
                source=f"/tenure/{self._fold.service}",
                type=encoded.type,
                subject=order.stream,
                time=order.occurred_at,
                recorded_time=recorded,
                sequence=head.sequence + 1,
                previous=head.digest,
                dataschema=encoded.dataschema,
                command_id=str(order.command_id),
                command_digest=order.command_digest,
                correlation_id=order.correlation_id or event_id,
                causation_id=order.causation_id,
                hops=order.hops,
                auth_id=order.auth.id,
                auth_type=order.auth.type,
                traceparent=order.traceparent,
            )
        )
        attempt.appended = True
        message = Message(self._fold.spec.name, order.stream.encode(), encoded.value, headers)
        [offset] = await self._log.append([message])
        return offset

    def _head(self, order: Order) -> Head:
        stream = self._replica.stream(order.stream)
        return stream.head_at if stream else START

    def _partition(self, order: Order) -> Partition:
        spec = self._fold.spec
        return Partition(spec.name, partition_of(order.stream.encode(), spec.partitions))


@dataclass(slots=True)
class _Attempt:
    order: Order
    fresh: bool = False
    appended: bool = False
