"""How fresh is what a model reads, and what happens when it is not?"""

from typing import Any

import pytest

from tests.integration.context_sync.desk import READ, Desk, binding
from tests.integration.context_sync.story import change

pytestmark = pytest.mark.postgres
JFK_AND_LGA = {"keys": [{"origin": "JFK"}, {"origin": "LGA"}], "model": "delays"}


def without_groups(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "groups"}


async def test_rows_come_with_their_age_and_verdict_at_the_read(weather: Desk) -> None:
    await weather.fed(change("JFK", 9.5, lsn=1, seconds=10))
    await weather.settled(40)
    answer = await weather.done(READ, JFK_AND_LGA)
    assert [without_groups(row) for row in answer["rows"]] == [
        {
            "values": {"origin": "JFK", "wind": 9.5},
            "source_at": "2013-03-01T00:00:10Z",
            "age_seconds": 30.0,
            "verdict": "fresh",
        },
        {"values": None, "source_at": None, "age_seconds": 30.0, "verdict": "missing"},
    ]


async def test_an_unchanged_row_of_a_living_source_is_fresh(weather: Desk) -> None:
    await weather.fed(change("JFK", 9.5, lsn=1, seconds=0), change("LGA", 7.5, lsn=2, seconds=90))
    await weather.settled(100)
    answer = await weather.done(READ, JFK_AND_LGA)
    assert [row["verdict"] for row in answer["rows"]] == ["fresh", "fresh"]


async def test_past_the_models_limit_a_row_is_stale(weather: Desk) -> None:
    await weather.fed(change("JFK", 9.5, lsn=1, seconds=0))
    await weather.settled(61)
    answer = await weather.done(READ, JFK_AND_LGA)
    assert [row["verdict"] for row in answer["rows"]] == ["stale", "missing"]


async def test_without_a_model_no_limit_is_known(weather: Desk) -> None:
    await weather.fed(change("JFK", 9.5, lsn=1, seconds=0))
    await weather.settled(3_600)
    answer = await weather.done(READ, {"keys": [{"origin": "JFK"}]})
    assert [row["verdict"] for row in answer["rows"]] == ["fresh"]


async def test_a_model_that_is_not_bound_has_no_verdict(weather: Desk) -> None:
    assert await weather.refused(READ, {"keys": [], "model": "crew"}) == (404, "not-found")


async def test_a_key_has_exactly_the_contexts_key_fields(weather: Desk) -> None:
    assert await weather.refused(READ, {"keys": [{"wind": 1}]}) == (422, "key-mismatch")


async def test_a_feed_that_stops_breaches_and_one_that_resumes_restores_once_each(weather: Desk) -> None:
    await weather.settled()
    nothing_came = ["ContextBound", "SlaBreached"]
    assert await weather.story() == nothing_came
    await weather.fed(change("JFK", 9.5, lsn=1, seconds=0))
    await weather.settled(60)
    assert await weather.story() == [*nothing_came, "SlaRestored"]
    for _ in range(3):
        await weather.settled(60)
    assert await weather.story() == [*nothing_came, "SlaRestored", "SlaBreached"]
    await weather.fed(change("JFK", 8.5, lsn=2, seconds=235))
    for _ in range(3):
        await weather.settled()
    assert await weather.story() == [*nothing_came, "SlaRestored", "SlaBreached", "SlaRestored"]


async def test_freshness_of_a_model_says_what_the_bindings_say(weather: Desk) -> None:
    await weather.fed(change("JFK", 9.5, lsn=1, seconds=0))
    await weather.settled(90)
    [of_weather] = await weather.got("/freshness", model="delays")
    assert (of_weather["age_seconds"], of_weather["limit_seconds"]) == (90.0, 60)
    assert (of_weather["fresh"], of_weather["breached"]) == (False, True)


async def test_a_looser_limit_restores(weather: Desk) -> None:
    await weather.fed(change("JFK", 9.5, lsn=1, seconds=0))
    await weather.settled(90)
    sla = {"lane": "batch", "max_age_seconds": 3_600, "on_breach": "alert"}
    await weather.done("/bindings", binding(sla=sla))
    await weather.settled(1)
    assert (await weather.story())[-2:] == ["ContextBound", "SlaRestored"]
