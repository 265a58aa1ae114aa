"""What is a service made of, and what does it have while it runs?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import APIRouter
from tenure_decider import Decider
from tenure_eventlog import EventLog, Partition, TopicSpec
from tenure_journal import Clock, Reaction, Reactor, Replica, Timer, TopicFold, Writer

from tenure_service.access import AccessLog
from tenure_service.limits import Rates
from tenure_service.metrics import Metrics
from tenure_service.problems import Problem
from tenure_service.settings import ServiceSettings
from tenure_service.tokens import Authenticator
from tenure_service.vector import VectorText

if TYPE_CHECKING:
    from tenure_service.fast import StreamRead

Held = TypeVar("Held")
MOST_NAMED = 20


def _no_trouble() -> str | None:
    return None


def _no_positions() -> Mapping[Partition, int]:
    return {}


async def _no_wait(offsets: Mapping[Partition, int]) -> None:
    return None


def _no_family(replica: Replica, stream: str, command: Any) -> str | None:
    return None


async def _settled(now: datetime) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic beside the lifecycle ones, and what the service does there. `holds`: its JSON records; None: text."""

    spec: TopicSpec
    holds: type | None
    sends: bool = field(default=False, kw_only=True)
    receives: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something that a service runs beside its replica: a store, a processor, a follower, a publisher.

    `wait_for` returns when its own partitions are passed; `settle` does what is due, True where nothing was.
    """

    name: str
    holds: object
    trouble: Callable[[], str | None] = _no_trouble
    positions: Callable[[], Mapping[Partition, int]] = _no_positions
    wait_for: Callable[[Mapping[Partition, int]], Awaitable[None]] = _no_wait
    settle: Callable[[datetime], Awaitable[bool]] = _settled


@asynccontextmanager
async def no_parts(runtime: Runtime) -> AsyncIterator[Sequence[Part]]:
    """For a service that needs none."""
    yield ()


@dataclass(frozen=True, kw_only=True)
class ServiceDefinition:
    """All that tells one service from another; the kernel does the rest.

    `fold` is of its own topic; None: it writes no events, and decides nothing that others would lean on.
    `family_of`: the model family that a command on a stream concerns, as far as was read; None where it is not known,
    and then a principal that is limited to families may not give it.
    """

    name: str
    prefix: str
    title: str
    fold: TopicFold | None
    deciders: Mapping[str, Decider[Any, Any, Any]]
    router: APIRouter
    reads: Sequence[StreamRead] = ()
    foreign: Sequence[TopicFold] = ()
    channels: Sequence[Channel] = ()
    reactions: Callable[[Runtime], Sequence[Reaction]] = lambda runtime: ()
    timers: Callable[[Runtime], Sequence[Timer]] = lambda runtime: ()
    family_of: Callable[[Replica, str, Any], str | None] = _no_family
    parts: Callable[[Runtime], AbstractAsyncContextManager[Sequence[Part]]] = no_parts
    large_bodies: Sequence[str] = ()

    @property
    def folds(self) -> Sequence[TopicFold]:
        """All topics that its replica reads, its own first."""
        return (self.fold, *self.foreign) if self.fold else self.foreign


@dataclass(kw_only=True)
class Runtime:
    """A running service. `parts` are there once it has `started`; till then `waits_for` says what for.

    `writer` and `reactor` are None of a service that writes no events.
    """

    definition: ServiceDefinition
    settings: ServiceSettings
    event_log: EventLog
    clock: Clock
    authenticator: Authenticator
    access: AccessLog
    metrics: Metrics
    rates: Rates
    replica: Replica
    writer: Writer | None
    parts: Sequence[Part] = ()
    reactor: Reactor | None = None
    clock_trouble: str | None = None
    started: bool = False
    waits_for: str | None = None
    vector: VectorText = field(default_factory=VectorText)
    stopping: bool = field(default=False)

    def part(self, kind: type[Held]) -> Held:
        """What the part of this kind holds. Raises LookupError."""
        for part in self.parts:
            if isinstance(part.holds, kind):
                return part.holds
        raise LookupError(f"{self.definition.name} runs no {kind.__name__}")

    def reasons(self) -> list[str]:
        """Why it is not ready; empty when it is."""
        found = ["stopping"] if self.stopping else []
        found += [f"replica: {why}" for why in (self.replica.alarm, self.replica.trouble) if why]
        found += [f"{part.name}: {why}" for part in self.parts if (why := part.trouble())]
        if self.clock_trouble:
            found.append(self.clock_trouble)
        if not self.started:
            found.append(f"starting: {self.waits_for}" if self.waits_for else "starting")
        elif self.reactor and self.reactor.alarm:
            found.append(str(self.reactor.alarm))
        return found

    def demand_started(self) -> None:
        """Raises Problem 503 before all is read that was on the log: nothing true can be said of it till then."""
        if not self.started:
            raise Problem(503, "starting", "; ".join(self.reasons()))

    def degraded(self) -> list[str]:
        """What does not work, beside which everything else does: nothing is decided on a parked stream."""
        found = [why] if (why := self.authenticator.trouble()) else []
        return found + [f"{name} is parked: {why}" for name, why in list(self.replica.parked().items())[:MOST_NAMED]]

    def writing(self) -> Writer:
        """Raises LookupError of a service that writes no events."""
        if self.writer is None:
            raise LookupError(f"{self.definition.name} writes no events")
        return self.writer

    def positions(self) -> dict[Partition, int]:
        """The next offset of every partition that the replica and the parts read; the lowest where two do."""
        found = dict(self.replica.positions)
        for part in self.parts:
            for partition, offset in part.positions().items():
                found[partition] = min(offset, found.get(partition, offset))
        return found

    async def wait_for(self, offsets: Mapping[Partition, int], timeout_seconds: float) -> None:
        """Returns when the replica and all parts have passed `offsets`. Raises TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            await self.replica.wait_for(offsets)
            for part in self.parts:
                await part.wait_for(offsets)

    async def settle(self) -> bool:
        """Does what is due now, everywhere; True where nothing was."""
        before = self.replica.accepted
        quiet = all([await part.settle(self.clock.now()) for part in self.parts])
        if self.reactor:
            await self.reactor.settle()
        return quiet and self.replica.accepted == before
