"""Which models owe something once a subject was erased?"""

from dataclasses import replace

from tenure_decider import given
from tenure_registry.obligation.decider import obligation_decider
from tenure_registry.streams import obligation_stream

from tests.unit.registry.bench import Bench, Watch
from tests.unit.registry.story import DELAYS, V1, create, register
from tests.unit.registry.story_catalogue import V2
from tests.unit.registry.story_endings import deprecate, retire
from tests.unit.registry.story_obligations import SUBJECT, owe, owed, retrain, retrained

STREAM = obligation_stream(DELAYS)


async def owing(watch: Watch) -> list[object]:
    await watch.replica.catch_up()
    return await watch.happened(STREAM)


def test_what_is_owed_is_opened_once() -> None:
    given(obligation_decider).when(owe).then(owed)
    given(obligation_decider, owed).when(owe).then_nothing()


def test_a_version_more_opens_it_anew_also_after_a_discharge() -> None:
    given(obligation_decider, owed, retrained).when(owe).then_nothing()
    more = replace(owe, versions=(V1, V2))
    given(obligation_decider, owed, retrained).when(more).then(replace(owed, versions=(V1, V2)))


async def test_a_version_that_was_trained_on_the_subjects_data_is_owed_for(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register)
    assert await owing(watch) == []
    await watch.erase(SUBJECT, "summer", "winter")
    assert await owing(watch) == [replace(owed, snapshots=("summer", "winter"))]


async def test_a_version_that_was_trained_on_other_data_is_not(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register)
    await watch.erase(SUBJECT, "summer")
    assert await owing(watch) == []


async def test_a_version_that_is_registered_after_the_erasure_is_owed_for(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create)
    await watch.erase(SUBJECT, "winter")
    await watch.do(register)
    assert await owing(watch) == [owed]


async def test_discharged_it_stays_so_until_another_version_uses_the_data(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register)
    await watch.erase(SUBJECT, "winter")
    await owing(watch)
    await watch.do(retrain, stream=STREAM)
    assert await owing(watch) == [owed, retrained]
    await watch.do(replace(register, model_version=V2))
    assert await owing(watch) == [owed, retrained, replace(owed, versions=(V1, V2))]


async def test_a_retired_version_is_not_owed_for(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, deprecate, replace(retire, force="withdrawn", may_force=True))
    await watch.erase(SUBJECT, "winter")
    assert await owing(watch) == []


async def test_two_replicas_open_one_also_when_one_has_just_started(bench: Bench) -> None:
    one = await bench.open()
    await one.do(create, register)
    await one.erase(SUBJECT, "winter")
    two = await bench.open()
    assert await owing(two) == await owing(one) == [owed]
