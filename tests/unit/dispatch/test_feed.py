"""Whoever reads the feed, from wherever, gets each accepted event once and in order, out of memory or off the log."""

from collections.abc import Sequence

import pytest
from tenure_dispatch.choice import Choice
from tenure_dispatch.outward import Notice
from tenure_eventlog import Message
from tenure_journal import VoidRecord
from tenure_monitor.events import MonitorDeclared

from tests.unit.dispatch.chronicle import NOON, Chronicle, chronicle

STREAMS = [f"monitor/monitor/m{n}" for n in range(5)]


def declared(number: int) -> MonitorDeclared:
    return MonitorDeclared(model="m", metrics=(str(number),), window_seconds=60, declared_by="p-1", declared_at=NOON)


async def live(life: Chronicle, rounds: int) -> list[str]:
    """The ids of events on five streams."""
    return [(await life.record(stream, declared(n))).event_id for n in range(rounds) for stream in STREAMS]


def in_order(notices: Sequence[Notice]) -> bool:
    places = [(one.partition, one.offset) for one in notices]
    return places == sorted(places)


@pytest.mark.parametrize("keep", [1, 3, 1_000])
async def test_all_is_given_once_and_in_order_however_little_is_kept_in_memory(keep: int) -> None:
    async with chronicle(keep) as life:
        ids = await live(life, 6)
        notices = await life.notices()
    assert sorted(one.id for one in notices) == sorted(ids)
    assert in_order(notices)


async def test_records_that_extend_no_chain_are_passed_over() -> None:
    """A doubled record, one of another writer, and one that is no event at all."""
    async with chronicle() as life:
        ids = await live(life, 2)
        [first, *_] = await life.notices()
        record = first.record
        again = Message(record.topic, record.key, record.value, record.headers)
        foreign = Message(record.topic, b"monitor/monitor/else", record.value, record.headers)
        await life.log.append([again, foreign, Message(record.topic, b"k", b"v")])
        ids += await live(life, 1)
        notices = await life.notices()
    assert sorted(one.id for one in notices) == sorted(ids)


async def test_what_was_voided_since_is_not_given_any_more_and_that_it_was_is() -> None:
    async with chronicle() as life:
        [void, *rest] = await live(life, 1)
        digest = next(one.link.digest for one in await life.notices() if one.id == void)
        order = VoidRecord(sequence=1, digest=digest, reason="a mistake", principal="p-1", now=NOON)
        voiding = (await life.record(STREAMS[0], order)).event_id
        notices = await life.notices()
    assert sorted(one.id for one in notices) == sorted([voiding, *rest])


async def test_an_event_of_a_newer_build_is_given_without_its_fields() -> None:
    async with chronicle() as life:
        await live(life, 1)
        [first, *_] = await life.notices()
        replaced = {"ce_dataschema": b"urn:tenure:schema:monitor.MonitorMoved.v1:sha256:00"}
        headers = [(name, replaced.get(name, value)) for name, value in first.record.headers]
        assert Notice(first.record._replace(headers=headers), first.link).fields is None


async def test_it_waits_for_what_is_not_there_yet() -> None:
    async with chronicle() as life:
        ends = dict(life.feed.ends)
        assert life.feed.behind(ends) == 0
        await live(life, 1)
        await life.feed.beyond(ends)
        assert life.feed.behind(ends) > 0


@pytest.mark.parametrize(
    ("choice", "takes"),
    [
        (Choice(), True),
        (Choice(types=("dev.tenure.monitor.monitor-declared.v1",)), True),
        (Choice(types=("dev.tenure.monitor.*",)), True),
        (Choice(types=("dev.tenure.rollout.*", "dev.tenure.monitor.*")), True),
        (Choice(types=("dev.tenure.monitor",)), False),
        (Choice(types=("dev.tenure.rollout.*",)), False),
        (Choice(streams=("monitor/monitor/m",)), True),
        (Choice(streams=("monitor/monitor/",)), False),
        (Choice(types=("dev.tenure.monitor.*",), streams=("monitor/monitor/x*",)), False),
    ],
)
def test_a_choice_takes_what_fits_both_a_type_and_a_stream_of_it(choice: Choice, takes: bool) -> None:
    assert choice.takes("dev.tenure.monitor.monitor-declared.v1", "monitor/monitor/m") is takes
