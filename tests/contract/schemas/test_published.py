"""Does everything that was ever published still mean what it meant?

The golden corpus is append-only. `corpus/<service>.<Event>.v<N>.<sample>.bin` are bytes as some build wrote them; the
JSON beside them says which event they are. Each file is pinned by its digest in corpus.json, as each schema is in
published.json: a sample or schema that vanished or changed is red here, and a diff that takes a line out of either list
is for a reviewer to refuse. `python -m tests.contract.schemas.publish` adds what is new, and never touches what is old.
"""

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tenure_codec.catalogue import published
from tenure_codec.compatibility import unreadable

from tests.contract.schemas.publish import (
    CORPUS,
    MANIFEST,
    PINNED,
    UNIONS,
    as_json,
    codec_of,
    events_of,
    file_digests,
    golden,
    meaning,
    pinned,
    sample_digests,
    samples,
    unsampled,
)

EVENTS = [(service, kind.__name__) for service in UNIONS for kind in events_of(service)]
every_sample = pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)


def changed(was: Mapping[str, str], now: Mapping[str, str]) -> dict[str, list[str]]:
    return {
        "vanished, though published": sorted(was.keys() - now.keys()),
        "edited, though published": sorted(name for name in was.keys() & now.keys() if was[name] != now[name]),
        "new, so run publish": sorted(now.keys() - was.keys()),
    }


NOTHING = changed({}, {})


def test_no_published_schema_file_was_edited_or_removed() -> None:
    assert changed(pinned(PINNED), file_digests()) == NOTHING


def test_no_golden_sample_was_edited_or_removed() -> None:
    assert changed(pinned(MANIFEST), sample_digests()) == NOTHING


def test_every_published_schema_has_a_golden_sample() -> None:
    sampled = {meaning(path)["dataschema"] for path in samples()}
    assert sorted(schema.urn for schema in published() if schema.urn not in sampled) == []


@pytest.mark.parametrize(("service", "event"), EVENTS)
def test_every_value_of_a_literal_has_a_golden_sample(service: str, event: str) -> None:
    """To Avro each is just a string: only golden bytes notice that one is renamed or taken away."""
    kind = next(kind for kind in events_of(service) if kind.__name__ == event)
    assert unsampled(kind, published().newest(service, event).urn) == set()


def shared(found: Any, expected: Any) -> Any:
    """What was found, without the fields that are newer than what was expected."""
    match found, expected:
        case dict(), dict():
            return {name: shared(found[name], expected[name]) for name in expected}
        case list(), list() if len(found) == len(expected):
            return [shared(*both) for both in zip(found, expected, strict=True)]
        case _:
            return found


# What an upcaster puts elsewhere; tests/unit/rollout/test_upcasters.py says where.
WELCH = frozenset({"metric", "margin", "confidence", "min_n", "candidate", "champion", "difference", "low", "high"})
MOVED: Mapping[str, frozenset[str]] = {
    "rollout.RolloutStarted.v1": frozenset({"judge"}),
    "rollout.RolloutStarted.v2": frozenset({"judge"}),
    "rollout.JudgementChanged.v1": WELCH,
}


@every_sample
def test_golden_bytes_decode_to_the_same_event_for_ever(path: Path) -> None:
    """Every field that the sample had keeps its value, whatever upcasters have added since."""
    whole, found = meaning(path)["event"], as_json(golden(path))
    moved = MOVED.get(path.stem.rpartition(".")[0], frozenset())
    expected = {name: value for name, value in whole.items() if name not in moved}
    assert shared(found, expected) == expected


@every_sample
def test_the_same_event_makes_the_golden_bytes_again(path: Path) -> None:
    """Else digests of the same fact would differ between builds."""
    expected = meaning(path)
    again = codec_of(expected["dataschema"].split(":")[3].split(".")[0]).encode(golden(path))
    if again.dataschema == expected["dataschema"]:
        assert (again.type, again.value) == (expected["type"], path.read_bytes())


@pytest.mark.parametrize(("service", "event"), EVENTS)
def test_the_newest_schema_reads_every_older_one(service: str, event: str) -> None:
    """BACKWARD_TRANSITIVE, by Avro's resolution or by upcasters; and the numbers are 1..N, so none was skipped."""
    versions = published().versions(service, event)
    upcasters = import_module(f"{UNIONS[service][0]}.upcasters").UPCASTERS
    assert unreadable(versions, upcasters) == []
    assert list(versions) == list(range(1, len(versions) + 1))


def test_every_published_schema_is_of_an_event_that_its_service_still_reads() -> None:
    """The log keeps what was written, so an event's code may go out of use, but not out of the union."""
    assert sorted({(schema.service, schema.event) for schema in published()} - set(EVENTS)) == []


def test_instants_come_back_aware() -> None:
    event: Any = golden(CORPUS / "registry.ModelCreated.v1.1.bin")
    assert event.created_at == datetime.fromisoformat("2026-01-02T03:04:05.678901+00:00")
    assert event.created_at.utcoffset() is not None
