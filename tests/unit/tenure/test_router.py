"""Which release answers is a function of the routing record and the key, and of nothing else."""

from collections import Counter
from typing import Any

import httpx
import pytest
from tenure.client import AsyncClient, ProblemError
from tenure.router import Arm, HeaderArm, Mirror, Route, Router, assign, choose

CHAMPION, CANARY = Arm("r1", "1", 95.0), Arm("r2", "2", 5.0)
ROUTE = Route("delays@production", 7, (CHAMPION, CANARY), "salt-7")


def record(epoch: int, release: str) -> dict[str, Any]:
    arm = {"release": release, "model_version": "1", "weight_percent": 100.0}
    return {"deployment": "delays@production", "epoch": epoch, "arms": [arm], "salt": "s"}


class Service:
    """Answers each request with the next of `answers`; an exception is raised instead."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def router(self) -> Router:
        client = AsyncClient("http://tenure", "token", transport=httpx.MockTransport(self))
        return Router(client, "delays@production")


def test_the_place_of_a_key_is_fixed_by_the_published_formula() -> None:
    """SHA-256 of salt, newline, key; the first eight bytes, big-endian, as a share of 100 percent."""
    arms = tuple(Arm(f"r{n}", str(n), 1.0) for n in range(100))
    route = Route("delays@production", 1, arms, "salt")
    assert [assign(route, key).release for key in ("a", "b", "UA1545")] == ["r58", "r43", "r99"]


def test_the_same_route_and_key_give_the_same_arm() -> None:
    again = Route("delays@production", 7, (CHAMPION, CANARY), "salt-7")
    keys = [f"flight-{n}" for n in range(500)]
    assert [assign(ROUTE, key) for key in keys] == [assign(again, key) for key in keys]


def test_weights_are_the_shares_of_the_keys() -> None:
    shares = Counter(assign(ROUTE, f"flight-{n}").release for n in range(20_000))
    assert 800 < shares["r2"] < 1_200


def test_a_growing_canary_keeps_the_keys_that_it_has() -> None:
    """With the canary first, as the service writes a route, nobody is thrown back to the champion at a step."""
    few = Route("d", 1, (CANARY, CHAMPION), "salt")
    more = Route("d", 2, (Arm("r2", "2", 25.0), Arm("r1", "1", 75.0)), "salt")
    keys = [f"flight-{n}" for n in range(2_000)]
    had = {key for key in keys if assign(few, key).release == "r2"}
    has = {key for key in keys if assign(more, key).release == "r2"}
    assert had < has


def test_weights_that_fall_short_of_100_by_rounding_leave_no_key_without_an_arm() -> None:
    route = Route("d", 1, (Arm("r1", "1", 0.0), Arm("r2", "2", 0.0)), "salt")
    assert assign(route, "any").release == "r2"


async def test_a_lower_epoch_is_ignored() -> None:
    service = Service(httpx.Response(200, json=record(9, "r9")), httpx.Response(200, json=record(8, "r8")))
    router = service.router()
    await router.refresh()
    held = await router.refresh()
    assert (held.epoch, held.arms[0].release) == (9, "r9")


async def test_a_higher_epoch_replaces_the_route_and_is_asked_for_by_etag() -> None:
    service = Service(httpx.Response(200, json=record(8, "r8")), httpx.Response(200, json=record(9, "r9")))
    router = service.router()
    await router.refresh()
    assert (await router.refresh()).epoch == 9
    assert [request.headers.get("if-none-match") for request in service.asked] == [None, '"8"']


async def test_not_modified_keeps_the_route() -> None:
    router = Service(httpx.Response(200, json=record(8, "r8")), httpx.Response(304)).router()
    first = await router.refresh()
    assert await router.refresh() is first


async def test_cut_off_the_last_good_route_serves_on() -> None:
    failures = [httpx.ConnectError("no way there")] * 5
    router = Service(httpx.Response(200, json=record(8, "r8")), *failures).router()
    first = await router.refresh()
    assert await router.refresh() is first
    assert router.assign(["a", "b"]) == [first.arms[0]] * 2


async def test_a_refusal_is_not_taken_for_being_cut_off() -> None:
    refusal = httpx.Response(401, json={"type": "urn:tenure:problem:unauthenticated", "title": "Unauthenticated"})
    router = Service(httpx.Response(200, json=record(8, "r8")), refusal).router()
    await router.refresh()
    with pytest.raises(ProblemError) as refused:
        await router.refresh()
    assert refused.value.status == 401


async def test_without_a_first_route_nothing_is_assigned() -> None:
    with pytest.raises(LookupError, match="refresh first"):
        Service().router().assign(["a"])


def test_a_header_that_the_route_names_decides_whatever_its_case_and_the_weights() -> None:
    route = Route("d", 1, (CANARY, CHAMPION), "salt", (), (HeaderArm("X-Beta", "yes", "r2"),))
    assert {assign(route, f"k{n}", {"x-beta": "yes"}).release for n in range(200)} == {"r2"}
    plain = Route("d", 1, (CANARY, CHAMPION), "salt")
    for other in ({"x-beta": "no"}, {"x-gamma": "yes"}, {}):
        assert [assign(route, f"k{n}", other) for n in range(200)] == [assign(plain, f"k{n}") for n in range(200)]


def test_a_mirror_gets_copies_of_its_share_and_none_of_what_it_answers_itself() -> None:
    arms = (Arm("r2", "2", 50.0), Arm("r1", "1", 50.0))
    route = Route("d", 1, arms, "salt", (Mirror("r2", 20.0),))
    choices = [choose(route, f"k{n}") for n in range(4_000)]
    copied = [choice for choice in choices if choice.mirrors]
    assert {choice.arm.release for choice in copied} == {"r1"}
    of_the_champions = len(copied) / sum(choice.arm.release == "r1" for choice in choices)
    assert 0.15 < of_the_champions < 0.25


def test_an_arm_without_a_share_is_only_chosen_by_name() -> None:
    route = Route("d", 1, (Arm("r2", "2", 0.0), CHAMPION), "salt", (Mirror("r2", 100.0),))
    _, arms, mirrors = zip(*(choose(route, f"k{n}") for n in range(500)), strict=True)
    assert ({arm.release for arm in arms}, {arm.release for each in mirrors for arm in each}) == ({"r1"}, {"r2"})
    assert {len(each) for each in mirrors} == {1}


def test_an_answer_is_stamped_with_its_release_and_the_epoch_of_its_route() -> None:
    assert choose(ROUTE, "flight-1").stamps == {"Tenure-Release": "r1", "Tenure-Route-Epoch": "7"}
