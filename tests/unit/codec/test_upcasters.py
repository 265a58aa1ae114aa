"""Do old bytes read as the newest event, step by step, or not at all?"""

import io
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, make_dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure_codec.binding import EventCodec, Upcaster
from tenure_codec.catalogue import Catalogue
from tenure_codec.errors import BindingRefused, NotUpcastable, SchemaRefused, Undecodable

from tests.unit.codec.folder import field, record, write_schemas

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORD = st.text(max_size=8)
NUMBER = st.integers(-(2**31), 2**31)


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightSet:
    """The newest of three versions: v1 had a fraction in text, v2 per mille, v3 has percent and a reason."""

    arm: str
    weight_percent: float
    reason: str | None


# A reader in another service names the event alike, and of its fields only what it needs.
FOREIGN = make_dataclass("WeightSet", [("weight_percent", float)], frozen=True, kw_only=True)


def to_per_mille(v1: dict[str, Any]) -> dict[str, Any]:
    return {"arm": v1["arm"], "per_mille": int(v1["weight"]) * 10}


def to_percent(v2: dict[str, Any]) -> dict[str, Any]:
    return {"arm": v2["arm"].upper(), "weight_percent": v2["per_mille"] / 10, "reason": None}


V1 = [field("arm", "string"), field("weight", "string")]
V2 = [field("arm", "string"), field("per_mille", "long")]
V3 = [field("arm", "string"), field("weight_percent", "double"), field("reason", ["null", "string"])]
UPCASTERS: dict[str, Upcaster] = {"WeightSet.v1": to_per_mille, "WeightSet.v2": to_percent}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    root = tmp_path_factory.mktemp("schemas")
    write_schemas(root, "test", "WeightSet", V1, V2, V3)
    return Catalogue(root)


