"""Does every past state say what a list of facts, searched by brute force, says?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from tenure_eventlog import Partition, partition_of
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import REGISTRY_EVENTS
from tenure_journal import Auth, Order, Replica, Writer
from tenure_registry.app import DECIDERS, definition
from tenure_registry.model.commands import MoveAlias
from tenure_registry.model.state import Model
from tenure_registry.names import ModelVersion
from tenure_service import Moment

from tests.unit.registry.story import AUTHOR, create, register

STREAM = "registry/model/delay-predictor"
PARTITION = Partition(REGISTRY_EVENTS.name, partition_of(STREAM.encode(), REGISTRY_EVENTS.partitions))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
VERSIONS = [ModelVersion(name) for name in ("1", "2", "3")]
MINUTES = st.integers(-10, 10)

Ask = tuple[int, int]  # as_of and effective_at, in minutes after noon


@dataclass(frozen=True)
class Fact:
    """What was accepted: of a version, that it is there, or that the alias points to it. Instants."""

    recorded_at: datetime
    time: datetime
    version: ModelVersion
    pointed: bool


@dataclass(frozen=True)
class Step:
    """Some seconds pass, backwards too; then a fact is told that happened some minutes off noon."""

    seconds: int
    happened: int
    version: ModelVersion
    points: bool


steps = st.lists(
    st.builds(Step, st.sampled_from([-4, 0, 1, 60, 180]), MINUTES, st.sampled_from(VERSIONS), st.booleans()),
    min_size=1,
    max_size=12,
)
asks = st.lists(st.tuples(st.integers(-1, 25), MINUTES), min_size=1, max_size=4)


def minutes(after_noon: int) -> datetime:
    return NOON + timedelta(minutes=after_noon)


def truth(facts: list[Fact], as_of: datetime | None, effective_at: datetime) -> tuple[set[ModelVersion], object]:
    """Which versions there were and where the alias pointed; by search, not by folding."""
    known = [f for f in facts if (as_of is None or f.recorded_at <= as_of) and f.time <= effective_at]
    there = {fact.version: at for at, fact in reversed(list(enumerate(known))) if not fact.pointed}
    points = [f.version for at, f in enumerate(known) if f.pointed and there.get(f.version, len(known)) < at]
    return set(there), points[-1] if points else None


class Told:
    """A log whose clock only the test moves, one process that writes, and all that it wrote."""

    def __init__(self) -> None:
        self.now, self.numbers = NOON, count(1)
        self.log = MemoryLog(lambda: int(self.now.timestamp() * 1_000))
        self.facts: list[Fact] = []
        own = definition().fold
        self.replica = Replica(self.log, [own])
        self.writer = Writer(self.log, self.replica, own, DECIDERS, wall=lambda: self.now)

    async def start(self) -> None:
        await self.log.create_topics([REGISTRY_EVENTS])
        await self.replica.start()
        await self.tell(create, NOON - timedelta(days=1))

    async def tell(self, command: object, time: datetime) -> int:
        """The sequence that it got; the one that it had where it changed nothing."""
        number = next(self.numbers)
        auth = Auth("p-author", "user")
        order = Order(
            stream=STREAM,
            command=command,
            command_id=UUID(int=number),
            command_digest=str(number),
            auth=auth,
            occurred_at=time,
        )
        return (await self.writer.execute(order)).sequence

    async def take(self, step: Step) -> None:
        self.now += timedelta(seconds=step.seconds)
        recorded_at = max(self.now, self.facts[-1].recorded_at) if self.facts else max(self.now, NOON)
        for pointed in (False, True) if step.points else (False,):
            command = (
                MoveAlias(alias="champion", model_version=step.version, principal=AUTHOR, now=NOON)
                if pointed
                else replace(register, model_version=step.version)
            )
            before = self.replica.accepted
            # The version is told of as of its day, what points to it as of another: out of order.
            time = minutes(-step.happened if pointed else step.happened)
            await self.tell(command, time)
            if self.replica.accepted > before:
                self.facts.append(Fact(recorded_at, time, step.version, pointed))

    async def answer(self, as_of: datetime | None, effective_at: datetime) -> tuple[set[ModelVersion], object]:
        model: Model = await Moment(self.replica, as_of, effective_at).state(STREAM)
        return set(model.versions), model.aliases.get("champion")


@settings(deadline=None, max_examples=120)
@given(steps=steps, asks=asks)
def test_every_past_state_is_what_its_facts_say_and_a_settled_one_stays(steps: list[Step], asks: list[Ask]) -> None:
    """Asked between any two facts, late and out of order as they come, and again after all of them."""
    asyncio.run(play(steps, asks))


async def play(steps: list[Step], asks: list[Ask]) -> None:
    told = Told()
    await told.start()
    settled = dict[Ask, object]()
    for step in steps:
        await told.take(step)
        for ask in asks:
            as_of, effective_at = map(minutes, ask)
            given = await told.answer(as_of, effective_at)
            assert given == truth(told.facts, as_of, effective_at)
            if told.now - as_of > timedelta(seconds=35):
                assert settled.setdefault(ask, given) == given
    for _, effective in asks:
        assert await told.answer(None, minutes(effective)) == truth(told.facts, None, minutes(effective))
    await told.replica.stop()


@settings(deadline=None, max_examples=60)
@given(steps=steps, cut=st.integers(0, 30), effective=MINUTES)
def test_an_offset_vector_gives_what_was_recorded_before_it(steps: list[Step], cut: int, effective: int) -> None:
    asyncio.run(play_to_offset(steps, cut, effective))


async def play_to_offset(steps: list[Step], cut: int, effective: int) -> None:
    told = Told()
    await told.start()
    for step in steps:
        await told.take(step)
    offset = min(cut, len(told.facts) + 1)
    model: Model = await Moment(told.replica, {PARTITION: offset}, minutes(effective)).state(STREAM)
    versions, alias = truth(told.facts[: max(offset - 1, 0)], None, minutes(effective))
    if offset == 0:
        assert model == Model()
    else:
        assert (set(model.versions), model.aliases.get("champion")) == (versions, alias)
    await told.replica.stop()
