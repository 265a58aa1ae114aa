"""What must be done now, because of what is so? Level-triggered: asked again until the effect is visible."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple, Protocol
from uuid import UUID, uuid5

import structlog
from tenure_decider import Rejected
from tenure_eventlog import LogUnavailable, OutcomeUnknown

from tenure_journal.clock import Clock
from tenure_journal.errors import JournalError, StreamParked
from tenure_journal.replica import Replica
from tenure_journal.stream import Stream
from tenure_journal.writer import Auth, Order, Writer

MAX_HOPS = 16
RETRY_SECONDS = 1.0
MAX_ROUNDS = 1_000
LOOKS_AT_ONCE = 50
REACTIONS = UUID("6f0c4f60-7d3c-5d0e-9a57-5f1f0b1c2d3e")

TROUBLE = (LogUnavailable, OutcomeUnknown, JournalError)

log = structlog.get_logger()


class Cause(Protocol):
    """The event that something is needed because of: a `Meta`, or what a state keeps of one."""

    @property
    def event_id(self) -> str: ...

    @property
    def correlation_id(self) -> str: ...

    @property
    def hops(self) -> int: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Needed:
    """A command that is needed now. `because` names what made it due and is part of the command's id.

    Two replicas that see the same need make the same id, so that the command takes effect once.
    """

    stream: str
    command: Any
    because: str
    cause: Cause | None = None


class Task(NamedTuple):
    """A need, by which rule, and when it arose: never before what it reacts to, however far behind this clock is."""

    name: str
    at: datetime
    needed: Needed


Due = Callable[[], list[Task]]


class Reaction(Protocol):
    """A pure rule from what is so, here and elsewhere, to the commands that are needed now."""

    name: str

    def affected(self, changed: str) -> Iterable[str]:
        """The own streams to look at when the stream `changed`, own or foreign, has moved."""
        ...

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        """The commands that this own stream needs now; none once their effect is visible."""
        ...


@dataclass(frozen=True, slots=True)
class Timer:
    """What is due at `now`? Asked at each tick of the service's clock."""

    name: str
    due: Callable[[Replica, datetime], Iterable[Needed]]


