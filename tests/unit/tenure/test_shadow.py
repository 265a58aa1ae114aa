"""Is another release asked exactly what was asked before, and is each answer told as a mirrored one?"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from tenure.client import AsyncClient
from tenure.shadow import AT_ONCE, Candidate, NoScore, Replayed, over_http, replay
from tenure_eventlog import Message
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import PREDICTIONS
from tenure_monitor.telemetry import Prediction, read_predictions, write

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


def prediction(number: int, **more: Any) -> Prediction:
    asked = msgspec.Raw(json.dumps({"distance": number}).encode())
    told = {
        "request_id": f"q{number}",
        "model": "delays",
        "environment": "production",
        "release": "r1",
        "model_version": "1",
        "route_epoch": 7,
        "entity": "N1",
        "score": 0.25,
        "context_age_seconds": 3.0,
        "predicted_at": NOW,
        "consumer": "gate-screens",
        "request": asked,
    }
    return Prediction(**(told | more))


class Told:
    """What monitor is told, and what the candidate is asked."""

    def __init__(self) -> None:
        self.predictions: list[Prediction] = []
        self.batches: list[int] = []
        self.asked: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        found = read_predictions(request.content)
        self.predictions += found
        self.batches.append(len(found))
        return httpx.Response(200, json={"appended": len(found)})

    async def answer(self, request: Any) -> float:
        self.asked.append(request)
        if request["distance"] == 13:
            raise NoScore("unlucky")
        return min(1.0, request["distance"] / 100)


async def replayed(told: Told, *records: Prediction | bytes, most: int = 10_000) -> Replayed:
    log = MemoryLog()
    await log.create_topics([PREDICTIONS])
    values = [one if isinstance(one, bytes) else write(one) for one in records]
    await log.append([Message(PREDICTIONS.name, b"k", value) for value in values])
    candidate = Candidate("delays@production", "r2", "2", told.answer)
    async with AsyncClient("http://tenure", "token", transport=httpx.MockTransport(told)) as client:
        return await replay(log, client, candidate, HOUR, most)


async def test_each_request_is_asked_as_it_was_and_its_answer_told_under_its_id() -> None:
    told = Told()
    assert await replayed(told, prediction(20), prediction(40)) == Replayed(asked=2, failed=0, without=0)
    assert told.asked == [{"distance": 20}, {"distance": 40}]
    assert [(p.request_id, p.release, p.model_version, p.score, p.mirror) for p in told.predictions] == [
        ("q20", "r2", "2", 0.2, True),
        ("q40", "r2", "2", 0.4, True),
    ]


async def test_it_is_told_as_of_now_of_nobody_and_without_what_was_asked() -> None:
    told = Told()
    await replayed(told, prediction(20, predicted_at=NOW - HOUR))
    [again] = told.predictions
    assert (again.consumer, again.context_age_seconds, again.request) == (None, None, msgspec.UNSET)
    assert again.predicted_at >= NOW


async def test_only_what_somebody_got_from_another_release_of_that_deployment_is_asked() -> None:
    told = Told()
    strays = [
        prediction(1, release="r2"),
        prediction(2, mirror=True),
        prediction(3, environment="staging"),
        prediction(4, model="boats"),
        prediction(5, failed=True, score=None),
        b"not telemetry",
    ]
    assert (await replayed(told, *strays, prediction(20))).asked == 1


async def test_what_has_no_request_is_counted_and_left_out() -> None:
    told = Told()
    found = await replayed(told, prediction(1, request=msgspec.UNSET), prediction(20))
    assert (found.asked, found.without) == (1, 1)


async def test_an_answer_that_fails_is_told_as_failed() -> None:
    told = Told()
    assert (await replayed(told, prediction(13))).failed == 1
    assert [(p.failed, p.score) for p in told.predictions] == [(True, None)]


async def test_many_are_told_in_batches_and_no_more_are_asked_than_was_said() -> None:
    told = Told()
    many = [prediction(20) for _ in range(AT_ONCE + 50)]
    assert (await replayed(told, *many, most=AT_ONCE + 10)).asked == AT_ONCE + 10
    assert told.batches == [AT_ONCE, 10]


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        (lambda: httpx.Response(200, json={"score": 0.5}), 0.5),
        (lambda: httpx.Response(200, json={"score": True}), None),
        (lambda: httpx.Response(200, json={"score": 1.5}), None),
        (lambda: httpx.Response(200, json=[0.5]), None),
        (lambda: httpx.Response(200, content=b"0.5x"), None),
        (lambda: httpx.Response(500), None),
    ],
)
async def test_over_http_a_score_is_taken_and_nothing_else(
    answer: Callable[[], httpx.Response], score: float | None
) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda request: answer())) as http:
        ask = over_http(http, "http://candidate/score")
        if score is not None:
            assert await ask({}) == score
        else:
            with pytest.raises(NoScore):
                await ask({})


def test_a_request_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="request has over"):
        prediction(1, request=msgspec.Raw(b'"' + b"x" * 20_000 + b'"'))
