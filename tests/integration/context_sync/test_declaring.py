"""What may be declared of sources, contexts and snapshots over HTTP?"""

import msgspec
import pytest
from tenure_eventlog import Message
from tenure_eventlog.topics import TopicSpec

from tests.integration.context_sync.desk import TIGHT, Desk, binding, context
from tests.integration.context_sync.story import TOPIC, change

pytestmark = pytest.mark.postgres


DECLARED = {
    "source": "observations",
    "topic": TOPIC,
    "key": ["origin"],
    "fields": [{"name": "origin", "type": "string"}, {"name": "wind", "type": "double"}],
}


def source(name: str, topic: str) -> dict[str, object]:
    return {"source": name, "topic": topic, "key": ["id"], "fields": [{"name": "id", "type": "string"}]}


async def test_what_is_declared_can_be_read_again(weather: Desk) -> None:
    assert (await weather.got("/sources/observations"))["topic"] == TOPIC
    assert [one["revision"] for one in await weather.got("/contexts/weather")] == [1]
    assert [one["sla"] for one in await weather.got("/bindings/delays")] == [TIGHT | {"objective": None, "classes": []}]
    assert [one["name"] for one in (await weather.got("/sources"))["items"]] == ["observations"]


async def test_a_topic_feeds_one_source(weather: Desk) -> None:
    assert await weather.refused("/sources", source("again", TOPIC)) == (409, "topic-taken")


async def test_none_of_tenures_own_topics_is_a_source(weather: Desk) -> None:
    assert await weather.refused("/sources", source("odd", "tenure.access")) == (422, "topic-is-tenures")


async def test_a_context_needs_its_source(weather: Desk) -> None:
    assert await weather.refused("/contexts", context(2, source="nowhere")) == (404, "source-not-registered")


async def test_a_context_is_read_by_its_sources_key(weather: Desk) -> None:
    assert await weather.refused("/contexts", context(2, entity_key=["wind"])) == (422, "key-is-not-the-sources")


async def test_a_binding_needs_its_revision(weather: Desk) -> None:
    assert await weather.refused("/bindings", binding(revision=2)) == (422, "revision-not-published")


async def test_whoever_rereads_a_pinned_stretch_gets_its_digest(weather: Desk) -> None:
    await weather.fed(*(change(f"A{number}", number, lsn=number) for number in range(1, 50)))
    await weather.done("/snapshots", {"snapshot": "winter", "context": "weather", "revision": 1})
    await weather.fed(change("JFK", 0, lsn=99))
    pinned = await weather.got("/snapshots/winter")
    reread = await weather.reread(pinned["offsets"])
    assert (pinned["records"], pinned["digest"]) == (49, reread.hex())
    assert reread.records == 49


async def test_pinning_again_after_more_has_come_changes_nothing(weather: Desk) -> None:
    await weather.fed(change("JFK", 1, lsn=1))
    first = await weather.done("/snapshots", {"snapshot": "winter", "context": "weather", "revision": 1})
    await weather.fed(change("JFK", 2, lsn=2))
    again = await weather.done("/snapshots", {"snapshot": "winter", "context": "weather", "revision": 1})
    assert first["digest"] == again["digest"]


async def test_a_pinned_name_is_not_given_to_another_revision(weather: Desk) -> None:
    await weather.done("/snapshots", {"snapshot": "winter", "context": "weather", "revision": 1})
    await weather.done("/contexts", context(2, fields=["origin", "wind"]))
    body = {"snapshot": "winter", "context": "weather", "revision": 2}
    assert await weather.refused("/snapshots", body) == (409, "snapshot-is-fixed")


async def test_a_snapshot_of_a_topic_that_is_not_there_is_refused(weather: Desk) -> None:
    await weather.done("/sources", source("planned", "erp.public.planned"))
    body = {"context": "planned", "revision": 1, "source": "planned", "entity_key": ["id"], "fields": ["id"]}
    await weather.done("/contexts", body)
    snapshot = {"snapshot": "early", "context": "planned", "revision": 1}
    assert await weather.refused("/snapshots", snapshot) == (409, "topic-missing")


async def test_plain_json_is_read_with_the_time_and_the_place_that_its_fields_tell(weather: Desk) -> None:
    fields = [{"name": name, "type": "string"} for name in ("id", "name", "at", "place")]
    topic = "erp.public.planned"
    await weather.log.create_topics((TopicSpec(name=topic, partitions=1, retention_ms=3_600_000),))
    body = {"source": "planned", "topic": topic, "key": ["id"], "fields": fields, "format": "json"}
    await weather.done("/sources", body | {"time_field": "at", "position_field": "place"})
    entity = {"context": "planned", "revision": 1, "source": "planned", "entity_key": ["id"], "fields": ["name"]}
    await weather.done("/contexts", entity)
    for name, place in (("second", 2), ("first", 1)):
        row = {"id": "a", "name": name, "at": "2013-03-01T00:00:00Z", "place": place}
        await weather.fed(Message(topic, b'{"id":"a"}', msgspec.json.encode(row)))
    await weather.settled(topic=topic)
    [found] = (await weather.done("/contexts/planned/revisions/1/read", {"keys": [{"id": "a"}]}))["rows"]
    assert found["values"]["name"] == "second"
    assert found["source_at"].startswith("2013-03-01T00:00:00")


async def test_a_source_keeps_what_says_when_its_rows_changed(weather: Desk) -> None:
    loaded = DECLARED | {"source": "loads", "topic": "weather.loads", "format": "json"}
    await weather.done("/sources", loaded)
    assert await weather.refused("/sources", loaded | {"time_field": "wind"}) == (409, "source-is-fixed")
