"""Is what is needed done once, by whichever replica, and again and again looked at until it is so?"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from tenure_journal import Needed, Reaction, Reactor, Replica, SteppedClock, Stream, Timer
from tenure_journal.reactor import LOOKS_AT_ONCE

from tests.simulation.lockroom import KIND, Acquire, Acquired, Note, Noted, Release, Released, Room, Seize
from tests.unit.journal.bench import ROOM, START, Bench, Journal, Proxy, is_refused

OTHER = f"{KIND}/other"
MANY = 1_000


@dataclass
class Rule:
    """A reaction on the stream that changed."""

    name: str
    rule: Callable[[Replica, Stream, datetime], Iterable[Needed]]

    def affected(self, changed: str) -> Iterable[str]:
        return [changed]

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        return self.rule(view, stream, now)


def open_the_door(view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
    """Whoever rings is let in by the porter, once for each ring."""
    assert stream.head
    if stream.state.notes[-1:] == ("ring",) and stream.state.holder is None:
        yield Needed(
            stream=stream.name, command=Acquire("porter"), because=f"ring {len(stream.state.notes)}", cause=stream.head
        )


class Reactors:
    """The reactors of a test, stopped at its end."""

    def __init__(self) -> None:
        self.made: list[Reactor] = []
        self.clock = SteppedClock(START)

    async def start(self, journal: Journal, *rules: Reaction, timers: Iterable[Timer] = ()) -> Reactor:
        reactor = Reactor(journal.replica, journal.writer, rules, tuple(timers), self.clock, "registry")
        self.made.append(reactor)
        await reactor.start()
        return reactor


@pytest.fixture
async def reactors() -> AsyncIterator[Reactors]:
    reactors = Reactors()
    yield reactors
    for reactor in reactors.made:
        await reactor.stop()


async def until(journal: Journal, is_so: Callable[[], bool]) -> None:
    """Waits for the next change of the journal's replica until it is so."""
    changed = asyncio.Event()
    journal.replica.subscribe(lambda names: changed.set())
    async with asyncio.timeout(20):
        while not is_so():
            await changed.wait()
            changed.clear()


async def test_a_need_is_met_once_by_two_replicas(bench: Bench, reactors: Reactors) -> None:
    one, two = await bench.open(), await bench.open()
    for journal in (one, two):
        await reactors.start(journal, Rule("porter", open_the_door))
    await one.do(Note("ring"), 1)
    await until(two, lambda: two.replica.state(ROOM) == Room("porter", ("ring",)))
    for reactor in reactors.made:
        await reactor.settle()
    assert [meta.sequence for meta, _ in await one.replica.events(ROOM)] == [1, 2]


async def test_what_a_reaction_does_names_its_cause(bench: Bench, reactors: Reactors) -> None:
    journal = await bench.open()
    reactor = await reactors.start(journal, Rule("porter", open_the_door))
    await journal.do(Note("ring"), 1, correlation_id="a-whole-rollout")
    await reactor.settle()
    [(ring, _), (opened, _)] = await journal.replica.events(ROOM)
    assert (opened.causation_id, opened.correlation_id, opened.hops) == (ring.event_id, "a-whole-rollout", 1)
    assert (opened.auth_id, opened.auth_type) == ("system:registry", "system")


async def test_a_reaction_never_happens_before_what_it_reacts_to(bench: Bench, reactors: Reactors) -> None:
    """Though this process's clock is an hour behind the one that told of it."""
    journal, later = await bench.open(), START + timedelta(hours=1)
    reactor = await reactors.start(journal, Rule("porter", open_the_door))
    await journal.do(Note("ring"), 1, occurred_at=later)
    await reactor.settle()
    [(_, _), (opened, _)] = await journal.replica.events(ROOM)
    assert opened.time == later


async def test_what_was_there_before_the_start_is_looked_at(bench: Bench, reactors: Reactors) -> None:
    journal = await bench.open()
    await journal.do(Note("ring"), 1)
    await reactors.start(journal, Rule("porter", open_the_door))
    await until(journal, lambda: journal.replica.state(ROOM).holder == "porter")


async def test_a_need_that_was_met_and_undone_by_a_person_stays_undone_and_settles(
    bench: Bench, reactors: Reactors
) -> None:
    journal = await bench.open()
    reactor = await reactors.start(journal, Rule("porter", open_the_door))
    await journal.do(Note("ring"), 1)
    await reactor.settle()
    await journal.do(Release("porter"), 2)
    await reactor.settle()
    assert journal.replica.state(ROOM) == Room(None, ("ring",))


