"""What does a client get for a mutation, the first time, again, and in vain?"""

from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from tenure_eventlog import Headers, Partition
from tenure_eventlog.topics import REGISTRY_EVENTS
from tenure_journal import Meta

from tests.unit.service.desk import MODELS, Desk

STREAM = "registry/model/delays"


async def headers_of(desk: Desk, meta: Meta) -> Headers:
    async with aclosing(desk.log.read({Partition(REGISTRY_EVENTS.name, meta.partition): meta.offset})) as batches:
        return (await anext(batches)).records[0].headers


async def test_a_mutation_answers_with_the_receipt_of_its_event(desk: Desk) -> None:
    done = await desk.model()
    stream = desk.runtime.replica.stream(STREAM)
    assert stream is not None
    assert stream.head is not None
    assert done.status_code == 201
    assert done.json() == {
        "event_id": stream.head.event_id,
        "stream": STREAM,
        "sequence": 1,
        "digest": stream.digest,
        "topic": "tenure.registry.events",
        "partition": stream.partition.number,
        "offset": 0,
        "changed": True,
    }
    assert done.headers["etag"] == '"1"'
    assert orjson.loads(done.headers["tenure-offsets"]) == {f"tenure.registry.events/{stream.partition.number}": 1}


async def test_the_event_says_who_and_what(desk: Desk) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    done = await desk.model(headers={"Tenure-Correlation-Id": "night-42", "traceparent": trace})
    [(meta, _)] = await desk.runtime.replica.events(STREAM)
    assert (meta.auth_id, meta.auth_type) == (desk.tokens.named("engineer").id, "user")
    assert (meta.correlation_id, done.headers["tenure-correlation-id"]) == ("night-42", "night-42")
    assert ("traceparent", trace.encode()) in await headers_of(desk, meta)


async def test_a_command_without_a_correlation_id_begins_its_own(desk: Desk) -> None:
    done = await desk.model(headers={"traceparent": "nonsense"})
    [(meta, _)] = await desk.runtime.replica.events(STREAM)
    assert meta.correlation_id == meta.event_id == done.headers["tenure-correlation-id"]
    assert "traceparent" not in dict(await headers_of(desk, meta))


@pytest.mark.parametrize("key", ["", "two words", "k" * 201])
async def test_an_idempotency_key_is_demanded(desk: Desk, key: str) -> None:
    refused = await desk.model(headers={"Idempotency-Key": key})
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:tenure:problem:idempotency-key-required")


async def test_the_same_key_again_gives_the_same_receipt_and_no_second_event(desk: Desk) -> None:
    first = await desk.model(headers={"Idempotency-Key": "once"})
    again = await desk.model(headers={"Idempotency-Key": "once"})
    assert again.json() == first.json()
    assert desk.runtime.replica.accepted == 1


async def test_the_same_key_for_another_command_is_refused(desk: Desk) -> None:
    await desk.model(headers={"Idempotency-Key": "once"})
    other = {"model": "delays", "description": "another"}
    refused = await desk.ask("POST", MODELS, other, headers={"Idempotency-Key": "once"})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:tenure:problem:command-id-reused")


async def test_a_key_belongs_to_its_principal(desk: Desk) -> None:
    await desk.model(headers={"Idempotency-Key": "once"})
    refused = await desk.model(by="admin", description="mine", headers={"Idempotency-Key": "once"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tenure:problem:model-exists")


async def test_if_match_names_the_sequence_that_is_expected(desk: Desk) -> None:
    await desk.model()
    path, version = f"{MODELS}/delays/versions", {"model_version": "v1", "artifact_digest": "sha256:" + "a" * 64}
    stream = desk.runtime.replica.stream(STREAM)
    assert stream is not None
    refused = await desk.ask("POST", path, version, headers={"If-Match": '"4"'})
    assert (refused.status_code, refused.json()["type"]) == (412, "urn:tenure:problem:sequence-mismatch")
    assert refused.json()["winner"] == {"sequence": 1, "digest": stream.digest}
    assert (await desk.ask("POST", path, version, headers={"If-Match": '"1"'})).headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("header", "value", "kind"),
    [
        ("If-Match", "W/1", "malformed-if-match"),
        ("Tenure-At-Least", "[1]", "malformed-offsets"),
        ("Tenure-At-Least", '{"tenure.registry.events": 1}', "malformed-offsets"),
        ("Tenure-At-Least", '{"tenure.registry.events/0": -1}', "malformed-offsets"),
        ("Tenure-Time", "yesterday", "malformed-instant"),
        ("Tenure-Time", "2026-01-01T00:00:00", "malformed-instant"),
        ("Tenure-Correlation-Id", "two words", "malformed-correlation-id"),
        ("Tenure-Unanswered-Seconds", "soon", "malformed-unanswered-seconds"),
    ],
)
async def test_a_malformed_header_is_named_and_nothing_is_done(desk: Desk, header: str, value: str, kind: str) -> None:
    refused = await desk.model(headers={header: value})
    assert (refused.status_code, refused.json()["type"]) == (400, f"urn:tenure:problem:{kind}")
    assert desk.runtime.replica.accepted == 0


async def test_backdating_needs_a_right_and_shows_in_the_event(desk: Desk) -> None:
    last_week = (datetime.now(UTC) - timedelta(days=7)).replace(microsecond=0)
    refused = await desk.model(headers={"Tenure-Time": last_week.isoformat()})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:tenure:problem:backdating-forbidden")
    assert (await desk.model(by="admin", headers={"Tenure-Time": last_week.isoformat()})).status_code == 201
    [(meta, _)] = await desk.runtime.replica.events(STREAM)
    assert meta.time == last_week


async def test_what_has_not_happened_yet_is_refused(desk: Desk) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    refused = await desk.model(by="admin", headers={"Tenure-Time": tomorrow.isoformat()})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:tenure:problem:not-yet")


async def test_while_the_log_is_away_nothing_is_done_and_later_the_same_request_succeeds(desk: Desk) -> None:
    desk.log.available = False
    refused = await desk.model(headers={"Idempotency-Key": "once"})
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:tenure:problem:log-unavailable")
    assert refused.headers["retry-after"] == "1"
    desk.log.available = True
    assert (await desk.model(headers={"Idempotency-Key": "once"})).json()["sequence"] == 1


async def test_refused_mutations_are_noted_with_their_rule(desk: Desk) -> None:
    await desk.model()
    await desk.model(by="viewer")
    await desk.model(by="admin", description="mine")
    await desk.model(description="mine", headers={"If-Match": "9"})
    noted = [(entry["principal"], entry["what"], entry["path"], entry["rule"]) for entry in await desk.noted(3)]
    assert noted == [
        (desk.tokens.named("viewer").id, "refused", MODELS, "role-missing"),
        (desk.tokens.named("admin").id, "refused", MODELS, "urn:tenure:problem:model-exists"),
        (desk.tokens.named("engineer").id, "refused", MODELS, "urn:tenure:problem:sequence-mismatch"),
    ]


async def test_commands_are_counted_by_outcome(desk: Desk) -> None:
    await desk.model()
    await desk.model(by="admin", description="mine")
    lines = (await desk.ask("GET", "/registry/v1/metrics")).text.splitlines()
    assert 'tenure_commands_total{outcome="changed",service="registry"} 1.0' in lines
    assert 'tenure_commands_total{outcome="refused",service="registry"} 1.0' in lines
    assert 'tenure_http_requests_total{service="registry",status="409"} 1.0' in lines
