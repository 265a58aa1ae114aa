"""Does every topic and every event stand in a document that follows the standard?"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from tenure.services import MODULES
from tenure_codec.binding import kebab
from tenure_codec.catalogue import published
from tenure_codec.envelope import Attributes, write_headers
from tenure_eventlog.rights import SERVICES
from tenure_eventlog.topics import ALL_TOPICS, LIFECYCLE, TopicSpec

STANDARD = json.loads((Path(__file__).parent / "asyncapi-3.0.0.schema.json").read_text())
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)


def messages_of(document: dict[str, Any], topic: str) -> list[str]:
    """The messages of a channel, by the names that its references lead to."""
    refs = [message["$ref"] for message in document["channels"][topic]["messages"].values()]
    return [document["components"]["messages"][ref.removeprefix("#/components/messages/")]["name"] for ref in refs]


@pytest.fixture
async def document(whole: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await whole.get("asyncapi.json")).json()
    return found


async def test_the_document_of_all_services_is_valid_asyncapi_3(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    jsonschema.Draft7Validator(STANDARD).validate(document)


async def test_the_document_of_each_service_is_valid_and_tells_only_what_it_does(service: httpx.AsyncClient) -> None:
    document = (await service.get("asyncapi.json")).json()
    jsonschema.Draft7Validator(STANDARD).validate(document)
    named = {one["channel"]["$ref"].removeprefix("#/channels/") for one in document["operations"].values()}
    assert named == set(document["channels"])


def test_the_standard_refuses_a_document_that_breaks_it() -> None:
    wrong = {"asyncapi": "3.0.0", "info": {"title": "Tenure", "version": "1"}, "channels": {"t": {"address": 7}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(STANDARD).validate(wrong)


async def test_every_topic_is_there_once_with_its_settings(document: dict[str, Any]) -> None:
    assert sorted(channel["address"] for channel in document["channels"].values()) == sorted(s.name for s in ALL_TOPICS)
    for spec in ALL_TOPICS:
        assert document["channels"][spec.name]["bindings"]["kafka"] == {
            "topic": spec.name,
            "partitions": spec.partitions,
            "topicConfiguration": {
                "cleanup.policy": [spec.cleanup],
                "retention.ms": spec.retention_ms,
                "retention.bytes": spec.retention_bytes,
                "max.message.bytes": spec.max_message_bytes,
            },
            "bindingVersion": "0.5.0",
        }


async def test_every_event_is_there_once_on_its_services_topic_with_its_schema(document: dict[str, Any]) -> None:
    found = [name for spec in LIFECYCLE for name in messages_of(document, spec.name)]
    assert sorted(found) == sorted(f"{s.service}.{s.event}.v{s.number}" for s in published())
    for schema in published():
        name = f"{schema.service}.{schema.event}.v{schema.number}"
        assert name in messages_of(document, f"tenure.{schema.service}.events")
        assert document["components"]["messages"][name]["payload"] == {
            "schemaFormat": "application/vnd.apache.avro+json;version=1.9.0",
            "schema": schema.raw,
        }


@pytest.mark.parametrize("service", list(MODULES))
async def test_a_service_does_what_the_brokers_let_it_do_and_no_less(document: dict[str, Any], service: str) -> None:
    told = set(document["operations"])
    granted = {f"{service}.send.{spec.name}" for spec in SERVICES[service].writes}
    granted |= {f"{service}.receive.{spec.name}" for spec in SERVICES[service].reads}
    assert {operation for operation in told if operation.startswith(f"{service}.")} == granted


def test_every_service_has_rights() -> None:
    assert set(SERVICES) == set(MODULES)


@pytest.mark.parametrize("spec", LIFECYCLE, ids=lambda spec: str(spec.name))
async def test_what_a_writer_writes_is_what_the_headers_are_said_to_be(
    document: dict[str, Any], spec: TopicSpec
) -> None:
    for name in messages_of(document, spec.name):
        schema = {**document["components"]["messages"][name]["headers"], "components": document["components"]}
        written = headers_of(name)
        jsonschema.Draft7Validator(schema).validate(written)
        for header in set(written) - {"ce_causationid", "traceparent"}:
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.Draft7Validator(schema).validate({k: v for k, v in written.items() if k != header})
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft7Validator(schema).validate(written | {"ce_type": "dev.tenure.other.v1"})
    assert set(document["components"]["schemas"]["EventHeaders"]["properties"]) == set(written)


def headers_of(message: str) -> dict[str, str]:
    """All headers of an event of this type, as the writer makes them."""
    service, event, number = message.split(".")
    schema = published().versions(service, event)[int(number[1:])]
    attributes = Attributes(
        id="01890a5d-ac96-774b-bcce-b302099a8057",
        source=f"/tenure/{service}",
        type=f"dev.tenure.{service}.{kebab(event)}.{number}",
        subject=f"{service}/thing/one",
        time=NOW,
        recorded_time=NOW,
        sequence=1,
        previous="0" * 64,
        dataschema=schema.urn,
        command_id="9f2c3a52-5f58-5d0a-a111-6a4f6b8f2f10",
        command_digest="a" * 64,
        correlation_id="night-42",
        hops=0,
        auth_id="p-1",
        auth_type="user",
        causation_id="01890a5d-ac96-774b-bcce-b302099a8056",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    return {name: value.decode() for name, value in write_headers(attributes)}
