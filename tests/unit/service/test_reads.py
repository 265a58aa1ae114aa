"""What does a reader get: now, then, page by page, and after what it has seen?"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import yaml
from tenure_registry.templates import template

from tests.unit.service.desk import DIGEST, MODELS, VERSION, Desk

STREAM = "registry/model/delays"


async def two_events(desk: Desk) -> list[dict[str, Any]]:
    """The receipts of a model and its first version."""
    return [(await desk.model()).json(), (await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)).json()]


async def versions(desk: Desk, **query: str) -> list[str]:
    answer = await desk.ask("GET", f"{MODELS}/delays", params=query, by="viewer")
    assert answer.status_code == 200, answer.text
    return sorted(str(version["model_version"]) for version in answer.json()["versions"])


async def test_a_read_carries_its_sequence_and_the_offsets_it_was_read_at(desk: Desk) -> None:
    receipt = (await two_events(desk))[1]
    answer = await desk.ask("GET", f"{MODELS}/delays", by="viewer")
    assert answer.headers["etag"] == '"2"'
    read_at = orjson.loads(answer.headers["tenure-offsets"])
    own = {f"tenure.registry.events/{n}": 2 if n == receipt["partition"] else 0 for n in range(4)}
    assert {partition: offset for partition, offset in read_at.items() if "registry" in partition} == own


async def test_what_the_reader_has_already_is_not_sent_again(desk: Desk) -> None:
    await two_events(desk)
    same = await desk.ask("GET", f"{MODELS}/delays", headers={"If-None-Match": '"2"'})
    assert (same.status_code, same.content) == (304, b"")
    assert (await desk.ask("GET", f"{MODELS}/delays", headers={"If-None-Match": '"1"'})).status_code == 200


async def test_what_is_not_there_is_404(desk: Desk) -> None:
    for path in (f"{MODELS}/none", f"{MODELS}/none/versions/v1"):
        missing = await desk.ask("GET", path)
        assert (missing.status_code, missing.json()["type"]) == (404, "urn:tenure:problem:not-found")


async def test_an_offset_vector_reads_the_past_exactly_and_again(desk: Desk) -> None:
    receipts = await two_events(desk)
    partition = f"tenure.registry.events/{receipts[0]['partition']}"
    seen = [await versions(desk, as_of=orjson.dumps({partition: offset}).decode()) for offset in (1, 2, 1)]
    assert seen == [[], ["v1"], []]


async def test_an_offset_vector_that_leaves_the_streams_partition_out_is_refused(desk: Desk) -> None:
    await two_events(desk)
    refused = await desk.ask("GET", f"{MODELS}/delays", params={"as_of": "{}"})
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:tenure:problem:malformed-offsets")


async def test_a_recorded_instant_reads_the_past_and_says_while_it_may_still_change(desk: Desk) -> None:
    await two_events(desk)
    now = datetime.now(UTC) + timedelta(seconds=1)
    answer = await desk.ask("GET", f"{MODELS}/delays", params={"as_of": now.isoformat()})
    assert (answer.headers["etag"], answer.headers["tenure-settled"]) == ('"2"', "false")
    before = now - timedelta(hours=1)
    early = await desk.ask("GET", f"{MODELS}/delays", params={"as_of": before.isoformat()})
    assert "tenure-settled" not in early.headers
    assert early.status_code == 404


async def test_effective_at_asks_when_it_happened_not_when_it_was_recorded(desk: Desk) -> None:
    last_week = datetime.now(UTC) - timedelta(days=7)
    await desk.model(by="admin", headers={"Tenure-Time": last_week.isoformat()})
    await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)
    assert await versions(desk, effective_at=(last_week + timedelta(days=1)).isoformat()) == []
    assert await versions(desk, effective_at=datetime.now(UTC).isoformat()) == ["v1"]


async def test_a_late_fact_changes_what_was_true_but_not_what_was_known(desk: Desk) -> None:
    last_week, yesterday = [datetime.now(UTC) - timedelta(days=days) for days in (7, 1)]
    await desk.model(by="admin", headers=backdated(last_week))
    await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)
    late = {**VERSION, "model_version": "v0"}
    receipt = await desk.ask("POST", f"{MODELS}/delays/versions", late, by="admin", headers=backdated(last_week))
    before = orjson.dumps({f"tenure.registry.events/{receipt.json()['partition']}": receipt.json()["offset"]}).decode()
    assert await versions(desk, effective_at=yesterday.isoformat()) == ["v0"]
    assert await versions(desk, effective_at=yesterday.isoformat(), as_of=before) == []
    assert await versions(desk, as_of=before) == ["v1"]


def backdated(at: datetime) -> dict[str, str]:
    return {"Tenure-Time": at.isoformat()}


async def test_what_was_true_is_settled_only_as_of_a_moment(desk: Desk) -> None:
    """Without one, the next late fact may change the answer."""
    receipt = (await two_events(desk))[1]
    now = {"effective_at": datetime.now(UTC).isoformat()}
    assert (await desk.ask("GET", f"{MODELS}/delays", params=now)).headers["tenure-settled"] == "false"
    then = {**now, "as_of": orjson.dumps({f"tenure.registry.events/{receipt['partition']}": 2}).decode()}
    assert "tenure-settled" not in (await desk.ask("GET", f"{MODELS}/delays", params=then)).headers


async def test_a_list_shows_what_was_there_then(desk: Desk) -> None:
    last_week = datetime.now(UTC) - timedelta(days=7)
    await desk.model("old", by="admin", headers=backdated(last_week))
    await desk.model("new")
    answers = [
        await desk.ask("GET", MODELS, params={"effective_at": at.isoformat()})
        for at in (last_week - timedelta(days=1), last_week, datetime.now(UTC))
    ]
    shown = [[item["model"] for item in answer.json()["items"]] for answer in answers]
    assert shown == [[], ["old"], ["new", "old"]]
    early = await desk.ask("GET", MODELS, params={"as_of": last_week.isoformat()})
    assert (early.json()["items"], early.json()["next"]) == ([], None)


async def test_a_page_of_the_past_may_be_short_and_the_next_one_goes_on(desk: Desk) -> None:
    last_week, policies = datetime.now(UTC) - timedelta(days=7), "/registry/v1/policies"
    document = yaml.safe_load(template("internal-low-risk"))
    for name, headers in (("b", {}), ("c", {}), ("d", backdated(last_week))):
        await desk.ask("POST", policies, {"policy": name, "document": document}, by="admin", headers=headers)
    then = {"limit": "2", "effective_at": last_week.isoformat()}
    first = (await desk.ask("GET", policies, params=then)).json()
    second = (await desk.ask("GET", policies, params={**then, "cursor": first["next"]})).json()
    assert (first["items"], [item["policy"] for item in second["items"]], second["next"]) == ([], ["d"], None)


async def test_a_reader_waits_for_what_it_has_seen_elsewhere(desk: Desk) -> None:
    partition = (await desk.model()).json()["partition"]
    headers = {"Tenure-At-Least": orjson.dumps({f"tenure.registry.events/{partition}": 2}).decode()}
    waiting = asyncio.create_task(desk.ask("GET", f"{MODELS}/delays", headers=headers))
    await desk.ask("POST", f"{MODELS}/delays/versions", VERSION)
    assert (await waiting).headers["etag"] == '"2"'


async def test_pages_are_stable_while_models_come(desk: Desk) -> None:
    for name in ("b", "d", "e"):
        await desk.model(name)
    first = (await desk.ask("GET", MODELS, params={"limit": "2"})).json()
    await desk.model("a")
    second = (await desk.ask("GET", MODELS, params={"limit": "2", "cursor": first["next"]})).json()
    assert [item["model"] for item in first["items"] + second["items"]] == ["b", "d", "e"]
    assert second["next"] is None


async def test_a_page_has_a_limit_and_a_cursor_is_not_made_up(desk: Desk) -> None:
    assert (await desk.ask("GET", MODELS, params={"limit": "1001"})).status_code == 422
    refused = await desk.ask("GET", MODELS, params={"cursor": "ä"})
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:tenure:problem:malformed-cursor")


async def test_a_sensitive_read_is_noted(desk: Desk) -> None:
    await two_events(desk)
    answer = await desk.ask("GET", f"{MODELS}/delays/versions/v1", by="viewer")
    assert answer.json()["artifact_digest"] == DIGEST
    [entry] = await desk.noted(1)
    viewer = desk.tokens.named("viewer").id
    assert (entry["principal"], entry["what"], entry["path"]) == (viewer, "read", f"{MODELS}/delays/versions/v1")
