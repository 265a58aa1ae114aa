"""Which changes of a schema may be published, because old bytes still say the same?"""

import io
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure_codec.catalogue import Catalogue
from tenure_codec.compatibility import breaks, unreadable

from tests.unit.codec.folder import Field, field, record, write_schemas

MICROS = {"type": "long", "logicalType": "timestamp-micros"}
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
STAGE = {"type": "enum", "name": "Stage", "symbols": ["candidate", "production"]}
ARM = record("Arm", field("release", "string"), field("weight", "int"))


def one(kind: Any, **default: Any) -> list[Field]:
    return [field("f", kind, **default)]


def stage(*symbols: str, **default: str) -> dict[str, Any]:
    return {**STAGE, "symbols": list(symbols), **default}


def arm(*fields: Field) -> dict[str, Any]:
    return record("Arm", *fields)


def decimal(scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": scale}


FORBIDDEN: dict[str, tuple[list[Field], list[Field], str]] = {
    "removed field": (one("int"), [], "T.f: removed"),
    "new field without default": ([], one("int"), "T.f: new, and no default"),
    "renamed field": (one("int"), [field("g", "int", default=0)], "T.f: removed"),
    "narrowed number": (one("long"), one("int"), "T.f: long became int"),
    "number that rounds": (one("long"), one("double"), "T.f: long became double"),
    "float that rounds": (one("double"), one("float"), "T.f: double became float"),
    "bytes that may be no text": (one("bytes"), one("string"), "T.f: bytes became string"),
    "other type": (one("string"), one("boolean"), "T.f: string became boolean"),
    "null taken away": (one(["null", "string"]), one("string"), "T.f: null became string"),
    "branch taken away": (one(["null", "string", "long"]), one(["null", "long"]), "T.f: string became"),
    "renamed symbol": (one(STAGE), one(stage("candidate", "live")), "T.f: no symbol production"),
    "symbol that becomes the default": (one(STAGE), one(stage("candidate", default="candidate")), "no symbol"),
    "other logical type": (one(MICROS), one(MILLIS), "T.f: long timestamp-micros became long timestamp-millis"),
    "lost logical type": (one(MICROS), one("long"), "T.f: long timestamp-micros became long"),
    "gained logical type": (one("long"), one(MICROS), "T.f: long became long timestamp-micros"),
    "scale of a decimal": (one(decimal(2)), one(decimal(3)), "T.f: bytes decimal 9 2 became bytes decimal 9 3"),
    "logical type on the way to a wider one": (one("int"), one(MICROS), "T.f: int became long timestamp-micros"),
    "changed default": (one("int", default=1), one("int", default=2), "T.f: default 1 became 2"),
    "renamed record": (one(ARM), one({**ARM, "name": "Leg"}), "T.f: record Arm became record Leg"),
    "field of an inner record": (one(ARM), one(arm(field("release", "string"))), "T.f.weight: removed"),
    "items of an array": (
        one({"type": "array", "items": "long"}),
        one({"type": "array", "items": "int"}),
        "T.f[]: long became int",
    ),
    "values of a map": (
        one({"type": "map", "values": "double"}),
        one({"type": "map", "values": "float"}),
        "T.f{}: double became float",
    ),
    "array in place of its items": (one("int"), one({"type": "array", "items": "int"}), "T.f: int became array"),
    "record inside a union": (one(["null", ARM]), one(["null", arm(ARM["fields"][0])]), "T.f.weight: removed"),
    "size of a fixed": (
        one({"type": "fixed", "name": "D", "size": 32}),
        one({"type": "fixed", "name": "D", "size": 20}),
        "T.f: 32 bytes became 20",
    ),
}  # fmt: skip

ALLOWED: dict[str, tuple[list[Field], list[Field]]] = {
    "nothing": (one(ARM), one(ARM)),
    "new field with default": ([], one("int", default=7)),
    "removed field that had a default": (one("int", default=7), []),
    "default given where there was none": (one("int"), one("int", default=7)),
    "wider number": (one("int"), one("long")),
    "number that a double holds": (one("int"), one("double")),
    "wider float": (one("float"), one("double")),
    "text as bytes": (one("string"), one("bytes")),
    "null let in": (one("string"), one(["null", "string"])),
    "wider number let in with null": (one("int"), one(["null", "long"])),
    "branch let in": (one(["null", "string"]), one(["null", "string", "long"])),
    "symbol let in": (one(STAGE), one(stage("candidate", "validated", "production"))),
    "symbols in another order": (one(STAGE), one(stage("production", "candidate"))),
    "fields in another order": (
        [field("a", "int"), field("b", "string")],
        [field("b", "string"), field("a", "int")],
    ),
    "new field of an inner record": (
        one({"type": "array", "items": ARM}),
        one({"type": "array", "items": arm(*ARM["fields"], field("note", "string", default=""))}),
    ),
    "documentation": (one("int"), [{**field("f", "int"), "doc": "says more"}]),
    "a named type by its name": (
        [field("a", ARM), field("b", "dev.tenure.test.Arm")],
        [field("a", ARM), field("b", "Arm")],
    ),
}  # fmt: skip

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**31), 2**31 - 1),
    "float": st.floats(width=32, allow_nan=False),
    "string": st.text(max_size=5),
    "null": st.none(),
}


