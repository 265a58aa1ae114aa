"""What does somebody see who keeps subscriptions by the command line?"""

import asyncio
import json
from dataclasses import dataclass

import pytest
from tenure.cli import common
from tenure.cli.main import app
from tenure_eventlog.topics import MONITOR_EVENTS
from typer.testing import CliRunner

from tests.integration.dispatch.post import Post
from tests.integration.dispatch.receiver import Receiver, status, take


@dataclass(frozen=True)
class Tenure:
    origin: str

    async def __call__(self, line: str, *, by: str = "operator") -> tuple[int, str]:
        env = {"TENURE_TOKEN": by, "TENURE_URL": self.origin}
        result = await asyncio.to_thread(CliRunner().invoke, app, ["subscriptions", *line.split()], env=env)
        return result.exit_code, result.output

    async def done(self, line: str) -> str:
        code, said = await self(line)
        assert code == 0, said
        return said


@pytest.fixture
def tenure(origin: str, monkeypatch: pytest.MonkeyPatch) -> Tenure:
    monkeypatch.setattr(common.console, "width", 240)
    return Tenure(origin)


async def test_a_subscription_from_its_making_to_its_end(tenure: Tenure, post: Post, receiver: Receiver) -> None:
    ids = await post.happen("a", "b")
    said = await tenure.done(f"create ci {receiver.url} --type dev.tenure.monitor.* --from beginning")
    secret = said.split()[-1]
    await receiver.until(lambda: len(receiver.ids) == 2)
    assert set(receiver.ids) == set(ids)
    assert receiver.taken[0].verified_by(secret)
    assert "active" in await tenure.done("list")
    assert "It was taken with 204" in await tenure.done("test ci")

    assert await tenure.done("pause ci --reason moving") == "ci is paused.\n"
    assert await tenure.done("pause ci --reason moving") == "It was so already.\n"
    assert json.loads(await tenure.done("show ci --json"))["reason"] == "moving"
    assert await tenure.done("resume ci") == "ci goes on.\n"

    before = len(receiver.taken)
    places = ",".join(f"{MONITOR_EVENTS.name}/{n}=0" for n in range(MONITOR_EVENTS.partitions))
    await tenure.done(f"replay ci --from {places}")
    await receiver.until(lambda: len(receiver.taken) >= before + 2)
    assert "whsec_" in await tenure.done("rotate ci --grace 0s")

    await tenure.done("delete ci")
    assert "subscription-unknown" in (await tenure("delete ci"))[1]
    changes = (await post.ask("GET", "/dispatch/v1/subscriptions/ci/changes")).json()["items"]
    assert [one["action"] for one in changes] == ["delete", "rotate", "replay", "resume", "pause", "create"]
    assert {one["changed_by"] for one in changes} == {"p-operator"}


async def test_what_was_given_up_is_listed_and_delivered_again(tenure: Tenure, post: Post, receiver: Receiver) -> None:
    receiver.answer = lambda delivery: status(422)
    await tenure.done(f"create ci {receiver.url} --from beginning")
    [event] = await post.happen("a")
    while event not in await tenure.done("dead-letters ci"):
        await post.dispatcher.deliveries.look()
    receiver.answer = take
    assert (await tenure("redeliver ci"))[1] == "Say which: --event ID, or --all.\n"
    await tenure.done("redeliver ci --all")
    await receiver.until(lambda: receiver.ids == [event])


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("create ci ftp://127.0.0.1/", "address-refused: ftp://127.0.0.1/ can't be delivered to: it must begin with"),
        ("create ci http://10.0.0.1/", "10.0.0.1 is not a public address"),
        ("create ci http://127.0.0.1/ --type dev.tenure.rolout.*", "type-unknown"),
        ("pause nobody --reason x", "subscription-unknown: There is no subscription nobody."),
        ("replay nobody --from registry=1", "malformed-offsets"),
        ("replay nobody --from tenure.registry.events/0=99", "position-ahead"),
    ],
)
async def test_what_is_refused_is_one_line_that_says_why(tenure: Tenure, words: str, rule: str) -> None:
    code, said = await tenure(words)
    assert code == 1
    assert rule in said


async def test_who_only_reads_may_look_and_not_touch(tenure: Tenure) -> None:
    assert (await tenure("list", by="viewer"))[0] == 0
    assert "role-missing" in (await tenure("delete ci", by="viewer"))[1]


async def test_the_revision_is_what_if_match_expects(post: Post, receiver: Receiver) -> None:
    await post.subscribe("ci", receiver.url)
    path = "/dispatch/v1/subscriptions/ci"
    moved = await post.ask("POST", f"{path}/pause", {"reason": "x"}, **{"If-Match": '"7"'})
    assert (moved.status_code, moved.json()["revision"]) == (412, 1)
    done = await post.ask("POST", f"{path}/pause", {"reason": "x"}, **{"If-Match": '"1"'})
    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    assert (await post.ask("GET", path)).headers["etag"] == '"2"'
