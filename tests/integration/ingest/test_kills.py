"""What is left of the input when workers are killed, paused, and more or fewer? All of it, once, in order."""

from pathlib import Path

import pytest

from tests.integration.ingest.storm import Noted, differences, storm

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

A, B, C = (Noted(0, offset, f"key-{offset}") for offset in range(3))


async def test_five_kills_a_pause_past_the_session_two_rebalances_and_a_rival_lose_double_and_move_back_nothing(
    ingest_kafka: str, ingest_database: str, tmp_path: Path
) -> None:
    async with storm(ingest_kafka, ingest_database, tmp_path) as storming:
        await storming.rage(kills=5, pauses=1, joins=1)
        await storming.demand_all_once_and_in_order()


@pytest.mark.soak
async def test_forty_kills_six_pauses_eight_rebalances_and_rivals_lose_double_and_move_back_nothing(
    ingest_kafka: str, ingest_database: str, tmp_path: Path
) -> None:
    async with storm(ingest_kafka, ingest_database, tmp_path) as storming:
        await storming.rage(kills=40, pauses=6, joins=4)
        await storming.demand_all_once_and_in_order()


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ([A, B, C], {}),
        ([A, C], {"lost": [B]}),
        ([A, B, B, C], {"doubled": [B]}),
        ([A, B, C, Noted(0, 3, "key-3")], {"made up": [Noted(0, 3, "key-3")]}),
        ([A, C, B], {"out of order": [B]}),
    ],
    ids=["all", "lost", "doubled", "made up", "out of order"],
)
def test_the_comparison_names_what_is_wrong(noted: list[Noted], said: dict[str, list[Noted]]) -> None:
    assert differences([A, B, C], noted) == said