def made(kind: Any) -> st.SearchStrategy[Any]:
    """Values of the types that ALLOWED has on its older side."""
    match kind:
        case list():
            return st.one_of(*map(made, kind))
        case "Arm" | "dev.tenure.test.Arm":
            return made(ARM)
        case str():
            return VALUES[kind]
        case {"type": "record", "fields": fields}:
            return st.fixed_dictionaries({part["name"]: made(part["type"]) for part in fields})
        case {"type": "enum", "symbols": symbols}:
            return st.sampled_from(symbols)
        case {"type": "array", "items": items}:
            return st.lists(made(items), max_size=3)
        case _:
            raise AssertionError(kind)


@pytest.mark.parametrize("change", FORBIDDEN)
def test_a_forbidden_change_is_named_with_its_place(change: str) -> None:
    older, newer, said = FORBIDDEN[change]
    (found,) = breaks(record("T", *older), record("T", *newer)) or ("nothing",)
    assert said in found


@pytest.mark.parametrize("change", ALLOWED)
def test_an_allowed_change_breaks_nothing(change: str) -> None:
    older, newer = ALLOWED[change]
    assert breaks(record("T", *older), record("T", *newer)) == []


@pytest.mark.parametrize("change", ALLOWED)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_avros_own_resolution_agrees_on_what_is_allowed(change: str, data: st.DataObject) -> None:
    """The newest schema reads the older one's bytes, and the same facts out of them."""
    older, newer = (record("T", *fields) for fields in ALLOWED[change])
    value = data.draw(made(older))
    read = resolved(older, newer, value)
    assert {name: plain(read[name]) for name in read if name in value} == {n: value[n] for n in value if n in read}
    assert set(read) == {part["name"] for part in newer["fields"]}


def plain(value: Any) -> Any:
    """Without what a newer schema has added: text that became bytes, and a note at each arm."""
    if isinstance(value, list):
        return [{k: v for k, v in item.items() if k != "note"} for item in value]
    return value.decode() if isinstance(value, bytes) else value


def resolved(older: dict[str, Any], newer: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(older, named_schemas={}), value)
    buffer.seek(0)
    target = fastavro.parse_schema(newer, named_schemas={})
    read: Any = fastavro.schemaless_reader(buffer, fastavro.parse_schema(older, named_schemas={}), target)
    return dict(read)


def test_a_break_between_the_oldest_and_the_newest_counts_even_where_each_step_was_fine(tmp_path: Path) -> None:
    """TRANSITIVE: a field may go where it had a default, and come back, but not to mean something else."""
    steps = [one("int", default=1), [], one("int", default=2)]
    write_schemas(tmp_path, "test", "T", *steps)
    versions = Catalogue(tmp_path).versions("test", "T")
    assert [breaks(versions[n].raw, versions[n + 1].raw) for n in (1, 2)] == [[], []]
    assert unreadable(versions, ()) == ["T.v1: T.f: default 1 became 2"]


def test_upcasters_stand_in_for_resolution_only_where_they_lead_to_the_newest(tmp_path: Path) -> None:
    write_schemas(tmp_path, "test", "T", one("int"), one("string"), one("boolean"))
    versions = Catalogue(tmp_path).versions("test", "T")
    oldest, middle = "T.v1: T.f: int became boolean", "T.v2: T.f: string became boolean"
    assert unreadable(versions, ()) == [oldest, middle]
    assert unreadable(versions, {"T.v1"}) == [oldest, middle]
    assert unreadable(versions, {"T.v2"}) == [oldest]
    assert unreadable(versions, {"T.v1", "T.v2"}) == []
