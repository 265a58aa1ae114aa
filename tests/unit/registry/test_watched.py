"""Does a model know of which versions something may become due, however many others it has?"""

from dataclasses import replace

from tenure_registry.model.state import Model

from tests.unit.registry.bench import DELAYS_STREAM, Bench, Watch
from tests.unit.registry.story import create, grant, record, register, revoke, to_production
from tests.unit.registry.story_catalogue import V2
from tests.unit.registry.story_endings import deprecate

another = replace(register, model_version=V2)


def model_of(watch: Watch) -> Model:
    model: Model = watch.replica.state(DELAYS_STREAM)
    return model


async def test_it_is_watched_from_its_first_approval_or_stage_on_and_no_longer_than_it_must(bench: Bench) -> None:
    watch = await bench.open()
    for command in (create, register, record, grant, to_production, revoke, deprecate):
        await watch.do(command)
        model = model_of(watch)
        assert set(model.watched) == {name for name, version in model.versions.items() if version.is_watched}


async def test_versions_that_lie_still_are_not_looked_at(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, another, register, record, grant, to_production)
    model = model_of(watch)
    assert (len(model.versions), set(model.watched)) == (2, {register.model_version})
