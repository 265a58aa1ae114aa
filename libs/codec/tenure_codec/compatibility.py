"""Would the newest schema read every older version's bytes, and read the same facts out of them?"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from fastavro.schema import expand_schema

from tenure_codec.catalogue import Schema, named_once

LOSSLESS = {("int", "long"), ("int", "double"), ("float", "double"), ("string", "bytes")}
MEANING = ("logicalType", "precision", "scale")


def unreadable(
    versions: Mapping[int, Schema], upcasters: Collection[str], needed: Collection[str] | None = None
) -> list[str]:
    """BACKWARD_TRANSITIVE: what keeps the newest of an event's schemas from reading each older one's bytes.

    An older version counts as read where upcasters (`<Event>.v<N>`) lead all the way to the newest. With `needed`, only
    these fields are asked about.
    """
    newest = versions[max(versions)]
    return [
        f"{schema.event}.v{number}: {reason}"
        for number, schema in versions.items()
        if not all(f"{schema.event}.v{step}" in upcasters for step in range(number, newest.number))
        for reason in breaks(projected(schema.raw, needed), projected(newest.raw, needed))
    ]


def projected(raw: Mapping[str, Any], needed: Collection[str] | None) -> Mapping[str, Any]:
    """The schema with the needed fields only: what a reader resolves to that does not care for the others."""
    if needed is None:
        return raw
    whole = expand_schema(dict(raw))  # a type may be spelt out in a field that is left out
    kept = [field for field in whole["fields"] if field["name"] in needed]
    found: Mapping[str, Any] = named_once({**whole, "fields": kept}, set())
    return found


def breaks(older: Mapping[str, Any], newer: Mapping[str, Any]) -> list[str]:
    """Why `newer` can't stand in for `older` when reading; empty where it can.

    Avro's resolution rules, less those by which a fact would change or go without a word: a promotion that rounds, a
    symbol that turns into the enum's default, a field that had to be there and is dropped, a default that moves.

    Source: Avro 1.12 specification, "Schema Resolution".
    """
    return list(_breaks(expand_schema(dict(older)), expand_schema(dict(newer)), _own_name(newer)))


def _breaks(older: Any, newer: Any, at: str) -> Iterator[str]:
    if isinstance(older, list):
        for branch in older:
            yield from _breaks(branch, newer, at)
    elif isinstance(newer, list):
        yield from _into_union(older, newer, at)
    elif _name(older) == _name(newer):
        yield from _inside(older, newer, at)
    elif (_name(older), _name(newer)) not in LOSSLESS:
        yield f"{at}: {_name(older)} became {_name(newer)}"


def _into_union(older: Any, branches: Iterable[Any], at: str) -> Iterator[str]:
    of_the_name = [branch for branch in branches if _name(branch) == _name(older)]
    yield from min((list(_breaks(older, branch, at)) for branch in of_the_name or branches), key=len)


def _inside(older: Any, newer: Any, at: str) -> Iterator[str]:
    match _type(older):
        case "record":
            yield from _fields(_by_name(older), _by_name(newer), at)
        case "enum":
            if gone := [symbol for symbol in older["symbols"] if symbol not in newer["symbols"]]:
                yield f"{at}: no symbol {', '.join(gone)} any more"
        case "fixed" if older["size"] != newer["size"]:
            yield f"{at}: {older['size']} bytes became {newer['size']}"
        case "array":
            yield from _breaks(older["items"], newer["items"], f"{at}[]")
        case "map":
            yield from _breaks(older["values"], newer["values"], f"{at}{{}}")


def _fields(older: Mapping[str, Any], newer: Mapping[str, Any], at: str) -> Iterator[str]:
    for name, field in older.items():
        path = f"{at}.{name}"
        if name in newer:
            yield from _breaks(field["type"], newer[name]["type"], path)
            yield from _default(field, newer[name], path)
        elif "default" not in field:
            yield f"{path}: removed, though every older event has it"
    for name, field in newer.items():
        if name not in older and "default" not in field:
            yield f"{at}.{name}: new, and no default says what it was before"


def _default(older: Mapping[str, Any], newer: Mapping[str, Any], at: str) -> Iterator[str]:
    if "default" in older and "default" in newer and older["default"] != newer["default"]:
        yield f"{at}: default {older['default']!r} became {newer['default']!r}"


def _by_name(record: Mapping[str, Any]) -> dict[str, Any]:
    return {field["name"]: field for field in record["fields"]}


def _type(part: Any) -> str:
    return str(part["type"] if isinstance(part, Mapping) else part)


def _name(part: Any) -> str:
    """The type with all that tells it from others of its kind; Avro matches names without their namespace."""
    if not isinstance(part, Mapping):
        return str(part)
    words = (part["type"], _own_name(part), *map(part.get, MEANING))
    return " ".join(str(word) for word in words if word not in ("", None))


def _own_name(part: Mapping[str, Any]) -> str:
    return str(part.get("name", "")).rpartition(".")[2]
