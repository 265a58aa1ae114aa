"""What do those outside get of an event, and what never?"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st
from tenure_codec.catalogue import published
from tenure_codec.envelope import Attributes
from tenure_dispatch.outward import CONTENT_TYPE, MOST_DATA_BYTES, fields_of, presented
from tenure_registry.app import definition as registry
from tenure_registry.model.events import EvidenceRecorded

from tests.contract.schemas.samples import sample

AT = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
ATTRIBUTES = Attributes(
    id="0198-1",
    source="/tenure/monitor",
    type="dev.tenure.monitor.monitor-declared.v1",
    subject="monitor/monitor/m",
    time=AT,
    recorded_time=AT,
    sequence=7,
    previous="0" * 64,
    dataschema="urn:tenure:schema:monitor.MonitorDeclared.v1:sha256:00",
    command_id="c",
    command_digest="d",
    correlation_id="0198-0",
    hops=1,
    auth_id="p-1",
    auth_type="user",
)
CORPUS = Path(__file__).parents[2] / "contract" / "schemas"
GOLDEN = sorted((CORPUS / "corpus").glob("*.bin"))


def parsed(body: bytes) -> BaseCloudEvent:
    return from_structured_event(HTTPMessage({"content-type": CONTENT_TYPE}, body), JSONFormat())


def body(attributes: Attributes = ATTRIBUTES, fields: dict[str, Any] | None = None) -> bytes:
    return msgspec.json.encode(presented(attributes, fields))


def test_the_sdk_reads_it_as_the_event_that_it_was() -> None:
    event = parsed(body(fields={"model": "m", "declared_at": AT}))
    assert (event.get_id(), event.get_source(), event.get_subject()) == (
        "0198-1",
        "/tenure/monitor",
        "monitor/monitor/m",
    )
    assert event.get_time() == AT
    assert event.get_data() == {"model": "m", "declared_at": "2026-03-01T12:00:00.000005Z"}
    told = {name: event.get_extension(name) for name in ("sequence", "correlationid", "authid", "authtype", "hops")}
    assert told == {
        "sequence": "0000000000000000007",
        "correlationid": "0198-0",
        "authid": "p-1",
        "authtype": "user",
        "hops": 1,
    }


def test_what_only_who_checks_the_chain_needs_is_left_out() -> None:
    assert not {"previous", "commandid", "commanddigest"} & json.loads(body(fields={})).keys()


def test_a_cause_is_there_where_there_is_one() -> None:
    assert "causationid" not in json.loads(body(fields={}))
    assert json.loads(body(replace(ATTRIBUTES, causation_id="0197"), {}))["causationid"] == "0197"


def test_what_this_build_cannot_read_is_told_of_without_its_data() -> None:
    told = json.loads(body(fields=None))
    assert (told["dataomitted"], "data" in told) == ("unreadable", False)


def test_what_is_too_large_is_told_of_without_its_data() -> None:
    told = json.loads(body(fields={"text": "x" * MOST_DATA_BYTES}))
    assert (told["dataomitted"], "data" in told) == ("too-large", False)


def test_a_reports_bytes_are_left_out_and_its_digest_is_not() -> None:
    fold = registry().fold
    assert fold
    encoded = fold.codec.encode(sample(EvidenceRecorded, full=True))
    fields = fields_of(encoded.dataschema, encoded.value)
    assert fields
    assert (fields["report"], fields["report_digest"]) == (None, "zürich")


def test_every_event_that_was_ever_written_has_its_fields_as_json() -> None:
    assert len(GOLDEN) > 200
    for path in GOLDEN:
        service, event, number, _ = path.stem.split(".")
        schema = published().versions(service, event)[int(number.removeprefix("v"))]
        fields = fields_of(schema.urn, path.read_bytes())
        assert fields is not None, path.name
        assert json.loads(body(fields=dict(fields)))["data"].keys() == {field["name"] for field in schema.raw["fields"]}


@given(st.binary(max_size=200))
def test_bytes_that_are_no_event_have_no_fields_and_raise_nothing(value: bytes) -> None:
    urn = published().newest("rollout", "RouteChanged").urn
    fields = fields_of(urn, value)
    assert fields is None or set(fields) == {field["name"] for field in published().of_urn(urn).raw["fields"]}


def test_a_sealed_value_stays_sealed() -> None:
    token = "tenure.sealed.1.AAAA"
    assert parsed(body(fields={"name": token})).get_data() == {"name": token}
