"""Is a source alive, idle or dead? A script writes what Debezium would, on a clock that only the test moves."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tenure_context_sync.events import SlaBreached
from tenure_eventlog import Message
from tenure_eventlog.topics import TopicSpec

from tests.integration.context_sync.desk import TIGHT, Desk, binding, context
from tests.integration.context_sync.story import TOPIC, WRITTEN_AT_MS, change

pytestmark = pytest.mark.postgres
BEATS, TRANSACTIONS = "weather.public.beats", "weather.transaction"
FIELDS = [{"name": "origin", "type": "string"}, {"name": "wind", "type": "double"}]
SOURCE = {
    "source": "observations",
    "topic": TOPIC,
    "key": ["origin"],
    "fields": FIELDS,
    "heartbeat": {"topic": BEATS, "every_seconds": 10},
    "transaction_topic": TRANSACTIONS,
}


def beat(seconds: float) -> Message:
    """A row of the heartbeat table, committed `seconds` after the beginning of March."""
    source = {"ts_ms": WRITTEN_AT_MS + int(seconds * 1_000), "lsn": int(seconds), "snapshot": "false"}
    return Message(BEATS, b'{"id":1}', msgspec.json.encode({"op": "u", "source": source, "after": {"id": 1}}))


def begun(seconds: float) -> Message:
    value = {"status": "BEGIN", "id": f"7:{int(seconds)}", "ts_ms": WRITTEN_AT_MS + int(seconds * 1_000)}
    return Message(TRANSACTIONS, b'{"id":"7"}', msgspec.json.encode(value))


@pytest.fixture
async def watched(tmp_path: Path, database: str) -> AsyncIterator[Desk]:
    """A source that beats every ten seconds, read under a limit of a minute."""
    async with AsyncExitStack() as stack:
        desk = await Desk.open(tmp_path, database, stack)
        specs = [TopicSpec(name=name, partitions=1, retention_ms=3_600_000) for name in (BEATS, TRANSACTIONS)]
        await desk.log.create_topics(specs)
        await desk.done("/sources", SOURCE)
        await desk.done("/contexts", context())
        await desk.done("/bindings", binding())
        yield desk


async def moved(desk: Desk, seconds: float) -> None:
    """Moves the clock once all topics are folded up to their ends."""
    topics = [TOPIC, BEATS, TRANSACTIONS]
    runtime = desk.platform.runtimes["context-sync"]
    await runtime.wait_for(await desk.log.end_offsets(topics), 20)
    await desk.settled(seconds)


async def verdict(desk: Desk) -> dict[str, Any]:
    [one] = await desk.got("/liveness")
    return dict(one)


async def happened(desk: Desk) -> list[str]:
    replica = desk.platform.runtimes["context-sync"].replica
    return [type(event).__name__ for _, event in await replica.events("context/source/observations")]


async def test_an_idle_source_is_as_young_as_its_heartbeat_and_breaches_nothing(watched: Desk) -> None:
    await watched.fed(change("JFK", 9.5, lsn=1, seconds=0), beat(0))
    await moved(watched, 0)
    before = await watched.story()
    for minutes in range(1, 11):
        await watched.fed(beat(60 * minutes - 5))
        await moved(watched, 0)
        await moved(watched, 60)
    assert await watched.story() == before
    found = await verdict(watched)
    assert (found["state"], found["age_seconds"]) == ("idle", 5.0)


async def test_a_source_whose_data_changes_is_alive(watched: Desk) -> None:
    await watched.fed(change("JFK", 9.5, lsn=1, seconds=0), beat(1))
    await moved(watched, 5)
    assert (await verdict(watched))["state"] == "alive"


async def test_a_dead_source_is_silent_after_two_heartbeats_and_recovers_with_the_next(watched: Desk) -> None:
    await watched.fed(change("JFK", 9.5, lsn=1, seconds=0), beat(0))
    await moved(watched, 20)
    assert await happened(watched) == ["SourceRegistered"]
    await moved(watched, 1)
    assert await happened(watched) == ["SourceRegistered", "SourceSilent"]
    assert (await verdict(watched))["state"] == "silent"
    await watched.fed(beat(20))
    await moved(watched, 0)
    assert await happened(watched) == ["SourceRegistered", "SourceSilent", "SourceRecovered"]


async def test_a_dead_source_breaches_once_the_limit_is_passed_and_restores_once(watched: Desk) -> None:
    await watched.fed(change("JFK", 9.5, lsn=1, seconds=0), beat(0))
    await moved(watched, 60)
    before = await watched.story()
    await moved(watched, 1)
    assert await watched.story() == [*before, "SlaBreached"]
    await watched.fed(beat(60))
    await moved(watched, 0)
    assert await watched.story() == [*before, "SlaBreached", "SlaRestored"]


async def breached_classes(desk: Desk) -> list[str | None]:
    """What was told of, in order."""
    events = await desk.platform.runtimes["context-sync"].replica.events("context/binding/delays")
    return [event.entity_class for _, event in events if isinstance(event, SlaBreached)]


async def test_a_class_of_entities_breaches_by_its_own_limit_before_all_others_do(watched: Desk) -> None:
    strict = {"field": "origin", "value": "JFK", "max_age_seconds": 30}
    await watched.fed(change("JFK", 9.5, lsn=1, seconds=0), beat(0))
    await moved(watched, 0)
    await watched.done("/bindings", binding(model_version="2", sla={**TIGHT, "classes": [strict]}))
    await watched.done("/bindings/delays/1/weather/unbind", {"reason": "moved"})
    await moved(watched, 30)
    before = await watched.story()
    assert await breached_classes(watched) == []
    await moved(watched, 1)
    assert await breached_classes(watched) == ["origin=JFK"]
    await moved(watched, 30)
    assert await breached_classes(watched) == ["origin=JFK", None]
    await watched.fed(beat(25))
    await moved(watched, 0)
    assert await watched.story() == [*before, "SlaBreached", "SlaBreached", "SlaRestored"]
    await watched.fed(beat(61))
    await moved(watched, 0)
    assert await watched.story() == [*before, "SlaBreached", "SlaBreached", "SlaRestored", "SlaRestored"]


async def broken(desk: Desk) -> float | None:
    """As Prometheus reads it, of those that pause a rollout."""
    text = desk.platform.runtimes["context-sync"].metrics.text().decode()
    name = 'tenure_slas_broken{on_breach="pause_rollout",service="context-sync"} '
    return next((float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name)), None)


async def test_what_is_broken_is_counted_for_alerts_until_it_is_kept_again(watched: Desk) -> None:
    await watched.fed(change("JFK", 9.5, lsn=1, seconds=0), beat(0))
    await moved(watched, 61)
    await moved(watched, 1)
    assert await broken(watched) == 1.0
    await watched.fed(beat(62))
    await moved(watched, 0)
    await moved(watched, 1)
    assert await broken(watched) == 0.0


async def test_a_source_that_comes_and_goes_for_ever_is_told_each_time(watched: Desk) -> None:
    """Each verdict is one hop from what declared it, however many went before: no alarm of reactions in a circle."""
    await watched.fed(change("JFK", 9.5, lsn=1, seconds=0), beat(0))
    await moved(watched, 0)
    before = await watched.story()
    for minutes in range(1, 11):
        await moved(watched, 120)
        await watched.fed(beat(120 * minutes))
        await moved(watched, 0)
    assert await watched.story() == [*before, *["SlaBreached", "SlaRestored"] * 10]
    assert await happened(watched) == ["SourceRegistered", *["SourceSilent", "SourceRecovered"] * 10]


async def test_the_connectors_own_heartbeat_proves_nothing(watched: Desk) -> None:
    await watched.fed(change("JFK", 9.5, lsn=1, seconds=0), beat(0))
    await watched.fed(
        Message(BEATS, b'{"serverName":"weather"}', msgspec.json.encode({"ts_ms": WRITTEN_AT_MS + 59_000}))
    )
    await moved(watched, 60)
    found = await verdict(watched)
    assert (found["state"], found["age_seconds"]) == ("silent", 60.0)


async def test_a_transaction_that_does_not_end_is_told_and_holds_the_age(watched: Desk) -> None:
    await watched.fed(change("JFK", 9.5, lsn=1, seconds=0), beat(0), begun(2))
    await watched.fed(beat(25))
    await moved(watched, 30)
    found = await verdict(watched)
    assert (found["state"], found["age_seconds"]) == ("incomplete", 28.0)


async def test_a_snapshot_in_mid_stream_moves_nothing_back_and_proves_nothing(watched: Desk) -> None:
    await watched.fed(change("JFK", 9.5, lsn=5, seconds=5), beat(6))
    await moved(watched, 10)
    await watched.fed(change("JFK", 9.5, lsn=None, op="r", snapshot="incremental", seconds=9))
    await moved(watched, 0)
    assert (await verdict(watched))["age_seconds"] == 4.0


async def test_freshness_of_a_past_moment_is_what_the_events_say(watched: Desk) -> None:
    await watched.fed(change("JFK", 9.5, lsn=1, seconds=0), beat(0))
    await moved(watched, 0)
    await moved(watched, 61)
    await moved(watched, 20)
    [then] = await watched.got("/freshness", model="delays", effective_at="2013-03-01T00:00:30Z")
    assert (then["breached"], then["age_at_least_seconds"], then["age_at_most_seconds"]) == (False, 0.0, 60.0)
    [then] = await watched.got("/freshness", model="delays", effective_at="2013-03-01T00:01:11Z")
    assert (then["breached"], then["age_at_least_seconds"], then["age_at_most_seconds"]) == (True, 60.0, 71.0)


async def test_an_sla_tighter_than_two_heartbeats_is_refused(watched: Desk) -> None:
    tight = {"lane": "streaming", "max_age_seconds": 19, "on_breach": "alert"}
    assert await watched.refused("/bindings", binding(sla=tight)) == (422, "sla-tighter-than-heartbeat")
