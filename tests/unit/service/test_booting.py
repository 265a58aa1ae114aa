"""What does a service say whose log was away when it started, and what does it do when the log comes?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tenure_eventlog import TopicMismatch
from tenure_eventlog.topics import REGISTRY_EVENTS
from tenure_service import boot

from tests.unit.service.desk import MODELS, Desk, desk_over

PREFIX = "/registry/v1"
AWAY = "starting: the log can't be reached: the log is closed"


@pytest.fixture
async def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """A service that was started while its log was away."""
    monkeypatch.setattr(boot, "AGAIN_SECONDS", 0.001)
    async with desk_over(tmp_path, available=False) as desk:
        yield desk


async def started(desk: Desk) -> None:
    """Returns when the service has started. Raises what keeps it from that."""
    [task] = desk.platform.booting
    await asyncio.wait_for(task, 30)


async def test_it_lives_and_is_not_ready_and_says_why(waiting: Desk) -> None:
    assert (await waiting.ask("GET", "/healthz")).status_code == 200
    answer = await waiting.ask("GET", f"{PREFIX}/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, [AWAY])
    answer = await waiting.ask("GET", "/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, {"registry": [AWAY]})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", MODELS, {"model": "delays"}), ("GET", MODELS, None), ("GET", f"{MODELS}/delays", None)],
    ids=["a mutation", "a list", "a hot read"],
)
async def test_who_asks_meanwhile_is_told_to_come_back(
    waiting: Desk, method: str, path: str, body: dict[str, str] | None
) -> None:
    refused = await waiting.ask(method, path, body)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:tenure:problem:starting")
    assert refused.json()["detail"] == AWAY
    assert refused.headers["retry-after"] == "1"


async def test_a_stranger_is_told_nothing_meanwhile_either(waiting: Desk) -> None:
    assert (await waiting.ask("GET", MODELS, headers={"Authorization": ""})).status_code == 401


async def test_once_the_log_is_there_it_serves_without_a_restart(waiting: Desk) -> None:
    assert (await waiting.model(headers={"Idempotency-Key": "once"})).status_code == 503
    waiting.log.available = True
    await started(waiting)
    assert (await waiting.ask("GET", "/readyz")).status_code == 200
    assert (await waiting.model(headers={"Idempotency-Key": "once"})).json()["sequence"] == 1
    assert (await waiting.ask("GET", f"{MODELS}/delays")).status_code == 200


async def test_a_topic_that_is_not_as_declared_ends_the_waiting_with_what_to_do(waiting: Desk) -> None:
    waiting.log.delete_topic(REGISTRY_EVENTS.name)
    waiting.log.available = True
    what = r"tenure\.registry\.events does not exist: `tenure topics apply` makes what is missing"
    with pytest.raises(TopicMismatch, match=what):
        await started(waiting)
    [reason] = (await waiting.ask("GET", f"{PREFIX}/readyz")).json()["reasons"]
    assert reason.startswith("starting: it can't: TopicMismatch: tenure.registry.events does not exist")


async def test_it_can_be_stopped_while_it_waits(tmp_path: Path) -> None:
    async with desk_over(tmp_path, available=False) as desk:
        [task] = desk.platform.booting
    assert task.cancelled()
