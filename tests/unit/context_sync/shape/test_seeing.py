"""What do a source's records say of its schema?"""

import json
from pathlib import Path

from tenure_context_sync.events import Field
from tenure_context_sync.shape.announced import announced_fields, announcement
from tenure_context_sync.shape.difference import schema_digest
from tenure_context_sync.shape.observed import observed_fields, shape_of

CAPTURED = Path(__file__).parents[3] / "debezium"
KNOWN = (
    Field(name="id", type="integer", personal=False, nullable=False),
    Field(name="name", type="text", personal=True),
    Field(name="credit", type="numeric", personal=False),
)


def captured(number: str) -> bytes:
    [path] = CAPTURED.glob(f"{number}-*.json")
    return json.dumps(json.loads(path.read_text())["value"], separators=(",", ":")).encode()


def test_a_row_that_keeps_to_what_is_known_changes_nothing() -> None:
    assert observed_fields(shape_of('{"id":1,"name":null,"credit":"12.50"}'), KNOWN) == KNOWN


def test_a_value_that_contradicts_the_known_type_is_seen() -> None:
    [_, name, _] = observed_fields(shape_of('{"id":1,"name":7.5,"credit":1}'), KNOWN)
    assert (name.type, name.personal) == ("number", True)


def test_a_value_that_came_sealed_shows_nothing_of_its_type() -> None:
    born = Field(name="born", type="integer", personal=True)
    assert observed_fields(shape_of('{"born":"tenure.sealed.1.erased"}'), (born,)) == (born,)


def test_a_field_of_which_only_nulls_were_seen_has_no_type_that_a_value_could_contradict() -> None:
    first = observed_fields(shape_of('{"id":1,"note":null}'), KNOWN)
    assert observed_fields(shape_of('{"id":1,"note":"x"}'), first) == first


def test_a_null_where_none_may_be_makes_the_field_nullable() -> None:
    assert observed_fields(shape_of('{"id":null}'), KNOWN)[0].nullable


def test_the_order_of_the_columns_is_not_part_of_a_schema() -> None:
    assert schema_digest(KNOWN) == schema_digest(KNOWN[::-1])


def test_a_connectors_own_schema_tells_the_columns_types_and_nullability() -> None:
    fields = announced_fields(captured("27"), frozenset({"name"})) or ()
    told = {field.name: (field.type, field.nullable, field.personal) for field in fields}
    assert told["id"] == ("string", False, False)
    assert told["name"][2]


def test_all_records_of_one_schema_begin_alike() -> None:
    """So that a schema is read once, however many records repeat it."""
    assert announcement(captured("27")) is not None
    assert announcement(captured("27")) == announcement(captured("28"))
    assert announcement(captured("27")) != announcement(captured("31"))


def test_a_record_without_a_schema_announces_none() -> None:
    assert announcement(captured("06")) is None


def test_a_schema_that_can_not_be_read_is_none() -> None:
    assert announced_fields(b'{"schema":{"type":7},"payload":1}', frozenset()) is None
