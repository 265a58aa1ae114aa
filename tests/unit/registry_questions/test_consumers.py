"""Who uses a model, as they say and as telemetry says; and what of that keeps a version from its end?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from tenure_journal import Auth, Order, Replica, Writer
from tenure_monitor.app import definition as monitor
from tenure_monitor.callers.decider import MissConsumer, Place, SeeConsumer
from tenure_monitor.names import CallerName, ModelName, ModelVersion

from tests.integration.rollout.stage import Stage

MODEL = "/registry/v1/models/delays"
VERSION = f"{MODEL}/versions/1"
SEEN = "monitor/callers/delays"
RETIRE = {"reason": "its day has come"}


class Monitor:
    """Monitor's stream of callers, without telemetry."""

    def __init__(self, stage: Stage, writer: Writer) -> None:
        self._stage, self._writer, self._counted = stage, writer, 0

    async def sees(self, consumer: str, calls: int = 1, version: str = "1") -> None:
        self._counted += calls
        now, place = self._stage.now, Place(ModelVersion(version), CallerName(consumer))
        await self._say(
            SeeConsumer(model=ModelName("delays"), place=place, seen_at=now, counted=self._counted, now=now)
        )

    async def misses(self, consumer: str, version: str = "1") -> None:
        now, place = self._stage.now, Place(ModelVersion(version), CallerName(consumer))
        last = now - timedelta(days=1)
        await self._say(
            MissConsumer(model=ModelName("delays"), place=place, last_seen_at=last, counted=self._counted, now=now)
        )

    async def _say(self, command: object) -> None:
        number = next(self._stage.numbers)
        order = Order(
            stream=SEEN,
            command=command,
            command_id=UUID(int=number),
            command_digest=str(number),
            auth=Auth("system:monitor", "system"),
            occurred_at=self._stage.now,
        )
        await self._writer.execute(order)


@pytest.fixture
async def seen(stage: Stage) -> AsyncIterator[Monitor]:
    service = monitor()
    replica = Replica(stage.log, [service.fold])
    await replica.start()
    yield Monitor(stage, Writer(stage.log, replica, service.fold, service.deciders))
    await replica.stop()


async def consumers(stage: Stage, of: str = MODEL, **query: str) -> dict[str, Any]:
    """What is listed of each consumer, by its name."""
    return {one.pop("consumer"): one for one in await stage.got(f"{of}/consumers", **query)}


async def deprecated(stage: Stage) -> None:
    sunset = {"sunset_at": (stage.now + timedelta(hours=1)).isoformat(), "reason": "a better one is there"}
    await stage.done(f"{VERSION}/deprecation", sunset, "engineer")


async def refused(stage: Stage, path: str, body: dict[str, str]) -> dict[str, Any]:
    problem: dict[str, Any] = (await stage.ask("POST", f"{VERSION}/{path}", body, "engineer")).json()
    return {**problem, "type": problem["type"].rpartition(":")[2]}


async def test_a_consumer_is_listed_with_what_it_says_and_what_is_seen_of_it(stage: Stage, seen: Monitor) -> None:
    await stage.in_production("1")
    await stage.done(f"{MODEL}/consumers", {"consumer": "board", "purpose": "delays"}, "engineer")
    await seen.sees("board", calls=3)
    await stage.settled(hours=24)
    await seen.sees("board", calls=40)
    await seen.sees("kiosk", calls=5)
    await stage.settled()
    found = await consumers(stage)
    assert (found["board"]["declared"], found["board"]["declared_by"]) == (True, "p-engineer")
    assert found["board"]["observed"] == [
        {
            "model_version": "1",
            "last_at": "2013-03-02T00:00:00Z",
            "since": "2013-03-01T00:00:00Z",
            "calls": 40,
            "quiet": False,
            "event": f"{SEEN}#2",
        }
    ]
    assert (found["kiosk"]["declared"], found["kiosk"]["declared_by"], found["kiosk"]["purpose"]) == (False, None, None)


async def test_of_one_version_only_who_calls_that_one_is_listed_beside_the_declared(
    stage: Stage, seen: Monitor
) -> None:
    await stage.in_production("1")
    await stage.done(f"{MODEL}/consumers", {"consumer": "board"}, "engineer")
    await seen.sees("kiosk", version="2")
    await stage.settled()
    assert list(await consumers(stage, VERSION)) == ["board"]
    assert list(await consumers(stage)) == ["board", "kiosk"]


