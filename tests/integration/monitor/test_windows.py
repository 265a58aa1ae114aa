"""How do predictions and late outcomes become windows on the log, each request counted once?"""

import random
from contextlib import AsyncExitStack

import pytest
from tenure_eventlog import Message
from tenure_eventlog.topics import OUTCOMES

from tests.integration.monitor.watch import NOON, Watch, newest, outcome, prediction, sums_of


async def test_a_prediction_counts_when_its_outcome_is_known(watch: Watch) -> None:
    await watch.tell(prediction("q1", 0.25))
    await watch.settled()
    assert await watch.sums() == {}
    await watch.tell(outcome("q1", 1.0))
    await watch.settled()
    assert await watch.sums() == {("r1", "brier", NOON): (1, 0.5625, 0.31640625), ("r1", "error", NOON): (1, 1.0, 1.0)}


async def test_an_outcome_may_come_before_its_prediction(watch: Watch) -> None:
    await watch.tell(outcome("q1", 1.0))
    await watch.settled()
    await watch.tell(prediction("q1", 0.25))
    await watch.settled()
    assert await watch.sums(metric="brier") == {("r1", "brier", NOON): (1, 0.5625, 0.31640625)}


async def test_a_request_counts_once_however_often_it_is_told(watch: Watch) -> None:
    for _ in range(2):
        await watch.tell(prediction("q1", 0.25), outcome("q1", 1.0), outcome("q1", 1.0))
        await watch.settled()
    await watch.tell(prediction("q1", 0.75), outcome("q1", 0.0))
    await watch.settled()
    assert await watch.sums(metric="error") == {("r1", "error", NOON): (1, 1.0, 1.0)}


async def test_the_first_telling_of_a_prediction_and_of_an_outcome_counts(watch: Watch) -> None:
    for first, second in ((prediction("q1", 0.25), prediction("q1", 0.75)), (outcome("q2", 1.0), outcome("q2", 0.0))):
        await watch.tell(first)
        await watch.settled()
        await watch.tell(second)
        await watch.settled()
    await watch.tell(outcome("q1", 1.0), prediction("q2", 0.25))
    await watch.settled()
    assert await watch.sums(metric="brier") == {("r1", "brier", NOON): (2, 1.125, 0.6328125)}


async def test_a_window_begins_at_the_full_hour_of_the_prediction(watch: Watch) -> None:
    minutes = {"q1": -0.001, "q2": 0, "q3": 59.999, "q4": 60}
    await watch.tell(*(prediction(name, 0.5, minutes=at) for name, at in minutes.items()))
    await watch.tell(*(outcome(name, 1.0) for name in minutes))
    await watch.settled()
    counts = {start.hour: n for (_, _, start), (n, _, _) in (await watch.sums(metric="brier")).items()}
    assert counts == {11: 1, 12: 2, 13: 1}


async def test_of_a_model_that_nobody_watches_nothing_is_kept(watch: Watch) -> None:
    await watch.tell(prediction("q1", 0.5, model="other"), outcome("q1", 1.0, model="other"))
    await watch.settled()
    assert await watch.sql("select request_id from requests") == []


async def test_in_any_order_and_batches_the_sums_are_those_of_the_whole(watch: Watch) -> None:
    chance = random.Random(7)
    names = [f"q{number}" for number in range(400)]
    predictions = [
        prediction(name, chance.randrange(9) / 8, release=chance.choice(["r1", "r2"]), minutes=chance.randrange(180))
        for name in names
    ]
    labels = {name: float(chance.randrange(2)) for name in names}
    told = [*predictions, *predictions[::7], *(outcome(name, label) for name, label in labels.items())]
    chance.shuffle(told)
    while told:
        size = chance.randrange(1, 120)
        await watch.tell(*told[:size])
        del told[:size]
    await watch.settled()
    assert await watch.sums(limit="1000") == sums_of(predictions, labels)
    assert newest(await watch.published()) == sums_of(predictions, labels)


