"""Is a webhook of MLflow taken as MLflow signs it, and only then?"""

import base64
import hmac
import json
import time
from hashlib import sha256
from typing import Any

import httpx
import pytest
from tenure_registry.inbox.foreign_names import name_of

from tests.unit.registry_inbox.post import DIGEST, Post

CREATED = {"name": "delays", "version": "1", "source": "models:/m-1", "run_id": "r1", "tags": {}, "description": None}
PATH = "/registry/v1/inbox/mlflow"


def payload(event: str, data: dict[str, Any]) -> str:
    entity, _, action = event.partition(".")
    return json.dumps({"entity": entity, "action": action, "timestamp": "2026-01-01T00:00:00+00:00", "data": data})


def signed(secret: str, delivery: str, timestamp: str, body: str) -> dict[str, str]:
    """As `mlflow.webhooks.delivery._generate_hmac_signature` of 3.17.2 does it."""
    made = hmac.new(secret.encode("utf-8"), f"{delivery}.{timestamp}.{body}".encode(), sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-MLflow-Signature": f"v1,{base64.b64encode(made).decode('utf-8')}",
        "X-MLflow-Delivery-Id": delivery,
        "X-MLflow-Timestamp": timestamp,
    }


async def deliver(post: Post, event: str, data: dict[str, Any], delivery: str = "d1", **more: str) -> httpx.Response:
    """Without a token, as MLflow does."""
    body = payload(event, data)
    headers = signed(post.secret, delivery, str(int(time.time())), body) | more
    return await post.desk.ask(
        "POST", f"{PATH}?key={post.key}", content=body.encode(), headers={"Authorization": "", **headers}
    )


async def test_a_created_version_is_registered_by_its_declaration_since_nobody_hashed_its_bytes(post: Post) -> None:
    answer = await deliver(post, "model_version.created", CREATED)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "accepted")
    version = (await post.desk.ask("GET", "/registry/v1/models/delays/versions/1")).json()
    assert version["kind"] == "hosted"
    assert version["hosted"]["model_id"] == "models:/delays/1"
    assert version["hosted"]["parameters"] == {"source": "models:/m-1", "run": "r1"}
    assert version["run"]["run"] == "r1"


async def test_a_created_version_that_names_its_digest_is_an_artifact(post: Post) -> None:
    await deliver(post, "model_version.created", CREATED | {"tags": {"tenure.artifact_digest": DIGEST}})
    version = (await post.desk.ask("GET", "/registry/v1/models/delays/versions/1")).json()
    assert (version["kind"], version["artifact_digest"]) == ("artifact", DIGEST)


async def test_aliases_and_tags_follow_mlflow(post: Post) -> None:
    await deliver(post, "model_version.created", CREATED)
    moved = {"name": "delays", "alias": "champion", "version": "1"}
    tag = {"name": "delays", "version": "1", "key": "team", "value": "a"}
    await deliver(post, "model_version_alias.created", moved, "d2")
    await deliver(post, "model_version_tag.set", tag, "d3")
    assert (await post.model())["aliases"] == {"champion": "1"}
    read = "/registry/v1/models/delays/versions/1"
    assert [one["key"] for one in (await post.desk.ask("GET", read)).json()["tags"]] == ["team"]
    await deliver(post, "model_version_alias.deleted", {"name": "delays", "alias": "champion"}, "d4")
    await deliver(post, "model_version_tag.deleted", {"name": "delays", "version": "1", "key": "team"}, "d5")
    assert (await post.model())["aliases"] == {}
    assert (await post.desk.ask("GET", read)).json()["tags"] == []


async def test_a_registered_model_is_created_under_a_name_of_its_own(post: Post) -> None:
    data = {"name": "Fraud Model", "tags": {}, "description": "d"}
    answer = await deliver(post, "registered_model.created", data)
    assert answer.json()["stream"] == f"registry/model/{name_of('Fraud Model')}"


async def test_a_delivery_that_is_sent_again_takes_effect_once(post: Post) -> None:
    first = (await deliver(post, "model_version.created", CREATED)).json()
    again = (await deliver(post, "model_version.created", CREATED)).json()
    assert (again["verdict"], again["event_id"]) == ("accepted", first["event_id"])
    assert len(await post.desk.runtime.replica.events("registry/model/delays")) == 2


async def test_a_refusal_is_answered_with_200_and_kept_since_sending_it_again_is_of_no_use(post: Post) -> None:
    moved = {"name": "delays", "alias": "champion", "version": "7"}
    answer = await deliver(post, "model_version_alias.created", moved)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "refused")
    assert answer.json()["rule"] == "urn:tenure:problem:version-unknown"


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"X-MLflow-Signature": "v1,AAAA"}, "signature-invalid"),
        ({"X-MLflow-Signature": ""}, "signature-invalid"),
        ({"X-MLflow-Delivery-Id": "other"}, "signature-invalid"),
        ({"X-MLflow-Delivery-Id": ""}, "signature-invalid"),
        ({"X-MLflow-Timestamp": "1"}, "signature-invalid"),
    ],
)
async def test_what_is_not_signed_as_it_stands_is_nobodys(post: Post, wrong: dict[str, str], kind: str) -> None:
    answer = await deliver(post, "model_version.created", CREATED, **wrong)
    assert (answer.status_code, answer.json()["type"]) == (401, f"urn:tenure:problem:{kind}")
    assert (await post.model())["versions"] == []


@pytest.mark.parametrize("off_seconds", [-301, 302])
async def test_an_old_delivery_is_not_taken_though_it_is_signed(post: Post, off_seconds: int) -> None:
    body = payload("model_version.created", CREATED)
    headers = signed(post.secret, "d1", str(int(time.time()) + off_seconds), body)
    answer = await post.desk.ask(
        "POST", f"{PATH}?key={post.key}", content=body.encode(), headers={"Authorization": "", **headers}
    )
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:tenure:problem:signature-too-old")


async def test_an_unknown_key_is_401_and_a_missing_one_says_so(post: Post) -> None:
    body = payload("model_version.created", CREATED).encode()
    unknown = await post.desk.ask("POST", f"{PATH}?key=ik-0", content=body, headers={"Authorization": ""})
    missing = await post.desk.ask("POST", PATH, content=body, headers={"Authorization": ""})
    assert (unknown.status_code, missing.status_code) == (401, 422)


@pytest.mark.parametrize("event", ["prompt.created", "model_version.destroyed"])
async def test_an_event_that_means_nothing_here_is_422(post: Post, event: str) -> None:
    assert (await deliver(post, event, {"name": "delays"})).status_code == 422


async def test_data_of_another_shape_is_422(post: Post) -> None:
    assert (await deliver(post, "model_version.created", {"name": 1})).status_code == 422


@pytest.mark.parametrize("theirs", ["Fraud Model", "fraud model", "fraud-model!", "ünïcode", "", "..", "x" * 300])
def test_a_name_that_is_none_here_gets_one_that_is(theirs: str) -> None:
    assert name_of(name_of(theirs)) == name_of(theirs)


def test_no_two_names_become_the_same() -> None:
    theirs = ["fraud-model", "Fraud Model", "fraud model", "Fraud-Model", "FRAUD MODEL", "fraud/model"]
    assert len({name_of(one) for one in theirs}) == len(theirs)
