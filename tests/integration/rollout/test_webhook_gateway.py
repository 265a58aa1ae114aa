"""Is a gateway of anybody's make told of its routes, signed, and is what it answers on the record?"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook as Receiver
from tenure.actuators.actuating import Actuation
from tenure.actuators.webhook import Webhook
from tenure.client import AsyncClient
from tenure_dispatch.webhooks.signature import is_secret, new_secret

from tests.integration.rollout.listening import listening
from tests.integration.rollout.stage import CANARY, DELAYS, Stage, rollout

URL = "https://gateway.example/routes"


@dataclass(slots=True)
class Owner:
    """The receiving side, as its owner wrote it; `answers` makes what it says to a record."""

    secret: str = field(default_factory=new_secret)
    told: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    answers: Callable[[dict[str, Any]], httpx.Response] = lambda record: obeyed(record)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        record = Receiver(self.secret).verify(request.content, dict(request.headers))
        self.told.append(record)
        self.ids.append(request.headers["webhook-id"])
        return self.answers(record)


def obeyed(record: dict[str, Any]) -> httpx.Response:
    shares = [{"release": arm["release"], "weight_percent": arm["weight_percent"]} for arm in record["arms"]]
    return httpx.Response(200, json={"observed": shares})


@pytest.fixture
async def owner(stage: Stage) -> AsyncIterator[Owner]:
    await stage.serving()
    made = Owner()
    async with listening(stage) as origin, AsyncClient(origin, "operator") as client:
        gateway = Webhook(URL, made.secret, ["weights"], 0.1, transport=httpx.MockTransport(made))
        actuation = Actuation(client, "mesh", "delays@production", gateway)
        await actuation.register()
        async with actuation.running():
            yield made


async def said(stage: Stage, *, in_step: bool) -> dict[str, Any]:
    """What the record says of the gateway, once it says that."""
    async with asyncio.timeout(30):
        while True:
            known = (await stage.got(DELAYS))["actuators"]
            if known and known[0]["in_step"] == in_step:
                return dict(known[0])
            await asyncio.sleep(0.05)


async def test_it_is_told_the_record_and_its_answer_is_on_the_record(stage: Stage, owner: Owner) -> None:
    seen = await said(stage, in_step=True)
    assert seen["observed"] == [{"release": "r1", "weight_percent": 100.0}]
    assert (owner.told[-1]["deployment"], owner.told[-1]["epoch"]) == ("delays@production", seen["desired_epoch"])


async def test_the_same_record_has_the_same_id_however_often_it_is_told(stage: Stage, owner: Owner) -> None:
    await said(stage, in_step=True)
    async with asyncio.timeout(30):
        while len(owner.told) < 3:
            await asyncio.sleep(0.05)
    assert len(set(zip(owner.ids, [record["epoch"] for record in owner.told], strict=True))) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(503), "answered 503"),
        (httpx.Response(302, headers={"Location": "http://elsewhere"}), "answered 302"),
        (httpx.Response(200, content=b"done"), "answered something else"),
        (httpx.Response(200, content=b"x" * 100_000), "over 65536 bytes"),
    ],
)
async def test_an_answer_that_says_nothing_is_no_acknowledgement(
    stage: Stage, owner: Owner, answer: httpx.Response, words: str
) -> None:
    await said(stage, in_step=True)
    owner.answers = lambda record: answer
    assert words in (await said(stage, in_step=False))["detail"]


async def test_a_rollout_waits_until_it_has_obeyed(stage: Stage, owner: Owner) -> None:
    stale = {"observed": [{"release": "r1", "weight_percent": 100}], "detail": "a reload is under way"}
    owner.answers = lambda record: httpx.Response(200, json=stale)
    await stage.in_production("2")
    await stage.done(f"{DELAYS}/releases", {"release": "r2", "model_version": "2"})
    await stage.done(f"{DELAYS}/rollouts", rollout("canary", "r2", CANARY))
    await stage.settled()
    assert (await said(stage, in_step=False))["detail"] == "a reload is under way"
    assert "mesh" in json.dumps(await stage.got(f"{DELAYS}/waiting"))
    owner.answers = obeyed
    await said(stage, in_step=True)


@pytest.mark.parametrize("text", ["whsec_c2hvcnQ=", "whsec_%%", "", "c2VjcmV0" * 8])
def test_only_a_secret_that_is_long_enough_can_be_signed_with(text: str) -> None:
    assert is_secret(new_secret())
    assert not is_secret(text)
