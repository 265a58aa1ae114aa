"""From when is what was retired kept? No claim of the past shortens it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tenure_registry.model.rules import RetentionNotOver

from tests.unit.registry.bench import Bench
from tests.unit.registry.story import NOON, V1, create, register
from tests.unit.registry.story_endings import archive, destroy, retire
from tests.unit.registry.story_policy import house, rules_of

LONG_AGO = NOON - timedelta(days=365)
A_MONTH = timedelta(days=30)
destroy_in_time = replace(destroy, rules=rules_of(house))


async def test_retention_counts_from_when_the_log_took_the_end(bench: Bench) -> None:
    watch = await bench.open()
    await watch.do(create, register, replace(retire, now=LONG_AGO), replace(archive, now=LONG_AGO))
    ending = watch.replica.state("registry/model/delay-predictor").versions[V1].ending
    assert (ending.retired_at, ending.kept_from) == (LONG_AGO, NOON)
    with pytest.raises(RetentionNotOver) as refusal:
        await watch.do(replace(destroy_in_time, now=NOON + A_MONTH - timedelta(seconds=1)))
    assert refusal.value.facts() == {"model_version": V1, "until": NOON + A_MONTH}
    await watch.do(replace(destroy_in_time, now=NOON + A_MONTH))


async def test_where_the_decision_says_a_later_instant_than_the_log_that_one_counts(bench: Bench) -> None:
    """A clock that runs ahead, or is stepped, keeps what it retires for as long as it counts."""
    watch = await bench.open()
    ahead = NOON + timedelta(days=400)
    await watch.do(create, register, replace(retire, now=ahead), replace(archive, now=ahead))
    ending = watch.replica.state("registry/model/delay-predictor").versions[V1].ending
    assert ending.kept_from == ahead
