"""What does a model's history tell?"""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson

from tests.unit.service.desk import DIGEST, MODELS, VERSION, Desk

HISTORY = f"{MODELS}/delays/history"
REPORT = b'{"brier": 0.16}'
EVIDENCE = {
    "evidence": "eval",
    "seen_digest": DIGEST,
    "kind": "evaluation",
    "verdict": "passed",
    "tool": "scikit-learn",
    "tool_version": "1.9",
    "report_digest": "sha256:" + sha256(REPORT).hexdigest(),
    "report": b64encode(REPORT).decode(),
}


async def history(desk: Desk, **query: str) -> dict[str, Any]:
    answer = await desk.ask("GET", HISTORY, params=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_each_event_says_who_when_and_what(desk: Desk) -> None:
    receipt = (await desk.model(headers={"Tenure-Correlation-Id": "a-release"})).json()
    [item] = (await history(desk))["items"]
    said = {name: item[name] for name in ("event", "name", "digest", "event_id", "correlation_id", "hops", "auth_type")}
    assert said == {
        "event": "registry/model/delays#1",
        "name": "ModelCreated",
        "digest": receipt["digest"],
        "event_id": receipt["event_id"],
        "correlation_id": "a-release",
        "hops": 0,
        "auth_type": "user",
    }
    assert item["auth_id"] == item["fields"]["created_by"] == desk.tokens.named("engineer").id
    assert (item["backdated"], item["voided"], item["causation_id"]) == (False, False, None)


async def test_a_backdated_fact_is_marked_and_shows_both_times(desk: Desk) -> None:
    last_week = datetime.now(UTC) - timedelta(days=7)
    await desk.model(by="admin", headers={"Tenure-Time": last_week.isoformat()})
    await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)
    late, timely = (await history(desk))["items"]
    assert (late["backdated"], timely["backdated"]) == (True, False)
    assert datetime.fromisoformat(late["time"]) == last_week
    assert datetime.fromisoformat(late["recorded_at"]) > last_week + timedelta(days=6)


async def test_a_reports_bytes_are_left_out(desk: Desk) -> None:
    await desk.model()
    await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)
    assert (await desk.ask("POST", f"{MODELS}/delays/versions/v1/evidence", EVIDENCE)).status_code == 201
    fields = (await history(desk))["items"][-1]["fields"]
    assert (fields["report"], fields["report_digest"]) == (None, EVIDENCE["report_digest"])


async def test_it_comes_in_pages_and_as_it_was_known_then(desk: Desk) -> None:
    receipt = (await desk.model()).json()
    for version in ("v1", "v2"):
        await desk.ask("POST", f"{MODELS}/delays/versions", {**VERSION, "model_version": version})
    first = await history(desk, limit="2")
    second = await history(desk, limit="2", cursor=first["next"])
    assert [item["sequence"] for item in first["items"] + second["items"]] == [1, 2, 3]
    assert second["next"] is None
    vector = orjson.dumps({f"tenure.registry.events/{receipt['partition']}": receipt["offset"] + 1}).decode()
    known = await history(desk, as_of=vector)
    assert ([item["sequence"] for item in known["items"]], known["next"]) == ([1], None)


async def test_with_effective_at_it_leaves_out_what_had_not_happened(desk: Desk) -> None:
    last_week = datetime.now(UTC) - timedelta(days=7)
    await desk.model(by="admin", headers={"Tenure-Time": last_week.isoformat()})
    await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)
    happened = await history(desk, effective_at=(last_week + timedelta(days=1)).isoformat())
    assert [item["name"] for item in happened["items"]] == ["ModelCreated"]


async def test_what_was_voided_is_marked(desk: Desk) -> None:
    await desk.model()
    receipt = (await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)).json()
    void = {name: receipt[name] for name in ("stream", "sequence", "digest")} | {"reason": "never was"}
    assert (await desk.ask("POST", "/registry/v1/voids", void, by="admin")).status_code == 201
    assert [item["voided"] for item in (await history(desk))["items"]] == [False, True, False]


async def test_there_is_none_of_a_model_that_is_not_there(desk: Desk) -> None:
    assert (await desk.ask("GET", HISTORY)).status_code == 404
    await desk.model()
    early = datetime.now(UTC) - timedelta(days=1)
    assert (await desk.ask("GET", HISTORY, params={"as_of": early.isoformat()})).status_code == 404
    for cursor in ("LTE=", "eA=="):
        assert (await desk.ask("GET", HISTORY, params={"cursor": cursor})).status_code == 400
