"""Each rule of DESIGN 3 broken once: what the journal would be without it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid5

import pytest
from tenure_eventlog import EventLog, Message, Record
from tenure_journal import (
    Head,
    Order,
    RaceLost,
    Reactor,
    Realm,
    Receipt,
    Replica,
    StreamParked,
    Verdict,
    Writer,
    chain,
)
from tenure_journal import replica as replica_module
from tenure_journal.reactor import Task

from tests.simulation.world import Parts

Mutation = Callable[[pytest.MonkeyPatch], Parts]


def accepting(*verdicts: str) -> Mutation:
    """A reader without these tests of the accept rule."""

    def mutate(patch: pytest.MonkeyPatch) -> Parts:
        def lenient(realm: Realm, record: Record, link: Any, head: Head) -> Verdict:
            verdict = chain.judge(realm, record, link, head)
            return "accepted" if verdict in verdicts else verdict

        patch.setattr(replica_module, "judge", lenient)
        return Parts()

    return mutate


def writing_with(writer: Callable[..., Writer]) -> Mutation:
    return lambda patch: Parts(writer=writer)


class WonMeansHead(Writer):
    """Won = the head is my event, and a lost race is simply run again."""

    async def _tries(self, attempt: Any) -> Receipt:
        order = attempt.order
        if receipt := await self._known(order):
            return receipt
        for _ in range(5):
            event = await self._decided(attempt)
            if isinstance(event, Receipt):
                return event
            await self._append(attempt, event)
            attempt.in_doubt = False
            stream = self._replica.stream(order.stream)
            if stream and stream.head and self._is_mine(stream, stream.sequence, order):
                return self._receipt(order, await self._replica.accepted_at(stream, stream.sequence))
        raise RaceLost(order.stream, 5, self._head(order))

    def _is_mine(self, stream: Any, sequence: int, order: Order) -> bool:
        return stream.ids.get(str(order.command_id)) == sequence


class NoRecheck(WonMeansHead):
    """Won = the record where I put mine is my own; after a lost race the index is not asked again."""

    async def _known(self, order: Order) -> Receipt | None:
        return None if order.stream in self._trying else await super()._known(order)

    async def _tries(self, attempt: Any) -> Receipt:
        order = attempt.order
        if receipt := await self._known(order):
            return receipt
        self._trying.add(order.stream)
        try:
            return await self._tries_blindly(attempt)
        finally:
            self._trying.discard(order.stream)

    async def _tries_blindly(self, attempt: Any) -> Receipt:
        order = attempt.order
        for _ in range(5):
            event = await self._decided(attempt)
            if isinstance(event, Receipt):
                return event
            before = self._replica.stream(order.stream)
            sequence = (before.sequence if before else 0) + 1
            await self._append(attempt, event)
            attempt.in_doubt = False
            stream = self._replica.stream(order.stream)
            if stream and stream.sequence >= sequence:
                there = await self._replica.accepted_at(stream, sequence)
                if there.event_id == self._last_id:
                    return self._receipt(order, there)
        raise RaceLost(order.stream, 5, self._head(order))

    def __init__(self, *parts: Any, new_id: Callable[[], str], **more: Any) -> None:
        def noting() -> str:
            self._last_id = new_id()
            return self._last_id

        self._trying: set[str] = set()
        super().__init__(*parts, new_id=noting, **more)


class NoFreshRead(Writer):
    """Refuses on whatever it has read so far."""

    async def _decided(self, attempt: Any) -> Any:
        attempt.fresh = True
        return await super()._decided(attempt)


class IdsOfAllStreams(Writer):
    """Ids not scoped to their stream."""

    async def _known(self, order: Order) -> Receipt | None:
        for name in self._replica.names():
            stream = self._replica.stream(name)
            if stream and str(order.command_id) in stream.ids:
                at = await self._replica.accepted_at(stream, stream.ids[str(order.command_id)])
                return self._receipt(order, at)
        return None


class DecidesOnParked(Writer):
    """Guesses where it can't read."""

    def _decide(self, order: Order) -> Any:
        try:
            return super()._decide(order)
        except StreamParked:
            stream = self._replica.stream(order.stream)
            assert stream
            return self._deciders["registry/room"].decide(stream.state, order.command)


class NoLimitToAppend(Writer):
    """Appends however old the request is."""

    async def _tries(self, attempt: Any) -> Receipt:
        attempt.append_until = datetime.max.replace(tzinfo=UTC)
        return await super()._tries(attempt)

    def _refuse_only_finally(self, order: Order) -> None:
        """Nor is it asked whether an earlier try may still land."""


class ProducersOffset(Writer):
    """The receipt has the offset that the producer reported."""

    def __init__(self, event_log: EventLog, *parts: Any, **more: Any) -> None:
        self._noting = _Noting(event_log)
        super().__init__(self._noting, *parts, **more)  # type: ignore[arg-type]  # appending is all a writer does

    def _receipt(self, order: Order, at: Any) -> Receipt:
        reported = self._noting.offsets.get(str(order.command_id).encode(), at.offset)
        return super()._receipt(order, at._replace(offset=reported))


class _Noting:
    def __init__(self, event_log: EventLog) -> None:
        self._log = event_log
        self.offsets: dict[bytes | None, int] = {}

    async def append(self, messages: Sequence[Message]) -> list[int]:
        offsets = await self._log.append(messages)
        self.offsets[dict(messages[0].headers)["ce_commandid"]] = offsets[0]
        return offsets


class FoldsTwice(Replica):
    """Folds whatever the log delivers, also a second time."""

    def _recognise(self, partition: Any, record: Record) -> None:
        super()._recognise(partition, record)
        self._fold(record)


class OwnIds(Reactor):
    """A reaction's command gets an id of its own in every replica."""

    def _order(self, task: Task, hops: int) -> Order:
        order = super()._order(task, hops)
        return replace(order, command_id=uuid5(order.command_id, str(next(_numbers))))


_numbers = count()


MUTANTS: dict[str, Mutation] = {
    "won means that the head is my event": writing_with(WonMeansHead),
    "the index is not asked after a lost race": writing_with(NoRecheck),
    "refusals without a fresh read": writing_with(NoFreshRead),
    "no deadline in the accept rule": accepting("untimely"),
    "no limit to appending, no doubt in refusing": writing_with(NoLimitToAppend),
    "forks accepted": accepting("fork"),
    "gaps accepted": accepting("gap"),
    "late records accepted": accepting("late"),
    "ids not scoped to the stream": writing_with(IdsOfAllStreams),
    "parked streams decided on": writing_with(DecidesOnParked),
    "the producer's offset in the receipt": writing_with(ProducersOffset),
    "a record delivered twice is folded twice": lambda patch: Parts(replica=FoldsTwice),
    "a reaction's ids not derived from its cause": lambda patch: Parts(reactor=OwnIds),
}