async def test_a_window_on_the_log_has_a_growing_revision(watch: Watch) -> None:
    for number in range(3):
        await watch.tell(prediction(f"q{number}", 0.5), outcome(f"q{number}", 1.0))
        await watch.settled()
    records = [window for window in await watch.published() if window["metric"] == "brier"]
    assert sorted(window["n"] for window in records) == [1, 2, 3]
    by_revision = sorted(records, key=lambda window: window["revision"])
    assert [window["n"] for window in by_revision] == [1, 2, 3]
    assert len({window["revision"] for window in records}) == 3


async def test_a_crash_between_the_append_and_its_note_publishes_twice_and_changes_nothing(watch: Watch) -> None:
    await watch.tell(prediction("q1", 0.5), outcome("q1", 1.0))
    await watch.settled()
    before = newest(await watch.published())
    await watch.sql("update windows set published = 0")
    await watch.settled()
    assert newest(await watch.published()) == before
    assert await watch.sql("select count(*) from windows where published < revision") == [(0,)]


async def test_telemetry_read_again_from_the_start_changes_nothing(watch: Watch) -> None:
    await watch.tell(prediction("q1", 0.5), outcome("q1", 1.0))
    await watch.settled()
    before = await watch.sums()
    await watch.sql("update ingest.position set next_offset = 0")
    async with AsyncExitStack() as stack:
        second = await watch.again(stack)
        await second.settled()
        assert await second.sums() == before


async def test_what_cannot_be_read_is_set_aside_and_the_rest_is_counted(watch: Watch) -> None:
    await watch.log.append([Message(OUTCOMES.name, b"q1", b'{"label": "late"}', ())])
    await watch.tell(prediction("q1", 0.5), outcome("q1", 1.0))
    await watch.settled()
    assert [n for n, _, _ in (await watch.sums()).values()] == [1, 1]
    assert await watch.sql("select reason, value from ingest.quarantine") == [
        ("malformed-telemetry", b'{"label": "late"}')
    ]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"[{]", 400, "the body is not JSON"),
        (b'[{"request_id":"\xff"}]', 400, "the body is not JSON"),
        (b'[{"request_id": "q1"}]', 422, "Object missing required field `model` - at `$[0]`"),
        (b'{"request_id": "q1"}', 422, "Expected `array`, got `object`"),
    ],
)
async def test_telemetry_that_is_none_is_refused_by_name(watch: Watch, body: bytes, status: int, says: str) -> None:
    response = await watch.ask("POST", "/telemetry/outcomes", body, "producer")
    assert (response.status_code, response.json()["detail"]) == (status, says)


async def test_a_batch_has_a_limit(watch: Watch) -> None:
    told = [outcome(f"q{number}", 1.0) for number in range(5_001)]
    response = await watch.ask("POST", "/telemetry/outcomes", told, "producer")
    assert (response.status_code, response.json()["type"]) == (413, "urn:tenure:problem:batch-too-large")


async def test_only_a_producer_tells_telemetry(watch: Watch) -> None:
    response = await watch.ask("POST", "/telemetry/outcomes", [outcome("q1", 1.0)], "viewer")
    assert response.status_code == 403


async def test_a_monitor_can_be_read(watch: Watch) -> None:
    response = await watch.ask("GET", "/monitors/delays")
    assert response.json() == {
        "model": "delays",
        "metrics": ["brier", "error"],
        "window_seconds": 3_600,
        "declared_by": "p-engineer",
        "declared_at": "2013-03-01T12:00:00Z",
    }
    listed = await watch.ask("GET", "/monitors")
    assert listed.json() == {"items": [response.json()], "next": None}


async def test_positions_tell_how_far_telemetry_was_read(watch: Watch) -> None:
    await watch.tell(prediction("q1", 0.5), outcome("q1", 1.0))
    await watch.settled()
    offsets = (await watch.ask("GET", "/positions")).json()["offsets"]
    assert sum(at for name, at in offsets.items() if name.startswith("tenure.telemetry")) == 2