async def test_a_refusal_ends_the_need_for_now(bench: Bench, reactors: Reactors) -> None:
    journal = await bench.open()

    def seize(view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        yield Needed(stream=OTHER, command=Acquire("porter"), because="always")

    await journal.do(Acquire("ada"), 1, stream=OTHER)
    reactor = await reactors.start(journal, Rule("greedy", seize))
    await journal.do(Note("x"), 2)
    await reactor.settle()
    assert journal.replica.state(OTHER) == Room("ada")


async def test_trouble_with_one_need_keeps_none_of_the_others_back(bench: Bench, reactors: Reactors) -> None:
    new, old = await bench.open(), await bench.open(Acquired, Released, Noted)
    await new.do(Seize("ada"), 1, stream=OTHER)

    def both(view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        if stream.name == ROOM:
            yield Needed(stream=OTHER, command=Acquire("porter"), because="parked here")
            yield Needed(stream=ROOM, command=Note("done"), because="not here")

    await old.do(Note("x"), 2)
    await reactors.start(old, Rule("both", both))
    await until(old, lambda: "done" in old.replica.state(ROOM).notes)


async def test_a_rule_that_leans_on_a_parked_stream_waits_alone(bench: Bench, reactors: Reactors) -> None:
    new, old = await bench.open(), await bench.open(Acquired, Released, Noted)
    await new.do(Seize("ada"), 1, stream=OTHER)
    await old.do(Note("ring"), 2)

    def leaning(view: Replica, stream: Stream, now: datetime) -> list[Needed]:
        return [Needed(stream=ROOM, command=Note(view.state(OTHER).holder), because="x")]

    await reactors.start(old, Rule("leaning", leaning), Rule("porter", open_the_door))
    await until(old, lambda: old.replica.state(ROOM) == Room("porter", ("ring",)))


async def test_a_need_survives_an_unreachable_log(bench: Bench, reactors: Reactors) -> None:
    proxy = Proxy(bench.log)
    journal, elsewhere = await bench.open(log=proxy), await bench.open()
    proxy.appends = [is_refused]
    await reactors.start(journal, Rule("porter", open_the_door))
    await elsewhere.do(Note("ring"), 1)
    await until(journal, lambda: journal.replica.state(ROOM) == Room("porter", ("ring",)))


async def test_reactions_that_run_in_a_circle_stop_after_sixteen_hops(bench: Bench, reactors: Reactors) -> None:
    journal = await bench.open()

    def echo(view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        assert stream.head
        yield Needed(stream=stream.name, command=Note("echo"), because=stream.head.event_id, cause=stream.head)

    await journal.do(Note("echo"), 1)
    reactor = await reactors.start(journal, Rule("echo", echo))
    await reactor.settle()
    assert len(journal.replica.state(ROOM).notes) == 17
    assert reactor.alarm == f"echo on {ROOM} stopped after 16 hops: reactions run in a circle"


async def test_a_bug_in_a_reaction_is_an_alarm(bench: Bench, reactors: Reactors) -> None:
    journal = await bench.open()

    def broken(view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        raise ZeroDivisionError("a bug")

    await journal.do(Note("x"), 1)
    reactor = await reactors.start(journal, Rule("broken", broken))
    with pytest.raises(ZeroDivisionError):
        await reactor.settle()
    assert reactor.alarm == "ZeroDivisionError: a bug"


def alarm_clock(view: Replica, now: datetime) -> Iterable[Needed]:
    """Due every minute after the start, each minute once."""
    minutes = int((now - START).total_seconds()) // 60
    for minute in range(1, minutes + 1):
        if f"minute {minute}" not in view.state(ROOM).notes:
            yield Needed(stream=ROOM, command=Note(f"minute {minute}"), because=f"minute {minute}")


async def test_a_timer_does_what_is_due_once_in_two_replicas(bench: Bench, reactors: Reactors) -> None:
    one, two = await bench.open(), await bench.open()
    for journal in (one, two):
        await reactors.start(journal, timers=[Timer("minutes", alarm_clock)])
    for minute in (1, 2, 3):
        reactors.clock.move_to(START + timedelta(minutes=minute))
    await until(two, lambda: len(two.replica.state(ROOM).notes) == 3)
    for reactor in reactors.made:
        await reactor.settle()
    assert one.replica.state(ROOM).notes == ("minute 1", "minute 2", "minute 3")


async def test_a_timer_in_trouble_is_tried_again_although_the_clock_stands(bench: Bench, reactors: Reactors) -> None:
    proxy = Proxy(bench.log)
    journal = await bench.open(log=proxy)
    proxy.appends = [is_refused]
    await reactors.start(journal, timers=[Timer("minutes", alarm_clock)])
    reactors.clock.move_to(START + timedelta(minutes=1))
    await until(journal, lambda: journal.replica.state(ROOM).notes == ("minute 1",))


@dataclass
class Everywhere:
    """A reaction that looks at very many streams, and notes when it begins."""

    name: str
    begun: Callable[[], None]

    def affected(self, changed: str) -> Iterable[str]:
        self.begun()
        return [f"{KIND}/{number}" for number in range(MANY)]

    def needed(self, view: Replica, stream: Stream, now: datetime) -> Iterable[Needed]:
        return ()


async def test_a_look_at_very_many_streams_lets_requests_run_meanwhile(bench: Bench, reactors: Reactors) -> None:
    journal = await bench.open()
    await journal.do(Acquire("ann"), 1)
    turns, begun = 0, list[int]()

    def note() -> None:
        begun.append(turns)

    await reactors.start(journal, Everywhere("first", note), Everywhere("second", note))
    while len(begun) < 2:
        await asyncio.sleep(0)
        turns += 1
    assert begun[1] - begun[0] >= MANY // LOOKS_AT_ONCE - 1
