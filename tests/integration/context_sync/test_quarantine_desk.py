"""What do people see and do of records that context-sync could not read?"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from tenure.cli import common
from tenure.cli.main import app
from tenure_eventlog import Message, Partition, partition_of
from tenure_eventlog.topics import ACCESS
from tenure_service import Principal, bound
from tenure_service.access import read_entry
from typer.testing import CliRunner

from tests.integration.context_sync.desk import Desk
from tests.integration.context_sync.story import TOPIC

pytestmark = pytest.mark.postgres

HELD = f"/quarantine/{TOPIC}/0/0"
ONE = {"topic": TOPIC, "partition": 0, "offset": 0}
REASON = {"reason": "not-an-envelope"}
WHY = {"why": "sent by a test"}


@pytest.fixture
async def spoilt(weather: Desk) -> Desk:
    """Two records of the source can't be read."""
    await weather.fed(Message(TOPIC, b"JFK", b"?", (("h", b"1"),), 0), Message(TOPIC, b"LGA", b"\xff", (), 0))
    await weather.settled()
    return weather


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():
            await asyncio.sleep(0.01)


async def test_the_list_counts_by_reason_and_shows_no_body(spoilt: Desk) -> None:
    found = await spoilt.got("/quarantine")
    assert found["counts"] == [{"topic": TOPIC, "partition": 0, "reason": "not-an-envelope", "records": 2}]
    assert [(one["offset"], one["key_bytes"], one["value_bytes"]) for one in found["items"]] == [(0, 3, 1), (1, 3, 1)]
    assert (found["next"], found["trouble"]) == (None, [])


async def test_pages_follow_each_other_to_the_end(spoilt: Desk) -> None:
    first = await spoilt.got("/quarantine", limit="1")
    second = await spoilt.got("/quarantine", limit="1", cursor=first["next"])
    offsets = [one["offset"] for page in (first, second) for one in page["items"]]
    assert (offsets, second["next"]) == ([0, 1], None)


async def test_a_record_is_shown_with_its_reason_and_its_body_only_when_asked_for_which_is_noted(spoilt: Desk) -> None:
    [shown] = await spoilt.got(HELD)
    assert (shown["reason"], shown["discarded"]) == ("not-an-envelope", None)
    body = await spoilt.got(f"{HELD}/record")
    assert body == {"key": "SkZL", "value": "Pw==", "text": "?", "headers": [["h", "MQ=="]]}
    assert (await spoilt.got(f"/quarantine/{TOPIC}/0/1/record"))["text"] is None
    assert await noted(spoilt, 2) == [
        f"/context/v1/quarantine/{TOPIC}/0/{offset}/record read by p-engineer" for offset in (0, 1)
    ]


async def noted(desk: Desk, entries: int) -> list[str]:
    partition = Partition(ACCESS.name, partition_of(b"p-engineer", ACCESS.partitions))
    found: list[str] = []
    async with asyncio.timeout(30), aclosing(desk.log.read({partition: 0})) as batches:
        while len(found) < entries:
            entry = [read_entry(record) for record in (await anext(batches)).records]
            found += [f"{one.path} {one.what} by {one.principal}" for one in entry]
    return found


async def test_who_may_not_read_bodies_is_refused_one(spoilt: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = spoilt.platform.runtimes["context-sync"]
    viewer = Principal(id="p-viewer", name="viewer", roles=frozenset({"viewer"}))
    monkeypatch.setattr(runtime.authenticator, "principal", lambda token: viewer, raising=True)
    assert (await spoilt.ask("GET", f"{HELD}/record")).status_code == 403
    assert await spoilt.refused("/quarantine/replay", REASON) == (403, "role-missing")
    assert (await spoilt.ask("GET", HELD)).status_code == 200


async def test_a_replay_of_what_still_cannot_be_read_says_so(spoilt: Desk) -> None:
    assert await spoilt.done("/quarantine/replay", REASON) == {"records": 2, "again": 2, "next": None}
    assert await spoilt.done("/quarantine/replay", ONE) == {"records": 1, "again": 1, "next": None}


async def test_a_discarded_record_leaves_who_and_why_and_counts_no_more(spoilt: Desk) -> None:
    assert await spoilt.done("/quarantine/discard", {**ONE, **WHY}) == {"records": 1, "again": 0, "next": None}
    assert [one["offset"] for one in (await spoilt.got("/quarantine"))["items"]] == [1]
    [gone] = (await spoilt.got("/quarantine", discarded="true"))["items"]
    assert (gone["discarded"]["by"], gone["discarded"]["why"], gone["value_bytes"]) == ("p-engineer", WHY["why"], None)
    assert (await spoilt.ask("GET", f"{HELD}/record")).status_code == 404


async def test_the_same_key_again_answers_the_same_and_another_command_under_it_is_refused(spoilt: Desk) -> None:
    headers = {"Authorization": "Bearer x", "Idempotency-Key": "once"}
    transport = httpx.ASGITransport(spoilt.platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tenure/context/v1", headers=headers) as client:
        answers = [await client.post("/quarantine/discard", json={**REASON, **WHY}) for _ in range(2)]
        other = await client.post("/quarantine/replay", json=REASON)
    assert [answer.json()["records"] for answer in answers] == [2, 2]
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenure:problem:command-id-reused")


@pytest.mark.parametrize(
    "body", [{}, {"offset": 0}, {"reason": "\x00"}, {"topic": TOPIC, "partition": 2**31}, {**REASON, "cursor": "e30="}]
)
async def test_a_choice_that_names_nothing_or_nonsense_is_refused(spoilt: Desk, body: dict[str, Any]) -> None:
    status, _ = await spoilt.refused("/quarantine/replay", body)
    assert status in (400, 422)
    assert len((await spoilt.got("/quarantine"))["items"]) == 2


async def test_held_records_are_a_metric_by_reason(spoilt: Desk) -> None:
    line = f'tenure_quarantined{{reason="not-an-envelope",service="context-sync",topic="{TOPIC}"}} 2.0'

    async def told() -> bool:
        return line in (await spoilt.ask("GET", "/metrics")).text

    await until(told)


@asynccontextmanager
async def command_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """What `tenure` prints, asked of that desk."""
    listening = bound("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(desk.platform.app, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    monkeypatch.setenv("TENURE_URL", f"http://127.0.0.1:{listening.getsockname()[1]}")
    monkeypatch.setenv("TENURE_TOKEN", "x")
    monkeypatch.setattr(common.console, "width", 240)

    async def say(*words: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["quarantine", *words])
        assert result.exit_code == 0, result.output
        return result.output

    try:
        yield say
    finally:
        server.should_exit = True
        await task


async def test_the_command_line_lists_shows_replays_and_discards(spoilt: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with command_line(spoilt, monkeypatch) as tenure:
        assert f"2 of {TOPIC}/0: not-an-envelope" in await tenure("list")
        assert "value: ?" in await tenure("show", TOPIC, "0", "0", "--body")
        assert await tenure("replay", "--reason", REASON["reason"]) == (
            "0 of 2 records could be read now, 2 are held again.\n"
        )
        because = ("--because", WHY["why"], "--yes")
        assert await tenure("discard", "--topic", TOPIC, *because) == "2 records are discarded.\n"
        assert json.loads(await tenure("list", "--json"))["items"] == []
        assert "p-engineer: sent by a test" in await tenure("list", "--discarded")
