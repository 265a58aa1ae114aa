"""What may be asked for without the API, and what becomes of it?"""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fastavro
import orjson
import pytest
import tenure_registry.inbox.cloudevent
from tenure_registry.inbox.signing import sign

from tests.unit.registry_inbox.post import DIGEST, SOURCE, VERSION, Post

EVIDENCE = {
    "evidence": "e1",
    "seen_digest": DIGEST,
    "kind": "evaluation",
    "verdict": "passed",
    "tool": "t",
    "tool_version": "1",
    "report_digest": DIGEST,
    "metrics": [{"name": "auc", "value": 0.9, "n": 10}],
}
SUNSET = {"sunset_at": "2999-01-01T00:00:00Z", "reason": "old"}
V1 = "models/delays/versions/v1"


@pytest.fixture
async def version(post: Post) -> None:
    await post.send("register-version", "models/delays", VERSION)


async def test_a_registered_version_is_on_the_record_as_the_keys_principal_asked(post: Post) -> None:
    outcome = await post.send("register-version", "models/delays", VERSION)
    [_, (meta, event)] = await post.desk.runtime.replica.events("registry/model/delays")
    assert (outcome.verdict, outcome.event_id, outcome.sequence) == ("accepted", meta.event_id, 2)
    assert event.model_version == "v1"
    assert {meta.auth_id, event.registered_by, outcome.principal} == {post.desk.tokens.named("engineer").id}
    assert meta.causation_id == f"tenure.inbox/{outcome.partition}/{outcome.offset}"


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize(
    ("command", "subject", "body"),
    [
        ("create-model", "models/other", {"model": "other"}),
        ("record-evidence", V1, EVIDENCE),
        ("change-tags", V1, {"tags": {"team": "a"}}),
        ("change-tags", "models/delays", {"tags": {"team": "a"}}),
        ("move-alias", "models/delays/aliases/champion", {"model_version": "v1"}),
        ("declare-consumer", "models/delays", {"consumer": "billing"}),
        ("deprecate-version", V1, SUNSET),
    ],
)
async def test_each_command_of_the_inbox_becomes_an_event(
    post: Post, command: str, subject: str, body: dict[str, Any]
) -> None:
    outcome = await post.send(command, subject, body)
    assert (outcome.verdict, outcome.rule, outcome.type) == ("accepted", None, f"dev.tenure.command.{command}.v1")


@pytest.mark.usefixtures("version")
async def test_what_is_so_already_needs_no_event(post: Post) -> None:
    outcome = await post.send("register-version", "models/delays", VERSION)
    assert (outcome.verdict, outcome.sequence) == ("unchanged", 2)


def structured(post: Post, kind: str, body: Any) -> dict[str, Any]:
    attributes = {name: value.decode() for name, value in post.headers(kind, "models/delays") if value is not None}
    return {name.removeprefix("ce_"): text for name, text in attributes.items() if name.startswith("ce_")}


def as_json(event: dict[str, Any], body: Any) -> bytes:
    return orjson.dumps(event | {"datacontenttype": "application/json", "data": body})


def as_avro(event: dict[str, Any], body: Any) -> bytes:
    """With the schema of the specification, whose data may be nested."""
    buffer = io.BytesIO()
    schema = json.loads((Path(__file__).parent / "cloudevents-1.0.avsc").read_text())
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(schema), {"attribute": event, "data": orjson.dumps(body)})
    return buffer.getvalue()


@pytest.mark.parametrize(("media", "written"), [("json", as_json), ("avro", as_avro)])
async def test_a_structured_event_says_the_same_as_one_in_headers(
    post: Post, media: str, written: Callable[[dict[str, Any], Any], bytes]
) -> None:
    value = written(structured(post, "register-version", VERSION), VERSION)
    headers = (("content-type", f"application/cloudevents+{media}; charset=utf-8".encode()),)
    outcome = await post.put(sign(post.key, post.secret, headers, value), value)
    assert (outcome.verdict, outcome.source, outcome.stream) == ("accepted", SOURCE, "registry/model/delays")


async def test_nested_data_in_avro_is_not_decoded_since_its_schema_is_recursive(post: Post) -> None:
    schema = tenure_registry.inbox.cloudevent.AVRO
    assert "CloudEventData" not in json.dumps(schema)
    buffer = io.BytesIO()
    spec = json.loads((Path(__file__).parent / "cloudevents-1.0.avsc").read_text())
    event = structured(post, "register-version", VERSION)
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(spec), {"attribute": event, "data": {"a": "b"}})
    value = buffer.getvalue()
    outcome = await post.put(
        sign(post.key, post.secret, (("content-type", b"application/cloudevents+avro"),), value), value
    )
    assert outcome.verdict == "unreadable"


async def test_it_happened_when_the_producer_says_within_five_minutes_else_when_the_record_arrived(post: Post) -> None:
    said = datetime.now(UTC) - timedelta(minutes=1)
    await post.send("register-version", "models/delays", VERSION, time=said.isoformat())
    early = datetime.now(UTC) - timedelta(hours=2)
    await post.send("declare-consumer", "models/delays", {"consumer": "billing"}, time=early.isoformat())
    [_, (first, _), (second, _)] = await post.desk.runtime.replica.events("registry/model/delays")
    assert first.time == said
    assert second.time > early + timedelta(hours=1)
