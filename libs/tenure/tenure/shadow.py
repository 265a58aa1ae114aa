"""What would another release have answered? Recorded requests are asked again, and both answers become pairs."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
from tenure_eventlog import EventLog
from tenure_eventlog.retained import retained
from tenure_eventlog.topics import PREDICTIONS
from tenure_monitor.telemetry import UNREADABLE, Prediction, read_prediction, write

from tenure.client import AsyncClient

AT_ONCE, MOST_RECORDS = 500, 1_000_000
ANSWER_SECONDS = 30.0
Answer = Callable[[Any], Awaitable[float]]


class NoScore(Exception):
    """A release answered, but no score; the message says what instead."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The release that is asked; `answer` gives the probability, and raises NoScore or HTTPError where it fails."""

    deployment: str
    release: str
    model_version: str
    answer: Answer


@dataclass(slots=True)
class Replayed:
    """`without`: answers by other releases whose request was not recorded."""

    asked: int = 0
    failed: int = 0
    without: int = 0


async def replay(log: EventLog, client: AsyncClient, candidate: Candidate, last: timedelta, most: int) -> Replayed:
    """Asks the candidate what others answered in the `last` time, `most` requests; tells monitor as mirrored ones.

    Repeats: what this release has answered counts once. Raises TopicMissing, LogUnavailable, ProblemError.
    """
    found, told = Replayed(), list[Prediction]()
    since_ms = int((datetime.now(UTC) - last).timestamp() * 1_000)
    async for prediction in _answered(log, candidate, since_ms, found):
        told.append(await _asked(candidate, prediction, found))
        if len(told) == AT_ONCE:
            await _tell(client, told)
            told.clear()
        if found.asked == most:
            break
    if told:
        await _tell(client, told)
    return found


async def _answered(log: EventLog, candidate: Candidate, since_ms: int, found: Replayed) -> AsyncIterator[Prediction]:
    """What others answered, with what was asked."""
    model, _, environment = candidate.deployment.partition("@")
    async for record in retained(log, PREDICTIONS.name, since_ms, MOST_RECORDS):
        try:
            one = read_prediction(record.value or b"")
        except UNREADABLE:
            continue
        if (one.model, one.environment) != (model, environment) or one.mirror or one.release == candidate.release:
            continue
        if one.request is msgspec.UNSET:
            found.without += 1
        elif not one.failed:
            yield one


async def _asked(candidate: Candidate, before: Prediction, found: Replayed) -> Prediction:
    began, score = time.perf_counter(), None
    try:
        score = await candidate.answer(msgspec.json.decode(bytes(before.request)))  # type: ignore[arg-type]  # it has one
    except (NoScore, httpx.HTTPError):
        found.failed += 1
    found.asked += 1
    return msgspec.structs.replace(
        before,
        release=candidate.release,
        model_version=candidate.model_version,
        score=score,
        failed=score is None,
        latency_ms=(time.perf_counter() - began) * 1_000,
        predicted_at=datetime.now(UTC),
        mirror=True,
        consumer=None,
        context_age_seconds=None,  # the replay reads what is so now, not what was so then
        context_limit_seconds=None,
        request=msgspec.UNSET,
    )


async def _tell(client: AsyncClient, told: list[Prediction]) -> None:
    await client.post("/monitor/v1/telemetry/predictions", [msgspec.json.decode(write(one)) for one in told])


def over_http(http: httpx.AsyncClient, url: str) -> Answer:
    """The recorded request is POSTed; the answer is a JSON object with a `score` between 0 and 1."""

    async def answer(request: Any) -> float:
        found = await http.post(url, json=request, timeout=ANSWER_SECONDS)
        if not found.is_success:
            raise NoScore(f"{url} answered {found.status_code}")
        try:
            return _score(found.json())
        except ValueError:
            raise NoScore(f"{url} answered no JSON") from None

    return answer


def _score(body: Any) -> float:
    score = body.get("score") if isinstance(body, Mapping) else None
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise NoScore("the answer has no `score` between 0 and 1")
    return float(score)