class Reactor:
    """Runs reactions and timers once the replica has caught up. Any number of replicas may."""

    def __init__(
        self,
        replica: Replica,
        writer: Writer,
        reactions: Sequence[Reaction],
        timers: Sequence[Timer],
        clock: Clock,
        service: str,
    ) -> None:
        self._replica, self._writer, self._clock = replica, writer, clock
        self._reactions, self._timers = reactions, timers
        self._auth = Auth(f"system:{service}", "system")
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._running = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self.alarm: str | None = None

    async def start(self) -> None:
        """Looks at everything once, then at what changes. The replica must have been started."""
        self._replica.subscribe(self._note)
        self._changed.update(self._replica.names())
        self._wake.set()
        self._tasks = [asyncio.create_task(self._react_on()), asyncio.create_task(self._tick_on())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def pending(self) -> int:
        """How many changed streams were not looked at yet; one more while a look is under way."""
        return len(self._changed) + self._running.locked()

    async def settle(self) -> None:
        """Runs timers and reactions until nothing is needed. Raises RuntimeError where that never happens."""
        for _ in range(MAX_ROUNDS):
            done = await self._look(self._due_now)
            await self._replica.catch_up()
            if not done and not self._changed:
                return
        raise RuntimeError(f"still something to do after {MAX_ROUNDS} rounds: two reactions undo each other")

    def _note(self, names: frozenset[str]) -> None:
        self._changed |= names
        self._wake.set()

    async def _react_on(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._until_done(_nothing_due)

    async def _tick_on(self) -> None:
        while True:
            seen = self._clock.now()
            await self._until_done(self._due_now)
            await self._clock.tick(seen)

    async def _until_done(self, due: Due) -> None:
        while True:
            try:
                await self._look(due)
                return
            except TROUBLE as trouble:
                log.warning("reaction_delayed", reason=str(trouble))
                await asyncio.sleep(RETRY_SECONDS)

    def _due_now(self) -> list[Task]:
        now = self._clock.now()
        return [
            Task(timer.name, now, needed)
            for timer in self._timers
            for needed in _readable(partial(timer.due, self._replica, now))
        ]

    async def _look(self, due: Due) -> int:
        """Carries out what is due and what the changed streams need; how many new events came of it.

        Each need gets its chance; then the first trouble is raised, and all of it is looked at again.
        """
        async with self._running:
            await self._replica.catch_up()
            changed, self._changed = self._changed, set()
            troubles: list[Exception] = []
            try:
                needs = due() + await self._reactions_to(changed)
                done = sum([await self._carry_out(task, troubles) for task in needs])
                if troubles:
                    raise troubles[0]
                return done
            except BaseException as end:
                self._changed |= changed  # seen again at the next look
                if isinstance(end, Exception) and not isinstance(end, TROUBLE):
                    self.alarm = f"{type(end).__name__}: {end}"
                    log.error("reactor_alarm", reason=self.alarm)
                raise

    async def _reactions_to(self, changed: Iterable[str]) -> list[Task]:
        now = max([self._clock.now(), *self._times_of(changed)])
        found, looks = list[Task](), count(1)
        for reaction in self._reactions:
            for name in sorted({own for moved in changed for own in reaction.affected(moved)}):
                if next(looks) % LOOKS_AT_ONCE == 0:
                    await asyncio.sleep(0)  # a policy concerns every model there is: requests get their turn
                stream = self._replica.stream(name)
                if stream and not stream.parked:
                    needs = _readable(partial(reaction.needed, self._replica, stream, now))
                    found += [Task(reaction.name, now, needed) for needed in needs]
        return found

    def _times_of(self, changed: Iterable[str]) -> Iterator[datetime]:
        """When the newest event of each stream happened, by another process's clock perhaps."""
        for name in changed:
            stream = self._replica.stream(name)
            if stream and stream.head and not stream.parked:
                yield stream.head.time

    async def _carry_out(self, task: Task, troubles: list[Exception]) -> int:
        name, _, needed = task
        hops = needed.cause.hops + 1 if needed.cause else 0
        if hops > MAX_HOPS:
            self.alarm = f"{name} on {needed.stream} stopped after {MAX_HOPS} hops: reactions run in a circle"
            log.error("reaction_circle", reaction=name, stream=needed.stream)
            return 0
        before = self._replica.stream(needed.stream)
        sequence = before.sequence if before else 0
        try:
            receipt = await self._writer.execute(self._order(task, hops))
        except Rejected as rejected:
            log.info("reaction_refused", reaction=name, stream=needed.stream, reason=str(rejected))
            return 0
        except TROUBLE as trouble:
            troubles.append(trouble)
            return 0
        return int(receipt.changed and receipt.sequence > sequence)

    def _order(self, task: Task, hops: int) -> Order:
        name, at, needed = task
        # A name-based id under the stream's own: the same need has the same id in every replica.
        identity = f"{name}\n{needed.because}"
        return Order(
            stream=needed.stream,
            command=needed.command,
            command_id=uuid5(uuid5(REACTIONS, needed.stream), identity),
            command_digest=sha256(identity.encode()).hexdigest(),
            auth=self._auth,
            occurred_at=at,
            correlation_id=needed.cause.correlation_id if needed.cause else None,
            causation_id=needed.cause.event_id if needed.cause else None,
            hops=hops,
        )


def _nothing_due() -> list[Task]:
    return []


def _readable(rule: Callable[[], Iterable[Needed]]) -> list[Needed]:
    """What the rule needs, or nothing where a stream that it leans on is parked: a void of the record changes that."""
    try:
        return list(rule())
    except StreamParked as parked:
        log.warning("reaction_parked", reason=str(parked))
        return []
