"""What does the origin answer, in front of all services?"""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from tenure_eventlog.memory import MemoryLog
from tenure_journal import Needed, Replica, Timer
from tenure_registry.app import definition as registry
from tenure_registry.names import Digest, PrincipalId, PromptName
from tenure_registry.prompt.decider import PublishPrompt
from tenure_service import ServiceSettings, open_platform, origin

from tests.unit.service.desk import Desk, desk_over

NOBODY = {"Authorization": ""}
START, NEXT_DAY = "2013-03-01T00:00:00Z", "2013-03-02T00:00:00Z"
MOVED = {"now": NEXT_DAY, "at_least": {}}


def birthdays(replica: Replica, now: datetime) -> Iterable[Needed]:
    """One model falls due on the second day."""
    if now >= datetime(2013, 3, 2, tzinfo=UTC) and replica.stream("registry/prompt/due") is None:
        command = PublishPrompt(
            prompt=PromptName("due"),
            text="happy birthday",
            digest=Digest("sha256:due"),
            variables=(),
            description="",
            principal=PrincipalId("system:other"),
            now=now,
        )
        yield Needed(stream="registry/prompt/due", command=command, because="day-2")


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Desk]:
    """Two services of one process on a stepped clock; what falls due in the second the first has to read."""
    log = MemoryLog()
    other = replace(registry(), prefix="/other/v1", name="other", timers=lambda runtime: [Timer("due", birthdays)])
    async with desk_over(tmp_path, log=log) as desk:
        settings = ServiceSettings(log="memory", tokens=tmp_path / "tokens.json", clock=f"stepped:{START}")
        async with open_platform(settings, [registry(), other], event_log=log) as platform:
            yield replace(desk, platform=platform)


async def test_one_call_steps_all_services_and_what_one_writes_the_others_have_read(two: Desk) -> None:
    answer = await two.ask("PUT", "/clock", MOVED, by="admin")
    assert answer.status_code == 200
    assert answer.json()["settled"] is True
    read = [{f"{p.topic}/{p.number}": at for p, at in r.positions().items()} for r in two.platform.runtimes.values()]
    assert read == [answer.json()["offsets"]] * 2
    assert sum(read[0].values()) == 1
    for runtime in two.platform.runtimes.values():
        assert runtime.clock.now() == datetime(2013, 3, 2, tzinfo=UTC)
        assert runtime.replica.names() == ["registry/prompt/due"]


async def test_a_clock_is_never_moved_back(two: Desk) -> None:
    await two.ask("PUT", "/clock", MOVED, by="admin")
    await two.ask("PUT", "/clock", {**MOVED, "now": START}, by="admin")
    assert two.runtime.clock.now() == datetime(2013, 3, 2, tzinfo=UTC)


async def test_the_clock_waits_for_what_was_written(two: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "CLOCK_SECONDS", 0)
    refused = await two.ask("PUT", "/clock", {**MOVED, "at_least": {"tenure.registry.events/0": 9}}, by="admin")
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:tenure:problem:behind")
    assert two.runtime.clock.now() == datetime(2013, 3, 1, tzinfo=UTC)


async def test_only_an_admin_moves_the_clock(two: Desk) -> None:
    assert (await two.ask("PUT", "/clock", MOVED)).status_code == 403
    assert (await two.ask("PUT", "/clock", MOVED, headers=NOBODY)).status_code == 401
    assert (await two.ask("PUT", "/clock", {"now": "soon"}, by="admin")).status_code == 422


async def test_the_wall_clock_of_all_is_not_moved_either(desk: Desk) -> None:
    refused = await desk.ask("PUT", "/clock", MOVED, by="admin")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tenure:problem:clock-not-stepped")


async def test_the_start_page_links_the_services_and_shows_no_event_to_a_stranger(desk: Desk) -> None:
    await desk.model()
    page = await desk.ask("GET", "/", headers=NOBODY)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'href="/registry/v1/docs"' in page.text
    assert "delays" not in page.text
    assert desk.tokens.named("engineer").id not in page.text


async def test_the_start_page_runs_its_own_script_and_no_other(desk: Desk) -> None:
    page = await desk.ask("GET", "/", headers=NOBODY)
    script = page.text.partition("<script>")[2].partition("</script>")[0]
    allowed = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{allowed}';" in page.headers["content-security-policy"]


async def test_the_start_page_shows_the_newest_events_to_who_has_a_token_and_escapes_them(desk: Desk) -> None:
    await desk.model()
    page = await desk.ask("GET", "/", by="viewer")
    assert "<td>registry/model/delays<td>1<td>model-created<td>" in page.text
    assert (await desk.ask("GET", "/", headers={"Authorization": "Bearer wrong"})).status_code == 401


async def test_the_newest_events_are_for_who_has_a_token(desk: Desk) -> None:
    await desk.model()
    await desk.model("another")
    refused = await desk.ask("GET", "/log/newest", headers=NOBODY)
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:tenure:problem:unauthenticated")
    found = (await desk.ask("GET", "/log/newest", by="viewer")).json()
    assert {(row["stream"], row["sequence"], row["event"], row["by"]) for row in found} == {
        (f"registry/model/{name}", "1", "model-created", desk.tokens.named("engineer").id)
        for name in ("delays", "another")
    }


async def test_what_the_origin_does_not_have_is_a_problem_too(desk: Desk) -> None:
    refused = await desk.ask("GET", "/nothing")
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:tenure:problem:no-such-path")
