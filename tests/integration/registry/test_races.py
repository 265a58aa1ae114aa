"""Who wins when sixteen clients promote different versions at once, over two registry processes?"""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from tenure.consumer import Consumer, Event
from tenure_eventlog import Partition
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import REGISTRY_EVENTS
from tenure_service.vector import vector_text

from tests.integration.registry.pair import Pair

CLIENTS = 16
SHORT, LONG = 15, 1_000
VERSIONS = 2 * CLIENTS  # two sets in turn, so that nobody asks for what is so already
LOOKED_AT = 20

pytestmark = pytest.mark.asyncio(loop_scope="module")
rounds = pytest.mark.parametrize("rounds", [SHORT, pytest.param(LONG, marks=pytest.mark.soak)])
Receipt = dict[str, Any]


async def promote(pair: Pair, model: str, number: int, **headers: str) -> list[httpx.Response]:
    """All clients at once, half of them on each side, each with a version of its own."""
    first = number % 2 * CLIENTS

    async def one(client: int) -> httpx.Response:
        body = {"model_version": f"v{first + client}"}
        return await pair.change(client % 2, "PUT", f"{model}/aliases/champion", body, **headers)

    return await asyncio.gather(*(one(client) for client in range(CLIENTS)))


async def events_of(pair: Pair, model: str) -> list[Event]:
    stream = f"registry/model/{model.rpartition('/')[2]}"
    async with open_log(pair.address) as log:
        consumer = Consumer(log, [REGISTRY_EVENTS])
        return [one async for one in consumer.events(until_end=True) if one.attributes.subject == stream]


async def demand_complete(pair: Pair, model: str, receipts: Sequence[Receipt]) -> None:
    """Each receipt's event is on the log at its place, there is no other, and both sides tell the same history."""
    events = await events_of(pair, model)
    assert [event.attributes.sequence for event in events] == list(range(1, 1 + VERSIONS + len(receipts) + 1))
    moved = {event.attributes.sequence: event for event in events if event.name == "alias-moved"}
    assert {one["sequence"]: one["digest"] for one in receipts} == {at: event.digest for at, event in moved.items()}
    one, other = await pair.digests()
    assert one == other
    for receipt in receipts[:: max(1, len(receipts) // LOOKED_AT)]:
        fields = moved[receipt["sequence"]].fields
        assert fields is not None
        at = Partition(receipt["topic"], receipt["partition"])
        as_of = vector_text({at: receipt["offset"] + 1})
        for side in pair.sides:
            then = (await side.get(model, params={"as_of": as_of})).json()
            assert then["aliases"]["champion"] == fields["model_version"]


@rounds
async def test_with_if_match_one_wins_each_round_and_the_others_are_told_who(pair: Pair, rounds: int) -> None:
    model, sequence, receipts = await pair.model(VERSIONS), 1 + VERSIONS, list[Receipt]()
    for number in range(rounds):
        answers = await promote(pair, model, number, **{"If-Match": f'"{sequence}"'})
        [won] = [answer.json() for answer in answers if answer.status_code == 201]
        lost = [answer for answer in answers if answer.status_code == 412]
        assert len(lost) == CLIENTS - 1
        assert won["sequence"] == sequence + 1
        for answer in lost:
            assert answer.json()["winner"] == {"sequence": won["sequence"], "digest": won["digest"]}
        receipts.append(won)
        sequence = won["sequence"]
    await demand_complete(pair, model, receipts)


@rounds
async def test_without_if_match_all_land_in_the_order_of_the_log(pair: Pair, rounds: int) -> None:
    model, receipts = await pair.model(VERSIONS), list[Receipt]()
    for number in range(rounds):
        answers = await promote(pair, model, number)
        assert {answer.status_code for answer in answers} == {201}
        receipts += [answer.json() for answer in answers]
    receipts.sort(key=lambda receipt: receipt["offset"])
    assert [receipt["sequence"] for receipt in receipts] == sorted(receipt["sequence"] for receipt in receipts)
    await demand_complete(pair, model, receipts)
