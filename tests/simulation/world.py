"""Three processes of one service on a bad network, clients that never give up, and what they were told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from tenure_decider import Rejected
from tenure_eventlog import LogUnavailable, OutcomeUnknown
from tenure_eventlog.topics import PROBE
from tenure_journal import (
    Auth,
    JournalError,
    NotReady,
    Order,
    RaceLost,
    Reactor,
    Receipt,
    Replica,
    SequenceMismatch,
    StillInDoubt,
    StreamParked,
    VoidRecord,
    Writer,
    clock_ahead_us,
)

from tests.simulation.broker import EPOCH_MS, Broker, Connection
from tests.simulation.lockroom import (
    DECIDER,
    KIND,
    SERVICE,
    SPEC,
    Acquire,
    Acquired,
    Break,
    Broken,
    Note,
    Noted,
    Release,
    Released,
    Seize,
    fold_of,
)
from tests.simulation.loop import Owner, SimulatedLoop
from tests.simulation.oracle import Chain, Truth
from tests.simulation.routines import TIMER, SimulatedClock, Witness
from tests.simulation.stranger import FORGERIES

PROCESSES = 3
COMMANDS = 18
STORM_SECONDS = (40.0, 40.0, 160.0)
CALM_SECONDS = 400.0
SETTLING_SECONDS = 60.0
PATIENCE_SECONDS = 35.0
OLD_BUILD = fold_of(Acquired, Released, Noted, Broken)
NEW_BUILD = fold_of()


@dataclass(frozen=True)
class Parts:
    """What a process is made of; a mutant replaces one."""

    replica: Callable[..., Replica] = Replica
    writer: Callable[..., Writer] = Writer
    reactor: Callable[..., Reactor] = Reactor


class Process(Owner):
    """One life of a process: what it folded dies with it."""

    def __init__(self, number: int, build: Any, skew: timedelta) -> None:
        super().__init__()
        self.number, self.build, self.skew = number, build, skew
        self.replica: Replica | None = None
        self.writer: Writer | None = None
        self.reactor: Reactor | None = None
        self.dead = False
        self.serves = asyncio.Event()


@dataclass(frozen=True)
class Answer:
    """What a client was told in the end, about its last request, which was under way from `since` to `until`."""

    order: Order
    told: Receipt | Rejected | JournalError
    since: float
    until: float


@dataclass
class World:
    loop: SimulatedLoop
    random: Random
    parts: Parts
    broker: Broker = field(init=False)
    processes: list[Process] = field(default_factory=list)
    answers: dict[int, list[Answer]] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    orders: dict[int, Order] = field(default_factory=dict)
    events: int = 0
    storm_seconds: float = 0

    def __post_init__(self) -> None:
        self.broker = Broker(self.loop, self.random)

    async def live(self) -> None:
        """A storm, then calm; it ends when every client has its answer, or says who has none."""
        await self.broker.log.create_topics([SPEC, PROBE])
        old, self.storm_seconds = self.random.random() < 0.4, self.random.choice(STORM_SECONDS)
        for number in range(PROCESSES):
            self.processes.append(self._boot(number, OLD_BUILD if old and number == 0 else NEW_BUILD))
        clients = [self.loop.spawn(None, self._clients(number)) for number in range(COMMANDS)]
        storms = [self.loop.spawn(None, self._storm(number)) for number in range(PROCESSES)]
        admin = self.loop.spawn(None, self._admin())
        stranger = self.loop.spawn(None, self._stranger())
        await asyncio.sleep(self.storm_seconds)
        for trouble in (*storms, stranger):
            trouble.cancel()
        self._heal()
        _, waiting = await asyncio.wait(clients, timeout=CALM_SECONDS)
        self.surprises += [f"a client has no answer: {task}" for task in waiting]
        for task in clients:
            if task.done():
                task.result()
        await asyncio.sleep(SETTLING_SECONDS)
        admin.cancel()
        await self._catch_up()

    def wall(self, process: Process) -> datetime:
        return datetime.fromtimestamp(EPOCH_MS / 1_000, UTC) + timedelta(seconds=self.loop.time()) + process.skew

    def _boot(self, number: int, build: Any) -> Process:
        off = self.random.random() < 0.1 and not self.broker.healed
        seconds = self.random.choice((-60, -20, 7, 40)) if off else self.random.uniform(-2, 2)
        process = Process(number, build, timedelta(seconds=seconds))
        self.loop.spawn(process, self._serve(process)).add_done_callback(self._watch)
        return process

    def _watch(self, serving: "asyncio.Task[None]") -> None:
        if not serving.cancelled() and serving.exception():
            self.surprises.append(f"a process could not start: {serving.exception()!r}")

    async def _serve(self, process: Process) -> None:
        connection: Any = Connection(self.broker)
        replica = self.parts.replica(connection, [process.build])
        writer = self.parts.writer(
            connection,
            replica,
            process.build,
            {KIND: DECIDER},
            wall=lambda: self.wall(process),
            new_id=lambda: self._next_id(process),
        )
        while True:
            try:
                await replica.start()
                if self.random.random() < 0.5:
                    writer.clock_ahead_us = await clock_ahead_us(connection, lambda: self.wall(process))
                break
            except (LogUnavailable, OutcomeUnknown):
                await asyncio.sleep(1)
        process.replica, process.writer = replica, writer
        clock = SimulatedClock(lambda: self.wall(process))
        process.reactor = self.parts.reactor(replica, writer, [Witness()], [TIMER], clock, SERVICE)
        await process.reactor.start()
        process.serves.set()

    def _next_id(self, process: Process) -> str:
        self.events += 1
        return f"event-{process.number}-{self.events}"

    async def _storm(self, number: int) -> None:
        """Pauses and kills one process, and takes the broker down, at random."""
        while True:
            await asyncio.sleep(self.random.expovariate(5 / self.storm_seconds))
            process = self.processes[number]
            match self.random.choice(("pause", "pause", "kill", "broker")):
                case "pause":
                    process.stopped = True
                    await asyncio.sleep(self.random.choice((0.05, 1, 5, 20, 45, 120)) * self.random.random())
                    self.loop.resume(process)
                case "kill":
                    process.stopped = process.dead = True
                    await asyncio.sleep(self.random.uniform(0.1, 5))
                    self.processes[number] = self._boot(number, process.build)
                case _:
                    self.broker.down = True
                    await asyncio.sleep(self.random.uniform(0, 2))
                    self.broker.down = False

    def _heal(self) -> None:
        self.broker.healed, self.broker.down = True, False
        for number, process in enumerate(self.processes):
            if process.dead or process.build is OLD_BUILD or abs(process.skew) > timedelta(seconds=5):
                process.stopped = process.dead = True
                self.processes[number] = self._boot(number, NEW_BUILD)
            elif process.stopped:
                self.loop.resume(process)

    async def _clients(self, number: int) -> None:
        await asyncio.sleep(self.random.uniform(0, self.storm_seconds * 0.9))
        order = self._order(number)
        self.orders[number] = order
        twice = self.random.random() < 0.15
        await asyncio.gather(*(self._client(number, order) for _ in range(1 + twice)))

    def _order(self, number: int) -> Order:
        who, dice = f"worker-{self.random.randrange(3)}", self.random.random()
        command: Any = Note(f"note-{number}")
        if dice < 0.3:
            command = Acquire(who)
        elif dice < 0.55:
            command = Release(who)
        elif dice < 0.63:
            command = Seize(who)
        elif dice < 0.65:
            command = Break(f"break-{number}")
        # Now and then a key that another client uses on another stream: keys are the client's own.
        key = number - 1 if number % 5 == 4 else number
        stream = f"{KIND}/other" if number % 5 == 4 else f"{KIND}/{self.random.randrange(2)}"
        return Order(
            stream=stream,
            command=command,
            command_id=UUID(int=key),
            command_digest=f"{number:064x}",
            auth=Auth(who, "user"),
            occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
            if_match=self.random.randrange(3) if self.random.random() < 0.05 else None,
        )

    async def _client(self, number: int, order: Order) -> None:
        """Asks until it is told something final; says when it last asked without being answered."""
        unanswered: float | None = None
        while True:
            since = self.loop.time()
            told = await self._ask(self._told(order, unanswered))
            if isinstance(told, Receipt | Rejected | SequenceMismatch):
                self.answers.setdefault(number, []).append(Answer(order, told, since, self.loop.time()))
                return
            if told is None or (isinstance(told, OutcomeUnknown) and not isinstance(told, StillInDoubt)):
                unanswered = since
            elif not isinstance(told, StillInDoubt | LogUnavailable | RaceLost | NotReady | StreamParked):
                self.surprises.append(f"{order.command} was answered with {told!r}")
                return
            await asyncio.sleep(self.random.uniform(0.1, 6))

    def _told(self, order: Order, unanswered: float | None) -> Order:
        now = datetime.fromtimestamp(EPOCH_MS / 1_000, UTC) + timedelta(seconds=self.loop.time())
        ago = None if unanswered is None else self.loop.time() - unanswered
        return replace(order, sent_at=now, unanswered_seconds=ago)

    async def _ask(self, order: Order) -> Any:
        """One request to some process; None where no answer came. The request may go on after the client hung up."""
        process = self.random.choice(self.processes)
        if process.dead or process.writer is None:
            return NOT_SENT
        answer: asyncio.Future[Any] = self.loop.create_future()
        request = self.loop.spawn(process, _request(process.writer, order, answer))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS if self.random.random() < 0.9 else self.random.uniform(0, 5)):
                return await answer
        except TimeoutError:
            if self.random.random() < 0.5:
                request.cancel()
            return None

    async def _stranger(self) -> None:
        """Now and then puts a record on the log that only one part of the accept rule keeps out."""
        while True:
            await asyncio.sleep(self.random.expovariate(1 / 15))
            stream = f"{KIND}/{self.random.randrange(2)}"
            chain = Truth(self.broker.landed).chains.get(stream, Chain())
            now = datetime.fromtimestamp(self.broker.now_ms() / 1_000, UTC)
            self.broker.land(self.random.choice(FORGERIES)(stream, *chain.head, now))

    async def _admin(self) -> None:
        """Voids what no build can fold, as soon as it is seen."""
        number = 1_000
        while True:
            await asyncio.sleep(self.random.uniform(2, 6))
            process = self.random.choice(self.processes)
            if process.writer is None or process.replica is None or process.build is OLD_BUILD:
                continue
            for name in process.replica.parked():
                number += 1
                if order := self._void(process.replica, name, number):
                    self.orders[number] = order
                    await self._client(number, order)

    def _void(self, replica: Replica, name: str, number: int) -> Order | None:
        """The order to void the first broken event that this replica has accepted and not seen voided."""
        stream, chain = replica.stream(name), Truth(self.broker.landed).chains[name]
        for fact in chain.facts[: stream.sequence if stream else 0]:
            if isinstance(fact.event, Broken) and stream and (fact.sequence, fact.digest) not in stream.voided:
                return self._void_order(name, fact.sequence, fact.digest, number)
        return None

    def _void_order(self, name: str, sequence: int, digest: str, number: int) -> Order:
        now = datetime(2026, 3, 1, tzinfo=UTC)
        command = VoidRecord(sequence=sequence, digest=digest, reason="poison", principal="admin", now=now)
        return Order(
            stream=name,
            command=command,
            command_id=UUID(int=number),
            command_digest=f"{number:064x}",
            auth=Auth("admin", "user"),
            occurred_at=now,
        )

    async def _catch_up(self) -> None:
        for process in self.processes:
            if process.reactor:
                self.loop.spawn(process, process.reactor.stop())
        await asyncio.sleep(90)  # what is still under way lands within a minute
        for process in self.processes:
            try:
                async with asyncio.timeout(60):
                    await process.serves.wait()
                    await process.replica.catch_up()  # type: ignore[union-attr]  # it serves
            except Exception as trouble:  # noqa: BLE001 - whatever it is, it is reported
                self.surprises.append(f"process {process.number} can't catch up: {trouble!r}")


NOT_SENT = LogUnavailable("no process there")


async def _request(writer: Writer, order: Order, answer: "asyncio.Future[Any]") -> None:
    told: Any
    try:
        told = await writer.execute(order)
    except (Rejected, JournalError, LogUnavailable, OutcomeUnknown) as no:
        told = no
    except Exception as bug:  # noqa: BLE001 - the client reports it as a surprise
        told = bug
    if not answer.done():
        answer.set_result(told)
