"""What does a model get of a context that is a view, from publishing to the end of a revision?"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from tenure_eventlog import Message

from tests.integration.context_sync.desk import MARCH, TIGHT, Desk
from tests.integration.context_sync.story import WRITTEN_AT_MS

pytestmark = pytest.mark.postgres

JOURNEYS: dict[str, Any] = {
    "context": "journeys",
    "source": "flights",
    "entity_key": ["flight"],
    "columns": {
        "hours": {"expression": "hours", "default": -1},
        "seats": {"expression": "coalesce(plane.seats, 0)", "default": 150},
        "bad": "delayed > 60",
    },
    "joins": {"plane": {"source": "planes", "on": ["tail"]}},
    "aggregates": {
        "delayed": {
            "source": "delays",
            "by": ["flight"],
            "time_field": "at",
            "window_seconds": 3600,
            "function": "sum",
            "field": "minutes",
        }
    },
    "expectations": [{"field": "hours", "rule": "range", "minimum": 0, "maximum": 24}],
}
HOURS = {"context": "hours", "source": "flights", "entity_key": ["flight"], "fields": ["hours"]}


def changed(topic: str, key: dict[str, object], seconds: float, op: str = "u", **row: object) -> Message:
    """A change that was committed so many seconds after the beginning of March, at the place of that number."""
    source = {"ts_ms": WRITTEN_AT_MS + int(seconds * 1_000), "lsn": int(seconds * 10) + 1, "snapshot": "false"}
    after = None if op == "d" else {**key, **row}
    return Message(topic, msgspec.json.encode(key), msgspec.json.encode({"op": op, "source": source, "after": after}))


def flight(seconds: float, **row: object) -> Message:
    return changed("flights", {"flight": "UA1"}, seconds, **{"tail": "N1", "hours": 3, **row})


def delay(number: int, seconds: float, minutes: float, op: str = "u") -> Message:
    at = (MARCH + timedelta(seconds=seconds)).isoformat()
    return changed("delays", {"id": number}, seconds, op, flight="UA1", at=at, minutes=minutes)


@pytest.fixture
async def desk(tmp_path: Path, database: str) -> AsyncIterator[Desk]:
    """Flights, planes and delays; nothing published of them."""
    async with AsyncExitStack() as stack:
        opened = await Desk.open(tmp_path, database, stack)
        opened.topics.clear()
        await opened.source("flights", ["flight"], flight="string", tail="string", hours="double")
        await opened.source("planes", ["tail"], tail="string", seats="integer")
        await opened.source("delays", ["id"], id="integer", flight="string", at="string", minutes="double")
        yield opened


async def read(desk: Desk, context: str = "journeys", revision: int = 1, **more: object) -> Any:
    return await desk.ask(
        "POST", f"/contexts/{context}/revisions/{revision}/read", {"keys": [{"flight": "UA1"}], **more}
    )


async def row(desk: Desk, context: str = "journeys", revision: int = 1, **more: object) -> dict[str, Any]:
    response = await read(desk, context, revision, **more)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["rows"][0]
    return found


async def refusal(desk: Desk, context: str = "journeys", revision: int = 1, **more: object) -> tuple[int, str]:
    response = await read(desk, context, revision, **more)
    return response.status_code, response.json()["type"].rpartition(":")[2]


async def happened(desk: Desk, context: str) -> list[str]:
    replica = desk.platform.runtimes["context-sync"].replica
    return [type(event).__name__ for _, event in await replica.events(f"context/context/{context}")]


async def test_values_are_made_of_rows_joins_and_a_window_that_slides(desk: Desk) -> None:
    await desk.fed(delay(1, 10, 50), flight(20), changed("planes", {"tail": "N1"}, 30, seats=180))
    await desk.settled(40)
    await desk.done("/contexts", JOURNEYS)
    await desk.fed(delay(2, 60, 30), delay(3, 70, 5))
    await desk.settled(60)
    found = await row(desk)
    assert found["values"] == {"flight": "UA1", "delayed": 85, "hours": 3, "seats": 180, "bad": True}
    ages = {name: group["age_seconds"] for name, group in found["groups"].items()}
    assert ages == {"primary": 80, "plane": 70, "delayed": 30}
    await desk.fed(delay(2, 110, 0, "d"), delay(3, 120, 7))
    await desk.settled(3_500)
    assert (await row(desk))["values"]["delayed"] == 57
    await desk.settled(10)
    assert (await row(desk))["values"]["delayed"] == 7


async def test_a_new_window_is_filled_with_what_was_there_and_the_event_says_so(desk: Desk) -> None:
    await desk.fed(*(delay(number, 1 + number / 10, 1) for number in range(30)))
    await desk.settled(10)
    await desk.done("/contexts", JOURNEYS)
    assert await refusal(desk) == (409, "not-backfilled")
    await desk.fed(flight(8))
    await desk.settled(1)
    assert (await row(desk))["values"]["delayed"] == 30
    assert await happened(desk, "journeys") == ["ContextPublished", "ContextBackfilled"]


async def test_after_a_rename_the_old_revision_goes_on_with_its_last_row_beside_the_new_one(desk: Desk) -> None:
    await desk.done("/contexts", HOURS)
    await desk.fed(flight(10, hours=3))
    await desk.settled(20)
    gone = {"tail": "N1", "duration": 4.5}
    await desk.fed(changed("flights", {"flight": "UA1"}, 30, **gone))
    await desk.settled(40)
    old = await row(desk, "hours")
    assert (old["values"], old["source_at"], old["age_seconds"]) == (
        {"flight": "UA1", "hours": 3},
        "2013-03-01T00:00:10Z",
        50,
    )
    assert await quarantined(desk) == ["hours@1 field-missing:hours"]
    await desk.fed(flight(70, hours=5))
    await desk.settled(20)
    assert (await row(desk, "hours"))["values"]["hours"] == 5


async def quarantined(desk: Desk) -> list[str]:
    connection = await asyncpg.connect(desk.database)
    try:
        rows = await connection.fetch("select scope, reason from ingest.quarantine where discarded_at is null")
        return sorted(f"{row['scope']} {row['reason']}" for row in rows)
    finally:
        await connection.close()


async def test_a_row_that_breaks_an_expectation_is_parked_for_that_revision_alone(desk: Desk) -> None:
    await desk.done("/contexts", JOURNEYS)
    await desk.done("/contexts", HOURS)
    await desk.fed(flight(1, hours=3), flight(2, hours=99))
    await desk.settled(10)
    assert (await row(desk))["values"]["hours"] == 3
    assert (await row(desk, "hours"))["values"]["hours"] == 99
    assert await quarantined(desk) == ["journeys@1 out-of-range:hours"]


async def test_a_row_that_refers_to_one_that_comes_later_is_replayed_for_the_revision_that_missed_it(
    desk: Desk,
) -> None:
    known = [{"field": "tail", "rule": "references", "source": "planes"}]
    await desk.done("/contexts", JOURNEYS | {"context": "checked", "expectations": known})
    await desk.done("/contexts", HOURS | {"expectations": [{"field": "hours", "rule": "range", "maximum": 4}]})
    await desk.fed(flight(1), flight(2, tail="N2", hours=5))
    await desk.settled(10)
    missing = "checked@1 no-such-row:planes"
    assert await quarantined(desk) == [missing, missing, "hours@1 out-of-range:hours"]
    assert (await row(desk, "checked"))["verdict"] == "missing"
    await desk.fed(changed("planes", {"tail": "N2"}, 3, seats=9))
    await desk.settled(1)
    done = await desk.done("/quarantine/replay", {"scope": "checked@1"})
    assert (done["records"], done["again"]) == (2, 1)
    assert (await row(desk, "checked"))["values"]["seats"] == 9
    assert await quarantined(desk) == [missing, "hours@1 out-of-range:hours"]


async def test_what_one_revision_can_never_read_stops_no_source_and_is_counted_once_its_quarantine_is_full(
    desk: Desk,
) -> None:
    await desk.done("/contexts", HOURS | {"expectations": [{"field": "hours", "rule": "range", "maximum": 1}]})
    await desk.fed(*(flight(number / 10) for number in range(1_200)))
    await desk.settled(200)
    held = await desk.got("/quarantine")
    assert (held["counts"][0]["records"], held["trouble"]) == (1_000, [])
    passed = {"scope": "hours@1", "reason": "out-of-range:hours", "records": 200}
    assert [one | passed for one in held["passed"]] == held["passed"] != []


async def test_what_was_held_for_a_revision_goes_with_it(desk: Desk) -> None:
    never = [{"field": "hours", "rule": "range", "maximum": 1}]
    await desk.done("/contexts", HOURS | {"needs_approval": True, "expectations": never})
    await desk.fed(flight(1))
    await desk.settled(2)
    assert await quarantined(desk) == ["hours@1 out-of-range:hours"]
    desk.who = "officer"
    await desk.done("/contexts/hours/revisions/1/refuse", {"reason": "no"})
    desk.who = "engineer"
    await desk.settled(1)
    assert await quarantined(desk) == []


async def test_a_revision_that_needs_approval_is_read_once_somebody_else_has_approved_it(desk: Desk) -> None:
    await desk.done("/contexts", HOURS | {"needs_approval": True})
    assert await refusal(desk, "hours") == (409, "not-approved")
    approve = "/contexts/hours/revisions/1/approve"
    desk.who = "officer"
    await desk.done(approve, {"comment": "seen"})
    assert (await row(desk, "hours"))["verdict"] == "missing"


async def test_a_refused_revision_is_dropped_at_once(desk: Desk) -> None:
    await desk.done("/contexts", HOURS | {"needs_approval": True})
    desk.who = "officer"
    await desk.done("/contexts/hours/revisions/1/refuse", {"reason": "no"})
    assert await refusal(desk, "hours") == (409, "not-approved")
    desk.who = "engineer"
    await desk.settled(1)
    assert await refusal(desk, "hours") == (410, "revision-is-gone")
    assert await happened(desk, "hours") == ["ContextPublished", "ContextRefused", "ContextDropped"]


async def test_a_revision_is_dropped_a_day_after_the_last_reference_and_the_newest_never(desk: Desk) -> None:
    await desk.done("/contexts", JOURNEYS)
    await desk.done("/contexts", JOURNEYS | {"aggregates": {}, "columns": {"hours": "hours"}})
    for version, revision in (("1", 1), ("2", 2)):
        bound = {"model": "delays", "model_version": version, "context": "journeys", "revision": revision}
        await desk.done("/bindings", bound | {"sla": TIGHT})
    await desk.settled(100_000)
    assert await happened(desk, "journeys") == ["ContextPublished", "ContextPublished", "ContextBackfilled"]
    moved = {"model": "delays", "model_version": "1", "context": "journeys", "revision": 2, "sla": TIGHT}
    await desk.done("/bindings", moved)
    await desk.settled(86_300)
    assert (await row(desk))["verdict"] == "missing"
    await desk.settled(101)
    assert await refusal(desk) == (410, "revision-is-gone")
    assert (await row(desk, revision=2))["verdict"] == "missing"
    await desk.settled(200_000)
    assert (await happened(desk, "journeys"))[3:] == ["ContextDropped"]


async def test_what_is_too_old_is_flagged_defaulted_or_refused_as_the_caller_says(desk: Desk) -> None:
    await desk.done("/contexts", JOURNEYS)
    await desk.done(
        "/bindings", {"model": "m", "model_version": "1", "context": "journeys", "revision": 1, "sla": TIGHT}
    )
    await desk.fed(flight(1), changed("planes", {"tail": "N1"}, 2, seats=180), delay(1, 65, 70))
    await desk.settled(100)
    flagged = await row(desk, model="m")
    assert (flagged["verdict"], flagged["values"]["hours"]) == ("stale", 3)
    assert {name: group["verdict"] for name, group in flagged["groups"].items()} == {
        "primary": "stale",
        "plane": "stale",
        "delayed": "fresh",
    }
    defaulted = await row(desk, model="m", on_stale="default")
    assert defaulted["values"] == {"flight": "UA1", "delayed": 70, "hours": -1, "seats": 150, "bad": True}
    assert defaulted["groups"]["plane"]["policy"] == "default"
    refused = await read(desk, model="m", on_stale="fail")
    assert (refused.status_code, refused.json()["groups"]) == (409, {"plane": {"stale": 1}, "primary": {"stale": 1}})


async def test_a_binding_that_falls_back_gets_defaults_without_asking(desk: Desk) -> None:
    await desk.done("/contexts", HOURS | {"fields": [], "columns": {"hours": JOURNEYS["columns"]["hours"]}})
    bound = {"model": "m", "model_version": "1", "context": "hours", "revision": 1}
    await desk.done("/bindings", bound | {"sla": TIGHT | {"on_breach": "fall_back"}})
    await desk.fed(flight(1))
    await desk.settled(10)
    assert (await row(desk, "hours", model="m"))["values"]["hours"] == 3
    await desk.settled(100)
    assert (await row(desk, "hours", model="m"))["values"]["hours"] == -1


async def test_a_row_older_than_its_ttl_is_expired(desk: Desk) -> None:
    await desk.done("/contexts", HOURS | {"ttl_seconds": 50})
    await desk.fed(flight(1), changed("flights", {"flight": "UA2"}, 60, hours=1, tail="N2"))
    await desk.settled(51)
    assert (await row(desk, "hours"))["verdict"] == "fresh"
    await desk.settled(1)
    assert (await row(desk, "hours"))["verdict"] == "expired"


async def test_a_deleted_row_is_missing_with_the_time_of_its_end(desk: Desk) -> None:
    await desk.done("/contexts", HOURS)
    await desk.fed(flight(1), changed("flights", {"flight": "UA1"}, 5, "d"))
    await desk.settled(10)
    found = await row(desk, "hours")
    assert (found["verdict"], found["values"], found["source_at"]) == ("missing", None, "2013-03-01T00:00:05Z")


async def test_the_document_schema_is_published(desk: Desk) -> None:
    schema = await desk.got("/contexts/schema")
    assert {"source", "entity_key", "columns", "joins", "aggregates"} <= schema["properties"].keys()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"columns": {"x": "hours ** 2"}}, "expression-unreadable"),
        ({"columns": {"x": "speed"}}, "field-not-declared"),
        ({"joins": {"plane": {"source": "planes", "on": ["tail", "tail"]}}}, "join-does-not-fit-key"),
        (
            {"aggregates": {"delayed": JOURNEYS["aggregates"]["delayed"] | {"time_field": "when"}}},
            "aggregate-without-time",
        ),
    ],
)
async def test_what_is_no_view_is_refused_with_the_rule(desk: Desk, change: dict[str, Any], rule: str) -> None:
    assert await desk.refused("/contexts", JOURNEYS | change) == (422, rule)
