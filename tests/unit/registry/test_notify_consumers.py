"""Does every consumer of a version that ends get notice, once for each day?"""

from dataclasses import replace
from datetime import timedelta

from tenure_registry.model.ending_events import ConsumerNotified
from tenure_registry.names import ConsumerName

from tests.unit.registry.bench import Bench, Watch
from tests.unit.registry.story import V1, create, register
from tests.unit.registry.story_catalogue import V2
from tests.unit.registry.story_endings import (
    SUNSET,
    declare,
    deprecate,
    notified,
    retire,
    withdraw,
)

GATES = ConsumerName("gates")
SOONER = SUNSET - timedelta(days=10)


async def notices(watch: Watch) -> list[ConsumerNotified]:
    return [event for event in await watch.happened() if isinstance(event, ConsumerNotified)]


async def test_each_declared_consumer_gets_notice(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, declare, replace(declare, consumer=GATES), deprecate)
    found = await notices(watch)
    assert sorted(found, key=lambda one: one.consumer) == [notified, replace(notified, consumer=GATES)]


async def test_two_replicas_give_one_notice(bench: Bench) -> None:
    one, two = await bench.open(), await bench.open()
    await one.do(create, register, declare, deprecate)
    assert await notices(two) == await notices(one) == [notified]


async def test_a_consumer_that_comes_late_gets_notice(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, deprecate)
    assert await notices(watch) == []
    await watch.do(declare)
    assert await notices(watch) == [notified]


async def test_a_consumer_gets_notice_anew_when_the_day_moves_also_back_to_the_first(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, declare)
    for day in (SUNSET, SOONER, SUNSET):
        await watch.do(replace(deprecate, sunset_at=day))
        await watch.reactor.settle()
    assert [one.sunset_at for one in await notices(watch)] == [SUNSET, SOONER, SUNSET]


async def test_another_reason_for_the_same_day_is_no_other_notice(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, declare, deprecate)
    await watch.reactor.settle()
    await watch.do(replace(deprecate, reason="the vendor ends it"))
    assert await notices(watch) == [notified]


async def test_a_consumer_gets_notice_of_each_version_that_ends_on_a_day(bench: Bench) -> None:
    watch = await bench.open()
    second = (replace(register, model_version=V2), replace(deprecate, model_version=V2))
    await watch.do(create, register, declare, deprecate, *second)
    assert sorted(one.model_version for one in await notices(watch)) == [V1, V2]


async def test_who_is_no_consumer_any_more_gets_no_notice(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, declare, withdraw, deprecate)
    assert await notices(watch) == []


async def test_after_the_end_nobody_gets_notice(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, deprecate, replace(retire, force="now", may_force=True), declare)
    assert await notices(watch) == []


async def test_who_is_seen_calling_the_version_gets_notice_though_nobody_declared_it(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, deprecate)
    await watch.see("crew-planning")
    assert await notices(watch) == [notified]


async def test_who_calls_another_version_or_gives_no_name_gets_none(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, deprecate)
    await watch.see("crew-planning", version="2")
    await watch.see("(unnamed)")
    await watch.see("(other)")
    assert await notices(watch) == []


async def test_who_went_quiet_before_the_end_was_announced_gets_none(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register)
    await watch.see("crew-planning")
    await watch.miss("crew-planning")
    await watch.do(deprecate)
    assert await notices(watch) == []


async def test_who_is_declared_and_seen_gets_one_notice(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, declare, deprecate)
    await watch.see("crew-planning")
    assert await notices(watch) == [notified]


async def test_however_many_come_one_after_the_other_each_gets_notice(bench: Bench) -> None:
    """No notice causes the next: a reaction would stop after so many hops."""
    watch = await bench.open()
    await watch.do(create, register, deprecate)
    for number in range(20):
        await watch.see(f"app-{number}")
        await watch.reactor.settle()
    assert len(await notices(watch)) == 20
