"""Who asked for what, and was let, refused, or shown what is sensitive: told out of the log alone."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from tenure.access_report import Report, Window, report, sensitive_kind
from tenure.cli.access import as_document, instant, lines
from tenure_eventlog import Message, Partition
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ACCESS, REGISTRY_EVENTS

from tests.unit.service.desk import MODELS, VERSION, Desk, desk_over

ENTRIES = Partition(ACCESS.name, 0)
VERSIONS = f"{MODELS}/delays/versions"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_over(tmp_path) as opened:
        yield opened


async def a_day(desk: Desk) -> None:
    """An engineer creates two models and a version; a viewer is refused twice and reads the version with evidence."""
    await desk.model("fares")
    await desk.model("delays")
    await desk.ask("POST", VERSIONS, VERSION)
    await desk.model("mine", by="viewer")
    await desk.model("mine", by="viewer")
    await desk.model("delays", "another", by="admin")
    await desk.ask("GET", f"{VERSIONS}/v1", by="viewer")
    await desk.noted(4)


def told(found: Report, desk: Desk) -> dict[str, dict[str, Any]]:
    """What of each of the cast is told, by name."""
    document = as_document(found, {one.id: one.name for one in desk.tokens.all()})
    principals = document["principals"]
    assert isinstance(principals, list)
    return {one["name"]: one for one in principals}


def counts(found: Report, desk: Desk) -> dict[str, tuple[Any, Any, Any]]:
    return {name: (one["accepted"], one["refused"], one["read"]) for name, one in told(found, desk).items()}


async def test_each_principal_has_what_was_accepted_refused_and_read(desk: Desk) -> None:
    await a_day(desk)
    assert counts(await report(desk.log, Window()), desk) == {
        "engineer": ({"registry.model-created": 2, "registry.version-registered": 1}, {}, {}),
        "viewer": ({}, {"role-missing": 2}, {"evidence": 1}),
        "admin": ({}, {"model-exists": 1}, {}),
    }


async def test_first_and_last_are_when_the_log_recorded_them(desk: Desk) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    await a_day(desk)
    one = told(await report(desk.log, Window()), desk)["engineer"]
    first, last = (datetime.fromisoformat(one[name]) for name in ("first", "last"))
    assert before <= first <= last <= datetime.now(UTC)
    assert one["auth_types"] == ["user"]


async def test_only_one_principal_is_told_of_where_that_is_asked(desk: Desk) -> None:
    await a_day(desk)
    found = await report(desk.log, Window(principal=desk.tokens.named("viewer").id))
    assert counts(found, desk) == {"viewer": ({}, {"role-missing": 2}, {"evidence": 1})}
    assert counts(await report(desk.log, Window(principal="p-nobody")), desk) == {}


async def test_a_window_begins_with_its_first_instant_and_ends_before_its_last(tmp_path: Path) -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    hands = [noon]
    log = MemoryLog(lambda: int(hands[0].timestamp() * 1_000))
    async with desk_over(tmp_path, log=log) as desk:
        for hour in range(3):
            hands[0] = noon + timedelta(hours=hour)
            await desk.model(f"model-{hour}", by="viewer")
            await desk.noted(hour + 1)
        for since, until, entries in ((0, 3, 3), (1, 3, 2), (1, 2, 1), (0, 1, 1), (3, 9, 0)):
            window = Window(since=noon + timedelta(hours=since), until=noon + timedelta(hours=until))
            found = counts(await report(log, window), desk)
            assert sum(refused["role-missing"] for _, refused, _ in found.values()) == entries


async def test_what_lost_a_race_was_not_accepted(desk: Desk) -> None:
    receipt = (await desk.model("delays")).json()
    start = {Partition(REGISTRY_EVENTS.name, receipt["partition"]): receipt["offset"]}
    async with aclosing(desk.log.read(start)) as batches:
        record = (await anext(batches)).records[0]
    await desk.log.append([Message(record.topic, record.key, record.value, record.headers)])
    assert counts(await report(desk.log, Window()), desk)["engineer"][0] == {"registry.model-created": 1}


async def test_the_report_says_up_to_where_it_read(desk: Desk) -> None:
    await a_day(desk)
    found = await report(desk.log, Window())
    assert found.offsets == await desk.log.end_offsets([*{p.topic for p in found.offsets}])
    assert found.offsets[ENTRIES] == 4
    await desk.model("mine", by="viewer")
    await desk.noted(5)
    assert (await report(desk.log, Window())).offsets[ENTRIES] == 5


ENTRY = {"at": "2026-01-31T12:00:00Z", "service": "s", "principal": "p-1", "what": "read", "method": "GET", "path": "/"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"p-1", b"{"),
        (b"p-1", None),
        (b"p-1", json.dumps(ENTRY).encode()),
        (b"p-2", json.dumps({**ENTRY, "rule": None}).encode()),
        (None, json.dumps({**ENTRY, "rule": None}).encode()),
        (b"p-1", json.dumps({**ENTRY, "rule": None, "what": "signed"}).encode()),
    ],
)
async def test_what_is_no_entry_is_counted_and_blamed_on_nobody(
    desk: Desk, key: bytes | None, value: bytes | None
) -> None:
    await a_day(desk)
    before = counts(await report(desk.log, Window()), desk)
    await desk.log.append([Message(ACCESS.name, key, value, partition=0)])
    found = await report(desk.log, Window())
    assert (found.unreadable, counts(found, desk)) == (1, before)


async def test_entries_past_their_retention_are_said_to_be_missing(desk: Desk) -> None:
    await a_day(desk)
    desk.log.expire(ENTRIES, 2)
    found = await report(desk.log, Window())
    assert found.forgotten == 2
    assert "viewer" in counts(found, desk)


async def test_the_document_is_json_and_names_only_who_is_in_the_token_file(desk: Desk) -> None:
    await a_day(desk)
    viewer = desk.tokens.named("viewer")
    document = json.loads(json.dumps(as_document(await report(desk.log, Window()), {viewer.id: "viewer"})))
    assert {one["name"] for one in document["principals"]} == {"viewer", None}
    assert document["offsets"]["tenure.access/0"] == 4


async def test_people_get_a_paragraph_for_each_principal(desk: Desk) -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    viewer = desk.tokens.named("viewer").id
    await a_day(desk)
    found = await report(desk.log, Window(principal=viewer))
    found.activities[viewer].first, found.activities[viewer].last = noon, noon + timedelta(hours=1)
    assert list(lines(found, {viewer: "viewer"})) == [
        f"viewer {viewer}, 2026-01-31 12:00Z to 2026-01-31 13:00Z",
        "  refused       2 role-missing",
        "  read          1 evidence",
    ]
    assert list(lines(await report(desk.log, Window(principal="p-nobody")), {})) == [
        "Nobody asked for anything in that time."
    ]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/registry/v1/models/delays/versions/1", "evidence"),
        ("/registry/v1/models/delays/versions/1/artifacts", "artifacts"),
        ("/console/exports/2026", "exports"),
        ("/registry/v1/models/exports-of-grain", "other"),
    ],
)
def test_a_sensitive_read_is_named_by_the_words_of_its_path(path: str, kind: str) -> None:
    assert sensitive_kind(path) == kind


def test_a_day_begins_at_midnight_utc_and_an_instant_has_a_time_zone() -> None:
    assert instant("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert instant("2026-01-31T12:00:00+02:00") == datetime(2026, 1, 31, 10, tzinfo=UTC)
    for wrong in ("yesterday", "2026-01-31T12:00:00"):
        with pytest.raises(typer.BadParameter):
            instant(wrong)
