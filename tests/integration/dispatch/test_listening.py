"""Who listens gets what was accepted, and goes on exactly where the connection broke."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import orjson
import pytest

from tests.integration.dispatch.post import Post

MODELS = [f"m{n}" for n in range(24)]


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of the stream, as the HTML standard parses it; `last_id` also of frames without data."""

    name: str
    data: str
    last_id: str


@dataclass(slots=True)
class Ear:
    answer: httpx.Response
    last_id: str = ""
    _lines: AsyncIterator[str] | None = None
    comments: list[str] = field(default_factory=list)

    async def heard(self) -> AsyncIterator[Heard]:
        """Source: HTML Living Standard, section 9.2.6."""
        name, data = "message", list[str]()
        async for line in self.answer.aiter_lines():
            key, _, value = line.partition(":")
            match key:
                case "" if line:
                    self.comments.append(line)
                case "":
                    if data:
                        yield Heard(name, "\n".join(data), self.last_id)
                    name, data = "message", []
                case "id":
                    self.last_id = value.strip()
                case "event":
                    name = value.strip()
                case "data":
                    data.append(value.strip())

    async def first(self, count: int) -> list[str]:
        """The ids of so many events."""
        found = list[str]()
        async with asyncio.timeout(30):  # a stream goes on without end, whether it holds what is waited for or not
            async for one in self.heard():
                found.append(orjson.loads(one.data)["id"])
                if len(found) == count:
                    return found
        raise AssertionError(f"the stream ended after {len(found)} of {count}")


@asynccontextmanager
async def listening(origin: str, last_id: str | None = None, token: str = "viewer", **query: str) -> AsyncIterator[Ear]:
    headers = {"Authorization": f"Bearer {token}", **({"Last-Event-ID": last_id} if last_id else {})}
    async with (
        httpx.AsyncClient(base_url=origin, timeout=30) as client,
        client.stream("GET", "/dispatch/v1/events", headers=headers, params=query) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        yield Ear(answer)


async def test_from_the_beginning_all_is_heard_and_then_what_happens(post: Post, origin: str) -> None:
    before = await post.happen("a", "b")
    async with listening(origin, start="beginning") as ear:
        assert set(await ear.first(2)) == set(before)
    async with listening(origin, start="beginning") as ear:
        after = await post.happen("c")
        assert set(await ear.first(3)) == {*before, *after}


async def test_cut_anywhere_and_resumed_exactly_the_rest_is_heard(post: Post, origin: str) -> None:
    """Every event once, over many cuts at random places, on sixteen partitions."""
    ids, luck = await post.happen(*MODELS), random.Random(4)
    found, last_id = list[str](), None
    while len(found) < len(ids):
        async with listening(origin, last_id, start="beginning") as ear:
            found += await ear.first(min(luck.randrange(1, 6), len(ids) - len(found)))
            last_id = ear.last_id
    assert sorted(found) == sorted(ids)


async def test_who_is_cut_off_before_the_first_event_misses_none(post: Post, origin: str) -> None:
    async with listening(origin) as ear:
        [_, first] = [line async for line in two_lines(ear)]
        assert first.startswith("id:")
        last_id = first.removeprefix("id:").strip()
    missed = await post.happen("a")
    async with listening(origin, last_id) as ear:
        assert await ear.first(1) == missed


async def two_lines(ear: Ear) -> AsyncIterator[str]:
    """What comes at once: when to come back, and from where."""
    count = 0
    async for line in ear.answer.aiter_lines():
        yield line
        count += 1
        if count == 2:
            return


async def test_only_what_was_asked_for_is_heard(post: Post, origin: str) -> None:
    await post.happen("other")
    wanted = await post.happen("mine")
    query = {"types": "dev.tenure.monitor.monitor-declared.v1", "streams": "monitor/monitor/mine"}
    async with listening(origin, start="beginning", **query) as ear:
        [heard] = [one async for one in first_of(ear)]
    assert [heard.name, orjson.loads(heard.data)["id"]] == [query["types"], *wanted]


async def first_of(ear: Ear) -> AsyncIterator[Heard]:
    async for one in ear.heard():
        yield one
        return


async def test_whose_token_ends_is_cut_off_with_the_reason(post: Post, origin: str) -> None:
    async with listening(origin, token="engineer") as ear:
        post.desk.ended.add("engineer")
        await post.ask(
            "POST", "/monitor/v1/monitors", {"model": "a", "metrics": ["brier"], "window_seconds": 3600}, "admin"
        )
        heard = [one async for one in ear.heard()]
    assert [(one.name, orjson.loads(one.data)) for one in heard][-1] == ("cut", {"reason": "token-ended"})


@pytest.mark.parametrize(
    ("headers", "query", "status", "problem"),
    [
        ({}, "", 401, "unauthenticated"),
        ({"Authorization": "Bearer viewer", "Last-Event-ID": "7"}, "", 400, "malformed-event-id"),
        ({"Authorization": "Bearer viewer", "Last-Event-ID": "registry:0.0.0.9"}, "", 422, "position-ahead"),
        ({"Authorization": "Bearer viewer"}, "?types=dev.tenure.nothing.v1", 422, "type-unknown"),
        ({"Authorization": "Bearer viewer"}, "?start=yesterday", 422, "invalid-request"),
    ],
)
async def test_who_asks_amiss_is_told_so_and_hears_nothing(
    post: Post, headers: dict[str, str], query: str, status: int, problem: str
) -> None:
    transport = httpx.ASGITransport(post.platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tenure") as client:
        answer = await client.get(f"/dispatch/v1/events{query}", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:tenure:problem:{problem}")


async def test_no_more_may_listen_than_the_limit_says(post: Post, origin: str) -> None:
    post.dispatcher.listeners.most = 1
    async with listening(origin) as ear:
        async for _ in ear.answer.aiter_lines():
            break
        headers = {"Authorization": "Bearer viewer"}
        async with httpx.AsyncClient(base_url=origin) as client:
            answer = await client.get("/dispatch/v1/events", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:tenure:problem:too-many-listeners")
