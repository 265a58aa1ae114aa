"""How does every failure look to a client?"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import APIRouter
from tenure_eventlog import LogUnavailable, MessageTooLarge, OffsetOutOfRange, OutcomeUnknown
from tenure_journal import CommandIdReused, NotReady, RaceLost, SequenceMismatch, StreamParked
from tenure_journal.chain import Head
from tenure_registry.app import definition as registry
from tenure_service.problems import respond

from tests.unit.service.desk import DIGEST, MODELS, VERSION, Desk, desk_over

HEAD = Head(7, "d" * 64)
WINNER = {"sequence": 7, "digest": "d" * 64}
JSON = "application/problem+json"


@pytest.mark.parametrize(
    ("error", "status", "kind", "facts", "retry_after"),
    [
        (RaceLost("s", 5, HEAD), 409, "race-lost", {"winner": WINNER}, None),
        (SequenceMismatch("s", 3, HEAD), 412, "sequence-mismatch", {"winner": WINNER}, None),
        (CommandIdReused("s", 3), 422, "command-id-reused", {}, None),
        (StreamParked("s", "unknown type"), 503, "stream-parked", {}, "1"),
        (NotReady("the clock is off"), 503, "not-ready", {}, "1"),
        (LogUnavailable("gone"), 503, "log-unavailable", {}, "1"),
        (OutcomeUnknown("retry with the same Idempotency-Key"), 503, "outcome-unknown", {}, "1"),
        (OffsetOutOfRange("truncated"), 503, "log-truncated", {}, "1"),
        (MessageTooLarge("3 MiB"), 413, "event-too-large", {}, None),
    ],
)
def test_what_the_log_and_the_journal_raise_has_a_stable_type(
    error: Exception, status: int, kind: str, facts: dict[str, Any], retry_after: str | None
) -> None:
    response = respond(error)
    body = orjson.loads(response.body)
    assert (response.status_code, body["status"], body["type"]) == (status, status, f"urn:tenure:problem:{kind}")
    assert {name: body[name] for name in body.keys() - {"type", "title", "status", "detail"}} == facts
    assert response.headers.get("retry-after") == retry_after
    assert response.media_type == JSON


async def test_a_rule_that_says_no_is_a_conflict_with_its_facts(desk: Desk) -> None:
    await desk.model()
    refused = await desk.model(by="admin", description="mine")
    assert (refused.status_code, refused.headers["content-type"]) == (409, JSON)
    assert refused.json()["type"] == "urn:tenure:problem:model-exists"
    assert refused.json()["model"] == "delays"


async def test_a_command_on_something_unknown_is_404(desk: Desk) -> None:
    refused = await desk.ask("POST", f"{MODELS}/none/versions", VERSION)
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:tenure:problem:model-unknown")


async def test_the_authors_own_approval_is_forbidden(desk: Desk) -> None:
    await desk.model(by="author")
    assert (await desk.ask("POST", f"{MODELS}/delays/versions", VERSION, by="author")).status_code == 201
    approval = {"stage": "production", "decision": "grant", "seen_digest": DIGEST}
    refused = await desk.ask("POST", f"{MODELS}/delays/versions/v1/approvals", approval, by="author")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:tenure:problem:four-eyes-required")


async def test_a_refusal_without_a_reason_is_invalid(desk: Desk) -> None:
    await desk.model()
    await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)
    refusal = {"stage": "production", "decision": "refuse", "seen_digest": DIGEST}
    refused = await desk.ask("POST", f"{MODELS}/delays/versions/v1/approvals", refusal, by="approver")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:tenure:problem:reason-required")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "body.model"), ({"model": "Not A Name"}, "body.model"), ({"model": "x", "onwer": "me"}, "body.onwer")],
)
async def test_an_invalid_body_names_the_field(desk: Desk, body: dict[str, str], field: str) -> None:
    refused = await desk.ask("POST", MODELS, body)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:tenure:problem:invalid-request")
    assert [wrong["field"] for wrong in refused.json()["fields"]] == [field]


async def test_a_body_that_is_not_json_is_malformed(desk: Desk) -> None:
    refused = await desk.ask("POST", MODELS, content=b'{"model":')
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:tenure:problem:malformed-json")


async def test_without_a_token_nothing_is_told(desk: Desk) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eA=="}):
        for method, path in (("GET", MODELS), ("GET", f"{MODELS}/delays"), ("POST", MODELS)):
            refused = await desk.ask(method, path, {} if method == "POST" else None, headers=headers)
            assert (refused.status_code, refused.json()["type"]) == (401, "urn:tenure:problem:unauthenticated")
            assert refused.headers["www-authenticate"] == "Bearer"


async def test_a_role_that_is_missing_is_named(desk: Desk) -> None:
    refused = await desk.model(by="viewer")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:tenure:problem:role-missing")
    assert refused.json()["detail"] == "this needs one of the roles engineer"


async def test_a_path_that_is_not_there_and_a_method_that_is_not_allowed(desk: Desk) -> None:
    missing = await desk.ask("GET", "/registry/v1/nonsense")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:tenure:problem:no-such-path")
    refused = await desk.ask("DELETE", MODELS)
    assert (refused.status_code, refused.json()["type"]) == (405, "urn:tenure:problem:method-not-allowed")
    assert set(refused.headers["allow"].split(", ")) <= {"GET", "POST", "HEAD"}


async def test_a_bug_shows_nothing_of_the_inside(tmp_path: Path) -> None:
    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the inside")

    async with desk_over(tmp_path, replace(registry(), router=router)) as desk:
        failed = await desk.ask("GET", "/registry/v1/broken")
    assert (failed.status_code, failed.json()["type"]) == (500, "urn:tenure:problem:internal-error")
    assert "inside" not in failed.text
