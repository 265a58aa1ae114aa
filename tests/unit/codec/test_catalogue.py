"""Which schemas are refused, because fastavro would trust them too much?"""

from pathlib import Path

import pytest
from tenure_codec.catalogue import Catalogue, check
from tenure_codec.errors import SchemaRefused

from tests.unit.codec.folder import field, write_schemas


def record(name: str, *types: object) -> dict[str, object]:
    fields = [{"name": f"f{n}", "type": kind} for n, kind in enumerate(types)]
    return {"type": "record", "name": name, "namespace": "dev.tenure.test", "fields": fields}


@pytest.mark.parametrize(
    "items",
    [
        "null",
        {"type": "null"},
        record("Empty"),
        record("Nulls", "null", "null"),
        record("Deep", record("Inner", "null")),
    ],
    ids=["null", "null-type", "empty-record", "record-of-nulls", "nested"],
)
def test_an_array_whose_items_take_no_bytes_is_refused(items: object) -> None:
    with pytest.raises(SchemaRefused):
        check(record("Event", {"type": "array", "items": items}))


@pytest.mark.parametrize("items", ["string", ["null"], ["null", "string"], record("Point", "null", "long")])
def test_an_array_whose_items_take_a_byte_is_fine(items: object) -> None:
    check(record("Event", {"type": "array", "items": items}))


def test_a_record_that_holds_itself_is_refused() -> None:
    with pytest.raises(SchemaRefused):
        check(record("Event", ["null", "Event"]))
    with pytest.raises(SchemaRefused):
        check(record("Event", record("Inner", {"type": "array", "items": "dev.tenure.test.Event"})))


@pytest.mark.parametrize("kind", [["null", "T"], {"type": "array", "items": "null"}], ids=["recursive", "nulls"])
def test_a_folder_with_such_a_schema_is_refused_at_start(tmp_path: Path, kind: object) -> None:
    """So no bytes can name it."""
    write_schemas(tmp_path, "test", "T", [field("f", kind)])
    with pytest.raises(SchemaRefused):
        Catalogue(tmp_path)