def codec(catalogue: Catalogue, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> EventCodec:
    return EventCodec("test", WeightSet, upcasters=upcasters, catalogue=catalogue)


def written(catalogue: Catalogue, number: int, event: dict[str, Any]) -> tuple[str, bytes]:
    """What a build of that schema version would have put on the log."""
    schema, buffer = catalogue.versions("test", "WeightSet")[number], io.BytesIO()
    fastavro.schemaless_writer(buffer, schema.parsed, event, strict=True)
    return schema.urn, buffer.getvalue()


@settings(deadline=None)
@given(arm=WORD, weight=NUMBER)
def test_old_bytes_decode_to_what_the_chain_makes_of_the_old_event(catalogue: Catalogue, arm: str, weight: int) -> None:
    old = {"arm": arm, "weight": str(weight)}
    event = codec(catalogue).decode(*written(catalogue, 1, old))
    assert event == WeightSet(**to_percent(to_per_mille(old)))


@settings(deadline=None)
@given(arm=WORD, per_mille=NUMBER)
def test_each_version_enters_the_chain_at_its_own_step(catalogue: Catalogue, arm: str, per_mille: int) -> None:
    own = codec(catalogue)
    second = own.decode(*written(catalogue, 2, {"arm": arm, "per_mille": per_mille}))
    assert second == WeightSet(arm=arm.upper(), weight_percent=per_mille / 10, reason=None)
    newest = own.encode(WeightSet(arm=arm, weight_percent=per_mille / 10, reason=arm))
    assert own.decode(newest.dataschema, newest.value) == WeightSet(arm=arm, weight_percent=per_mille / 10, reason=arm)


@settings(deadline=None)
@given(arm=WORD, weight=NUMBER)
def test_an_old_event_written_again_is_the_same_event(catalogue: Catalogue, arm: str, weight: int) -> None:
    """So upcasting loses nothing that the newest schema could hold."""
    own = codec(catalogue)
    event = own.decode(*written(catalogue, 1, {"arm": arm, "weight": str(weight)}))
    again = own.encode(event)
    assert again.type == "dev.tenure.test.weight-set.v3"
    assert own.decode(again.dataschema, again.value) == event


@pytest.mark.parametrize("left", ["WeightSet.v1", "WeightSet.v2"])
def test_a_chain_with_a_gap_is_refused_at_start(catalogue: Catalogue, left: str) -> None:
    others = {name: step for name, step in UPCASTERS.items() if name != left}
    with pytest.raises(BindingRefused, match=rf"test\.{left} needs an upcaster"):
        codec(catalogue, others)


def test_a_foreign_reader_that_neither_upcasters_nor_avro_help_is_refused_at_start(catalogue: Catalogue) -> None:
    with pytest.raises(BindingRefused, match=r"weight_percent: new, and no default.*give upcasters"):
        EventCodec("test", FOREIGN, foreign=True, catalogue=catalogue)


def test_a_foreign_reader_does_not_care_for_changes_of_fields_that_it_does_not_name(tmp_path: Path) -> None:
    """Also where a field that it leaves out spells out the type that two others have which it needs."""
    share = record("Share", field("percent", "double"))
    needed = [field("share", "Share"), field("least", "Share")]
    old, new = (
        [field("gone", share), *needed, field("arm", "int")],
        [field("added", share), *needed, field("arm", "string")],
    )
    write_schemas(tmp_path, "test", "WeightSet", old, new)
    share_kind = make_dataclass("Share", [("percent", float)], frozen=True, kw_only=True)
    kind = make_dataclass("WeightSet", [("share", share_kind), ("least", share_kind)], frozen=True, kw_only=True)
    reader = EventCodec("test", kind, foreign=True, catalogue=(catalogue := Catalogue(tmp_path)))
    old_event = {"gone": {"percent": 1.0}, "share": {"percent": 5.0}, "least": {"percent": 2.0}, "arm": 7}
    seen = reader.decode(*written(catalogue, 1, old_event))
    assert (seen.share.percent, seen.least.percent) == (5.0, 2.0)


def test_a_foreign_reader_uses_the_upcasters_that_it_is_given(catalogue: Catalogue) -> None:
    reader = EventCodec("test", FOREIGN, foreign=True, upcasters=UPCASTERS, catalogue=catalogue)
    event = reader.decode(*written(catalogue, 1, {"arm": "a", "weight": "25"}))
    assert event.weight_percent == 25.0


def test_a_foreign_reader_gets_a_new_fields_default_from_the_schema(tmp_path: Path) -> None:
    """Avro resolves it, so that nobody has to write an upcaster for each of an event's readers."""
    old = [field("arm", "string")]
    write_schemas(tmp_path, "test", "WeightSet", old, [*old, field("weight_percent", "double", default=100.0)])
    catalogue = Catalogue(tmp_path)
    reader = EventCodec("test", FOREIGN, foreign=True, catalogue=catalogue)
    assert reader.decode(*written(catalogue, 1, {"arm": "a"})).weight_percent == 100.0
    assert reader.decode(*written(catalogue, 2, {"arm": "a", "weight_percent": 5.0})).weight_percent == 5.0


@pytest.mark.parametrize(("default", "expected"), [(1, EPOCH + timedelta(microseconds=1)), (2**62, None)])
def test_a_default_instant_is_an_instant_or_undecodable(
    tmp_path: Path, default: int, expected: datetime | None
) -> None:
    """Avro hands defaults over as they stand in the schema, a number of microseconds."""
    micros = {"type": "long", "logicalType": "timestamp-micros"}
    old = [field("arm", "string")]
    write_schemas(tmp_path, "test", "WeightSet", old, [*old, field("set_at", micros, default=default)])
    kind = make_dataclass("WeightSet", [("set_at", datetime)], frozen=True, kw_only=True)
    reader = EventCodec("test", kind, foreign=True, catalogue=(catalogue := Catalogue(tmp_path)))
    with nullcontext() if expected else pytest.raises(Undecodable):
        assert reader.decode(*written(catalogue, 1, {"arm": "a"})).set_at == expected


@pytest.mark.parametrize(
    "bug",
    [
        lambda _: {}["reason"],
        lambda v2: {"arm": v2["arm"]},
        lambda v2: {"arm": 7, "weight_percent": 1.0, "reason": None},
        lambda v2: {"arm": v2["arm"], "weight_percent": "1", "reason": None},
        lambda v2: None,
    ],
    ids=["raises", "forgets a field", "makes a number of a text", "makes a text of a number", "returns nothing"],
)
def test_an_upcasters_bug_parks_the_event_rather_than_bend_it(catalogue: Catalogue, bug: Upcaster) -> None:
    buggy = codec(catalogue, {**UPCASTERS, "WeightSet.v2": bug})
    with pytest.raises(Undecodable):
        buggy.decode(*written(catalogue, 2, {"arm": "a", "per_mille": 1}))


def test_an_upcaster_that_raises_is_named_with_what_it_raised(catalogue: Catalogue) -> None:
    buggy = codec(catalogue, {**UPCASTERS, "WeightSet.v1": lambda v1: {"arm": v1["gone"]}})
    with pytest.raises(NotUpcastable, match=r"test\.WeightSet\.v1:.*KeyError: 'gone'"):
        buggy.decode(*written(catalogue, 1, {"arm": "a", "weight": "1"}))


def test_a_dataclass_that_differs_from_the_newest_schema_is_refused_at_start(tmp_path: Path) -> None:
    write_schemas(tmp_path, "test", "WeightSet", [*V3, field("extra", "string")])
    with pytest.raises(BindingRefused, match=r"WeightSet differs from WeightSet\.v1\.avsc"):
        codec(Catalogue(tmp_path), {})


@pytest.mark.parametrize("name", ["T.avsc", "T.v0.avsc", "T.vx.avsc", "U.v1.avsc"])
def test_a_schema_file_that_is_misnamed_is_refused_at_start(tmp_path: Path, name: str) -> None:
    write_schemas(tmp_path, "test", "T", V1)
    (tmp_path / "test" / "T.v1.avsc").rename(tmp_path / "test" / name)
    with pytest.raises(SchemaRefused, match=r"must"):
        Catalogue(tmp_path)
