"""Which schemas were ever published, and what is each one's identity?"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import fastavro

from tenure_codec.errors import SchemaRefused, SchemaUnknown

URN = "urn:tenure:schema:"
NAMED = ("record", "enum", "fixed")


class Schema(NamedTuple):
    """One published schema. `urn` holds its identity; `parsed` is for fastavro."""

    service: str
    event: str
    number: int
    urn: str
    raw: Mapping[str, Any]
    parsed: Any


def identity(raw: Mapping[str, Any]) -> str:
    """SHA-256 of the normalised JSON: keys sorted, no white space, `doc` left out.

    Avro's own fingerprint ignores logicalType and defaults, which change what bytes mean.
    """
    return sha256(json.dumps(_without_doc(raw), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _without_doc(part: Any) -> Any:
    match part:
        case dict():
            return {key: _without_doc(value) for key, value in part.items() if key != "doc"}
        case list():
            return [_without_doc(item) for item in part]
        case _:
            return part


class Catalogue:
    """All schemas of a folder tree `<service>/<Event>.v<N>.avsc`. Raises SchemaRefused at once for a bad one."""

    def __init__(self, root: Traversable) -> None:
        self._by_urn: dict[str, Schema] = {}
        self._by_event: dict[tuple[str, str], dict[int, Schema]] = {}
        for service, file in _schema_files(root):
            self._add(_load(service, file))

    def _add(self, schema: Schema) -> None:
        self._by_urn[schema.urn] = schema
        self._by_event.setdefault((schema.service, schema.event), {})[schema.number] = schema

    def __iter__(self) -> Iterator[Schema]:
        return iter(self._by_urn.values())

    def of_urn(self, urn: str) -> Schema:
        """Raises SchemaUnknown."""
        try:
            return self._by_urn[urn]
        except KeyError:
            raise SchemaUnknown(f"{urn} is not among the {len(self._by_urn)} published schemas") from None

    def versions(self, service: str, event: str) -> Mapping[int, Schema]:
        """An event's schemas by number, 1 first. Raises SchemaUnknown."""
        try:
            return dict(sorted(self._by_event[service, event].items()))
        except KeyError:
            raise SchemaUnknown(f"no schema of {service}.{event} is published") from None

    def newest(self, service: str, event: str) -> Schema:
        """Raises SchemaUnknown."""
        return list(self.versions(service, event).values())[-1]


@cache
def published() -> Catalogue:
    """The schemas that ship with Tenure."""
    return Catalogue(files("tenure_schemas"))


def _schema_files(root: Traversable) -> Iterator[tuple[str, Traversable]]:
    for folder in sorted(root.iterdir(), key=lambda entry: entry.name):
        if folder.is_dir():
            for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
                if file.name.endswith(".avsc"):
                    yield folder.name, file


def _load(service: str, file: Traversable) -> Schema:
    event, _, number = file.name.removesuffix(".avsc").partition(".v")
    raw = json.loads(file.read_text())
    if (raw.get("type"), raw.get("name"), raw.get("namespace")) != ("record", event, f"dev.tenure.{service}"):
        raise SchemaRefused(f"{service}/{file.name} must hold the record dev.tenure.{service}.{event}")
    if not number.isdigit() or number == "0":
        raise SchemaRefused(f"{service}/{file.name} must be named <Event>.v<N>.avsc with N from 1")
    check(raw)
    urn = f"{URN}{service}.{event}.v{number}:sha256:{identity(raw)}"
    return Schema(service, event, int(number), urn, raw, fastavro.parse_schema(raw, named_schemas={}))


def named_once(part: Any, seen: set[str]) -> Any:
    """Avro wants a named type whole at its first mention and by name afterwards."""
    if isinstance(part, list):
        return [named_once(branch, seen) for branch in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "record":
        if part["name"] in seen:
            return part["name"]
        seen.add(part["name"])
    return {
        key: [named_once(f, seen) for f in value] if key == "fields" else named_once(value, seen)
        for key, value in part.items()
    }


def check(raw: Any) -> None:
    """Refuses what fastavro trusts too much: recursion crashes the process, an array of nothings fills its memory.

    Raises SchemaRefused.
    """
    _check(raw, inside=(), namespace=None)


def _check(part: Any, inside: tuple[str, ...], namespace: str | None) -> None:
    if isinstance(part, list):
        for branch in part:
            _check(branch, inside, namespace)
    elif isinstance(part, str):
        if _full_name(part, namespace) in inside:
            raise SchemaRefused(f"{part} holds itself: recursive schemas are refused")
    else:
        _check_complex(part, inside, namespace)


def _check_complex(part: Mapping[str, Any], inside: tuple[str, ...], namespace: str | None) -> None:
    if part["type"] in NAMED:
        space = part.get("namespace", namespace)
        within = (*inside, _full_name(part["name"], space))
        for member in part.get("fields", ()):
            _check(member["type"], within, space)
    for content in (part.get("items"), part.get("values")):
        if content is None:
            continue
        if part["type"] == "array" and _takes_no_bytes(content):
            raise SchemaRefused("an array of what takes no bytes takes any amount of memory: refused")
        _check(content, inside, namespace)


def _takes_no_bytes(part: Any) -> bool:
    if not isinstance(part, Mapping):
        return bool(part == "null")  # a union always has its branch's number
    if part["type"] == "record":
        return all(_takes_no_bytes(member["type"]) for member in part["fields"])
    return bool(part["type"] == "null" or (part["type"] == "fixed" and part["size"] == 0))


def _full_name(name: str, namespace: str | None) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"
