"""The registry's reactions over a log in memory, with a clock that only the test moves."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from tenure_codec.binding import EventCodec
from tenure_context_sync.events import ContextBound, Sla, SubjectErased
from tenure_context_sync.names import ContextName, SnapshotName, SourceName, SubjectId
from tenure_context_sync.names import ModelName as BoundModel
from tenure_context_sync.names import ModelVersion as BoundVersion
from tenure_context_sync.names import PrincipalId as Binder
from tenure_context_sync.upcasters import UPCASTERS as CONTEXT_UPCASTERS
from tenure_decider import Decider
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ALL_TOPICS, CONTEXT_EVENTS
from tenure_journal import Auth, Kind, Order, Reactor, Replica, SteppedClock, TopicFold, Writer
from tenure_monitor.app import definition as monitor
from tenure_monitor.callers.decider import CallerCommand, MissConsumer, Place, SeeConsumer
from tenure_monitor.names import CallerName
from tenure_monitor.names import ModelName as SeenModel
from tenure_monitor.names import ModelVersion as SeenVersion
from tenure_registry.app import definition
from tenure_registry.callers import CALLERS
from tenure_registry.foreign import BINDING, SUBJECT
from tenure_registry.obligation.reaction import OpenObligations
from tenure_registry.reactions import Calendar, NotifyConsumers, WatchGates
from tenure_registry.streams import MODEL, model_stream

from tests.unit.registry.story import DELAYS, NOON

DELAYS_STREAM = model_stream(DELAYS)
AS_IT_IS: Decider[Any, Any, Any] = Decider(None, lambda _, event: event, lambda _, event: None)


@dataclass
class Watch:
    """One replica of the registry, its writer and its reactions; `looks` counts what the calendar looked at."""

    log: MemoryLog
    clock: SteppedClock
    ids: Any
    looks: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        service = definition()
        self.replica = Replica(self.log, [service.fold, *service.foreign])
        self.writer = self._writer(self.replica, service.fold, service.deciders)
        gates = WatchGates(lambda: self.replica.streams(MODEL))
        self.calendar = Calendar(Counted(gates, self.looks))
        reactions = [gates, NotifyConsumers(), OpenObligations(self.replica.streams)]
        self.reactor = Reactor(self.replica, self.writer, reactions, [self.calendar.timer()], self.clock, "registry")

    async def start(self) -> None:
        await self.replica.start()
        self.replica.subscribe(self.calendar.note)
        self.calendar.note(self.replica.names())
        await self.reactor.start()

    async def stop(self) -> None:
        await self.reactor.stop()
        await self.replica.stop()

    async def do(self, *commands: Any, stream: str = DELAYS_STREAM) -> None:
        for command in commands:
            await self.writer.execute(self._order(command, stream))

    async def bind(self, context: str, revision: int) -> None:
        """As context-sync would."""
        event = ContextBound(
            model=BoundModel(DELAYS),
            model_version=BoundVersion("1"),
            context=ContextName(context),
            revision=revision,
            source=SourceName("noaa"),
            sla=Sla(max_age_seconds=60, lane="streaming", on_breach="alert"),
            bound_by=Binder("p-binder"),
            bound_at=NOON,
        )
        await self._told(event, BINDING, DELAYS)

    async def erase(self, subject: str, *snapshots: str) -> None:
        """As context-sync would say it."""
        held = tuple(SnapshotName(name) for name in snapshots)
        event = SubjectErased(subject=SubjectId(subject), keys=1, rows=1, snapshots=held, erased_at=NOON)
        await self._told(event, SUBJECT, subject)

    async def _told(self, event: Any, kind: str, name: str) -> None:
        codec = EventCodec("context", type(event), upcasters=CONTEXT_UPCASTERS)
        fold = TopicFold(CONTEXT_EVENTS, "context", codec, (Kind.of_decider(kind, AS_IT_IS),))
        replica = Replica(self.log, [fold])
        await replica.start()
        await self._writer(replica, fold, {kind: AS_IT_IS}).execute(self._order(event, f"{kind}/{name}"))
        await replica.stop()

    async def see(self, consumer: str, version: str = "1") -> None:
        """As monitor would, which reads telemetry."""
        place = Place(SeenVersion(version), CallerName(consumer))
        now = self.clock.now()
        await self._as_monitor(SeeConsumer(model=SeenModel(DELAYS), place=place, seen_at=now, counted=1, now=now))

    async def miss(self, consumer: str, version: str = "1") -> None:
        """Likewise: nothing of it was heard for two days."""
        place = Place(SeenVersion(version), CallerName(consumer))
        now, last = self.clock.now(), self.clock.now() - timedelta(days=2)
        missed = MissConsumer(model=SeenModel(DELAYS), place=place, last_seen_at=last, counted=1, now=now)
        await self._as_monitor(missed)

    async def _as_monitor(self, command: CallerCommand) -> None:
        fold = monitor().fold
        replica = Replica(self.log, [fold])
        await replica.start()
        await self._writer(replica, fold, monitor().deciders).execute(self._order(command, f"{CALLERS}/{DELAYS}"))
        await replica.stop()

    async def happened(self, stream: str = DELAYS_STREAM) -> list[Any]:
        """All events of the stream, once nothing more is needed."""
        await self.reactor.settle()
        return [event for _, event in await self.replica.events(stream)]

    def _writer(self, replica: Replica, fold: TopicFold, deciders: Mapping[str, Decider[Any, Any, Any]]) -> Writer:
        return Writer(self.log, replica, fold, deciders, wall=lambda: NOON, new_id=lambda: f"event-{next(self.ids)}")

    def _order(self, command: Any, stream: str) -> Order:
        return Order(
            stream=stream,
            command=command,
            command_id=UUID(int=next(self.ids)),
            command_digest="0" * 64,
            auth=Auth("p-test", "user"),
            occurred_at=self.clock.now(),
        )


class Counted(WatchGates):
    """The gates, which say at how many models the calendar looked."""

    def __init__(self, gates: WatchGates, looks: Counter[str]) -> None:
        self._gates, self._looks = gates, looks

    def affected(self, changed: str) -> Any:
        return self._gates.affected(changed)

    def needed(self, view: Replica, stream: Any, now: datetime) -> Any:
        self._looks[stream.name] += 1
        return self._gates.needed(view, stream, now)


@dataclass
class Bench:
    """What the replicas of a test share. The clock of rules is `clock`; the log's stands still."""

    log: MemoryLog = field(default_factory=lambda: MemoryLog(lambda: int(NOON.timestamp() * 1_000)))
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOON))
    ids: Any = field(default_factory=lambda: count(1))
    watches: list[Watch] = field(default_factory=list)

    async def open(self) -> Watch:
        watch = Watch(self.log, self.clock, self.ids)
        self.watches.append(watch)
        await watch.start()
        return watch

    def move_days(self, days: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(days=days))


@asynccontextmanager
async def opened_bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.log.create_topics(ALL_TOPICS)
    yield bench
    for watch in bench.watches:
        await watch.stop()
