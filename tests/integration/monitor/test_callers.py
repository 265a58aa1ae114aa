"""Who calls, by telemetry: counted once, told once a day, and quiet only when all was read?"""

from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from tenure_monitor import processor

from tests.integration.monitor.watch import NOON, Watch, prediction

A_DAY = timedelta(days=1)


async def test_who_calls_is_told_of_by_name_and_who_names_itself_not_together(watch: Watch) -> None:
    await watch.tell(*(prediction(f"q{n}", 0.5, consumer="board") for n in range(3)), prediction("q9", 0.5))
    await watch.settled()
    assert sorted(await watch.told()) == [("ConsumerSeen", "1", "(unnamed)", 1), ("ConsumerSeen", "1", "board", 3)]


async def test_a_request_that_is_told_again_is_no_other_call(watch: Watch) -> None:
    for _ in range(2):
        await watch.tell(prediction("q1", 0.5, consumer="board"))
        await watch.settled()
    assert await watch.sql("select consumer, calls from callers") == [("board", 1)]


async def test_the_whole_day_is_one_event_and_the_quiet_after_it_another(watch: Watch) -> None:
    for hour in range(20):
        await watch.tell(prediction(f"q{hour}", 0.5, minutes=60 * hour, consumer="board"))
        await watch.settled(NOON + timedelta(hours=hour))
    await watch.settled(NOON + timedelta(hours=43, minutes=-1))
    assert await watch.told() == [("ConsumerSeen", "1", "board", 1)]
    await watch.settled(NOON + timedelta(hours=43))
    assert (await watch.told())[1:] == [("ConsumerQuiet", "1", "board", 20)]


async def test_two_processes_tell_of_it_once(watch: Watch) -> None:
    async with AsyncExitStack() as stack:
        second = await watch.again(stack)
        await watch.tell(prediction("q1", 0.5, consumer="board"))
        for one in (watch, second, watch):
            await one.settled()
        assert await second.told() == await watch.told() == [("ConsumerSeen", "1", "board", 1)]


async def test_more_names_than_are_kept_apart_are_counted_together(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "MOST_CALLERS", 3)
    await watch.tell(*(prediction(f"a{n}", 0.5, consumer=f"app-{n}") for n in range(5)))
    await watch.tell(*(prediction(f"b{n}", 0.5, consumer=f"app-{n}") for n in range(8)), prediction("c", 0.5))
    await watch.settled()
    found = await watch.sql("select consumer, calls::int from callers order by consumer")
    assert sum(calls for _, calls in found) == 14
    assert [name for name, _ in found][:2] == ["(other)", "(unnamed)"]
    assert 1 <= len(found) - 2 <= 3


async def test_however_many_versions_are_made_up_the_table_has_an_end(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "MOST_CALLERS", 3)
    for turn in range(4):
        told = [prediction(f"{turn}-{n}", 0.5, consumer=f"app-{n}", version=f"v{turn}-{n}") for n in range(5)]
        await watch.tell(*told)
        await watch.settled()
    [(rows,)] = await watch.sql("select count(*) from callers")
    assert rows <= 6


async def test_a_call_in_the_future_keeps_nobody_from_going_quiet(watch: Watch) -> None:
    await watch.tell(prediction("q1", 0.5, minutes=60 * 24 * 365 * 500, consumer="board"))
    await watch.settled()
    assert await watch.sql("select last_at <= now() from callers") == [(True,)]


async def test_an_address_of_a_person_is_no_consumer(watch: Watch) -> None:
    body = [{"consumer": "ada@example.org"}]
    response = await watch.ask("POST", "/telemetry/predictions", body, "producer")
    assert response.status_code == 422


async def test_a_consumer_that_calls_every_day_is_told_of_every_day(watch: Watch) -> None:
    """One day does not cause the next: a reaction would stop after so many hops."""
    for day in range(20):
        await watch.tell(prediction(f"q{day}", 0.5, minutes=24 * 60 * day, consumer="board"))
        await watch.settled(NOON + day * A_DAY)
    assert [counted for _, _, _, counted in await watch.told()] == list(range(1, 21))
