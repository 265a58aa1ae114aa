"""Does everything that was ever published still mean what it meant?"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tenure_codec.catalogue import published

from tests.contract.schemas.publish import CORPUS, UNIONS, as_json, codec_of, file_digests, pinned

SAMPLES = sorted(CORPUS.glob("*.bin"))


def test_no_published_schema_file_was_edited_or_removed() -> None:
    """A new file is pinned by publish.py; an edited one is never."""
    assert file_digests() == pinned()


def test_every_published_schema_has_a_golden_sample() -> None:
    sampled = {json.loads(path.with_suffix(".json").read_text())["dataschema"] for path in SAMPLES}
    assert sorted(schema.urn for schema in published() if schema.urn not in sampled) == []


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_golden_bytes_decode_to_the_same_event_for_ever(path: Path) -> None:
    """Every field that the sample had keeps its value, whatever upcasters have added since."""
    expected = json.loads(path.with_suffix(".json").read_text())
    service = expected["dataschema"].split(":")[3].split(".")[0]
    event = codec_of(service).decode(expected["dataschema"], path.read_bytes())
    found = as_json(event)
    assert {name: found[name] for name in expected["event"]} == expected["event"]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_same_event_makes_the_golden_bytes_again(path: Path) -> None:
    """Else digests of the same fact would differ between builds."""
    expected = json.loads(path.with_suffix(".json").read_text())
    service = expected["dataschema"].split(":")[3].split(".")[0]
    codec = codec_of(service)
    event: Any = codec.decode(expected["dataschema"], path.read_bytes())
    again = codec.encode(event)
    if again.dataschema == expected["dataschema"]:
        assert (again.type, again.value) == (expected["type"], path.read_bytes())


@pytest.mark.parametrize("service", UNIONS)
def test_every_schema_of_a_service_is_one_that_its_codec_reads(service: str) -> None:
    """BACKWARD_TRANSITIVE: an own codec is refused where a version lacks its upcaster, so all numbers are 1..N."""
    codec_of(service)
    numbers: dict[str, list[int]] = {}
    for schema in published():
        if schema.service == service:
            numbers.setdefault(schema.event, []).append(schema.number)
    assert {event: sorted(found) for event, found in numbers.items()} == {
        event: list(range(1, len(found) + 1)) for event, found in numbers.items()
    }


def test_instants_come_back_aware() -> None:
    path = CORPUS / "registry.ModelCreated.v1.1.bin"
    expected = json.loads(path.with_suffix(".json").read_text())
    event: Any = codec_of("registry").decode(expected["dataschema"], path.read_bytes())
    assert event.created_at == datetime.fromisoformat("2026-01-02T03:04:05.678901+00:00")
    assert event.created_at.utcoffset() is not None
