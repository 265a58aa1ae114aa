"""Is what time makes due done on its day, and looked for at no other?"""

from dataclasses import replace
from datetime import timedelta

from tenure_registry.model.events import ApprovalExpired, GateReopened
from tenure_registry.names import PRODUCTION, ModelName
from tenure_registry.policy.standard import ENTERPRISE
from tenure_registry.streams import family_stream, model_stream, policy_stream

from tests.unit.registry.bench import DELAYS_STREAM, Bench, Watch
from tests.unit.registry.story import NOON, create, grant, record, register, revoke, to_production
from tests.unit.registry.story_approvals import NEXT_WEEK, expired, grant_for_a_week
from tests.unit.registry.story_policy import (
    ARRIVALS,
    HOUSE,
    SECOND,
    brier_limit,
    change_family,
    create_family,
    house,
    publish,
    way,
)

LATER = NEXT_WEEK + timedelta(days=7)
evaluated = replace(brier_limit, name="evaluated")
publish_enterprise = replace(
    publish, policy=ENTERPRISE, document=replace(house, transitions=(way(PRODUCTION, evidence=(evaluated,)),))
)
with_shorter_age = replace(
    publish_enterprise,
    document=replace(house, transitions=(way(PRODUCTION, evidence=(replace(evaluated, max_age_days=7),)),)),
    digest=SECOND,
)


async def ends(watch: Watch) -> list[ApprovalExpired]:
    return [event for event in await watch.happened() if isinstance(event, ApprovalExpired)]


async def openings(watch: Watch) -> list[list[str]]:
    """Of each gate that was reopened what is lacking."""
    found = [event for event in await watch.happened() if isinstance(event, GateReopened)]
    return [[one.requirement for one in event.reasons] for event in found]


async def test_an_approval_expires_on_its_day(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, grant_for_a_week)
    bench.clock.move_to(NEXT_WEEK - timedelta(microseconds=1))
    assert await ends(watch) == []
    bench.clock.move_to(NEXT_WEEK)
    assert await ends(watch) == [expired]


async def test_two_replicas_let_an_approval_expire_once(bench: Bench) -> None:
    one, two = await bench.open(), await bench.open()
    await one.do(create, register, grant_for_a_week)
    bench.move_days(7)
    assert await ends(two) == await ends(one) == [expired]


async def test_an_approval_that_is_given_again_expires_again(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, grant_for_a_week)
    bench.move_days(7)
    assert await ends(watch) == [expired]
    await watch.do(replace(grant_for_a_week, expires_at=LATER, now=NEXT_WEEK))
    bench.move_days(7)
    assert [one.expires_at for one in await ends(watch)] == [NEXT_WEEK, LATER]


async def test_an_approval_that_was_revoked_meanwhile_does_not_expire(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, grant_for_a_week)
    await watch.reactor.settle()
    await watch.do(revoke)
    bench.move_days(7)
    assert await ends(watch) == []


async def test_an_approval_that_expires_reopens_the_gate_of_what_serves(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, record, grant_for_a_week, to_production)
    bench.move_days(7)
    assert (await openings(watch))[-1] == ["approved"]
    assert await ends(watch) == [expired]


async def test_a_policys_shorter_age_brings_the_day_forward(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(publish_enterprise, stream=policy_stream(ENTERPRISE))
    await watch.do(create, register, record, grant, to_production)
    await watch.reactor.settle()
    await watch.do(with_shorter_age, stream=policy_stream(ENTERPRISE))
    assert await openings(watch) == []
    bench.move_days(7)
    assert await openings(watch) == [["evaluated"]]


async def test_a_familys_other_tier_brings_the_day_forward(bench: Bench) -> None:
    watch = await bench.open()
    for_high = replace(evaluated, name="evaluated-lately", max_age_days=7, tiers=("high",))
    ways = (way(PRODUCTION, evidence=(evaluated, for_high)),)
    await watch.do(replace(publish, document=replace(house, transitions=ways)), stream=policy_stream(HOUSE))
    await watch.do(create_family, stream=family_stream(ARRIVALS))
    await watch.do(replace(create, family=ARRIVALS), register, record, grant, to_production)
    await watch.reactor.settle()
    await watch.do(change_family, stream=family_stream(ARRIVALS))
    assert await openings(watch) == []
    bench.move_days(7)
    assert await openings(watch) == [["evaluated-lately"]]


async def test_what_became_due_while_nobody_was_there_is_done_at_the_start(bench: Bench) -> None:
    before = await bench.open()
    await before.do(publish_enterprise, stream=policy_stream(ENTERPRISE))
    await before.do(create, register, record, grant_for_a_week, to_production)
    await before.reactor.settle()
    await before.stop()
    bench.move_days(90)
    watch = await bench.open()
    assert await ends(watch) == [replace(expired, expired_at=NOON + timedelta(days=90))]
    assert (await openings(watch))[-1] == ["evaluated"]


async def test_what_is_due_stays_due_until_its_effect_is_visible(bench: Bench) -> None:
    """Else it would be lost where the log is away just then."""
    watch = await bench.open()
    await watch.do(publish_enterprise, stream=policy_stream(ENTERPRISE))
    await watch.do(create, register, record, grant, to_production)
    await watch.reactor.settle()
    [*first] = watch.calendar.due(watch.replica, NOON + timedelta(days=90))
    [*again] = watch.calendar.due(watch.replica, NOON + timedelta(days=90))
    assert len(first) == len(again) == 1
    assert first[0].because == again[0].because


async def test_a_policy_that_cannot_be_read_keeps_no_other_model_from_its_day(bench: Bench) -> None:
    watch = await bench.open()
    other = ModelName("gates")
    await watch.do(publish, stream=policy_stream(HOUSE))
    await watch.do(replace(create, policy=HOUSE), register, record, grant, to_production)
    await watch.do(replace(create, model=other), register, grant_for_a_week, stream=model_stream(other))
    await watch.reactor.settle()
    found = watch.replica.stream(policy_stream(HOUSE))
    assert found
    found.parked = "no upcaster"
    watch.calendar.note([DELAYS_STREAM])
    assert [need.stream for need in watch.calendar.due(watch.replica, NEXT_WEEK)] == [model_stream(other)]


async def test_a_tick_on_which_nothing_is_due_looks_at_no_model_at_all(bench: Bench) -> None:
    """Ten thousand models, a tenth of them approved until some day."""
    watch = await bench.open()
    names = [f"m{number}" for number in range(10_000)]
    for number, name in enumerate(names):
        approved = (register, grant_for_a_week) if number % 10 == 0 else ()
        await watch.do(replace(create, model=ModelName(name)), *approved, stream=model_stream(name))
    await watch.reactor.settle()
    watch.looks.clear()
    for second in range(100):
        assert list(watch.calendar.due(watch.replica, NOON + timedelta(seconds=second))) == []
    assert watch.looks.total() == 0
    await watch.do(replace(create, description="", model=ModelName("new")), stream=model_stream("new"))
    assert list(watch.calendar.due(watch.replica, NOON)) == []
    assert watch.looks == {model_stream("new"): 1}
    due = list(watch.calendar.due(watch.replica, NEXT_WEEK))
    assert (len(due), watch.looks.total()) == (1_000, 1_001)