async def test_what_was_known_at_a_moment_stays_the_answer_for_it(stage: Stage, seen: Monitor) -> None:
    await stage.in_production("1")
    await seen.sees("kiosk")
    await stage.settled()
    ends = await stage.log.end_offsets(["tenure.registry.events", "tenure.monitor.events"])
    then = orjson.dumps({f"{p.topic}/{p.number}": end for p, end in ends.items()}).decode()
    await seen.sees("late")
    await stage.settled()
    assert list(await consumers(stage, as_of=then)) == ["kiosk"]
    assert list(await consumers(stage)) == ["kiosk", "late"]


async def test_an_unknown_model_or_version_has_no_list(stage: Stage) -> None:
    assert (await stage.ask("GET", f"{MODEL}/consumers")).status_code == 404
    await stage.in_production("1")
    assert (await stage.ask("GET", f"{MODEL}/versions/9/consumers")).status_code == 404


async def test_who_calls_without_a_word_keeps_a_version_alive_until_it_is_quiet_and_somebody_answers_for_it(
    stage: Stage, seen: Monitor
) -> None:
    """A whole ending of a version that an undeclared consumer uses behind everybody's back."""
    await stage.in_production("1")
    await deprecated(stage)
    await seen.sees("kiosk")
    await stage.settled(hours=2)
    await stage.settled_everywhere()
    [notice] = (await consumers(stage, VERSION))["kiosk"]["notices"]
    assert (notice["awaited"], notice["acknowledged_by"], notice["notified_at"] is None) == (True, None, False)

    refusal = await refused(stage, "retirement", RETIRE)
    assert (refusal["type"], refusal["traffic"]) == ("still-serving", ["kiosk at 2013-03-01T00:00:00+00:00"])
    await stage.settled(hours=24)
    await seen.misses("kiosk")
    assert (await refused(stage, "retirement", RETIRE))["type"] == "not-acknowledged"

    word = {"consumer": "kiosk"}
    assert (await refused(stage, "acknowledgements", word))["type"] == "consumer-undeclared"
    await stage.done(f"{VERSION}/acknowledgements", word | {"reason": "they were rung up"}, "operator")
    await stage.done(f"{VERSION}/retirement", RETIRE, "engineer")
    await stage.settled()
    assert (await stage.got(VERSION))["stage"] == "retired"


async def test_those_without_a_name_are_traffic_but_nobody_has_to_answer_for_them(stage: Stage, seen: Monitor) -> None:
    await stage.in_production("1")
    await deprecated(stage)
    await seen.sees("(unnamed)")
    await stage.settled(hours=2)
    assert (await refused(stage, "retirement", RETIRE))["type"] == "still-serving"
    await stage.settled(hours=24)
    await seen.misses("(unnamed)")
    await stage.done(f"{VERSION}/retirement", RETIRE, "engineer")


async def test_an_end_against_traffic_says_who_still_called_and_which_event_said_so(
    stage: Stage, seen: Monitor
) -> None:
    await stage.in_production("1")
    await seen.sees("kiosk", calls=7)
    await stage.done(f"{VERSION}/retirement", RETIRE | {"force": "it leaks"}, "admin")
    _, retired = (await stage.process.runtimes["registry"].replica.events("registry/model/delays"))[-1]
    assert [(one.consumer, one.calls) for one in retired.callers] == [("kiosk", 7)]
    assert (SEEN, 1) in [(one.stream, one.sequence) for one in retired.based_on]


async def test_a_consumer_that_is_seen_is_part_of_the_lineage_until_it_is_quiet(stage: Stage, seen: Monitor) -> None:
    await stage.in_production("1")
    await seen.sees("kiosk")
    await seen.sees("(unnamed)")
    await stage.settled()
    found = await stage.got("/registry/v1/lineage/version:delays@1", direction="down")
    edge = {"source": "version:delays@1", "target": "consumer:kiosk", "event": f"{SEEN}#1"}
    assert found["edges"] == [edge]
    above = await stage.got("/registry/v1/lineage/consumer:kiosk", direction="up")
    assert edge in above["edges"]
    await stage.settled(hours=24)
    await seen.misses("kiosk")
    await stage.settled()
    assert (await stage.ask("GET", "/registry/v1/lineage/consumer:kiosk")).status_code == 404
