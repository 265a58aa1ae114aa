"""Which types say the same, and which holds more than the other?

Sources name types as they please: a registration says `double`, a connector `float64` or `io.debezium.time.Date`, and
JSON only shows a number. What can be compared is compared, anything else is its own name.
"""

from typing import Literal, TypeAlias

Json: TypeAlias = Literal["boolean", "integer", "number", "string", "object", "array", "null"]
Relation: TypeAlias = Literal["same", "wider", "narrower", "other"]

_NUMBERS = {
    "int8": 8, "tinyint": 8, "int16": 16, "smallint": 16, "int32": 32, "int": 32, "integer": 32,
    "int64": 64, "bigint": 64, "long": 64, "float32": 100, "real": 100, "float": 100,
    "float64": 200, "double": 200, "number": 200, "numeric": 300, "decimal": 300,
}  # fmt: skip
_TEXTS = {"string", "text", "varchar", "char", "character varying", "uuid", "json", "timestamp", "timestamptz", "date"}
_BOOLEANS = {"boolean", "bool"}
_DECIMAL = 300


def relation(before: str, after: str) -> Relation:
    """How `after` stands to `before`; a wider type holds every value of the narrower."""
    if before == after:
        return "same"
    old, new = _NUMBERS.get(before.lower()), _NUMBERS.get(after.lower())
    if old is not None and new is not None:
        return "same" if old == new else "wider" if new > old else "narrower"
    if old is None and new is None and _family(before) == _family(after) != "":
        return "same"
    return "other"


def holds(declared: str, seen: Json) -> bool:
    """Whether a value that JSON shows as `seen` can be of the declared type; of an unknown type any can."""
    size = _NUMBERS.get(declared.lower())
    if seen == "null":
        return True
    if size is not None:
        # Connectors may be told to write decimals as text.
        return seen == "integer" or (seen == "number" and size >= 100) or (seen == "string" and size == _DECIMAL)
    match _family(declared):
        case "boolean":
            return seen == "boolean"
        case "text":
            return seen in ("string", "integer") if _is_time(declared) else seen == "string"
        case _:
            return True


def json_type(raw: bytes) -> Json:
    """What a JSON value is, by its first letter."""
    match raw[:1]:
        case b'"':
            return "string"
        case b"n":
            return "null"
        case b"t" | b"f":
            return "boolean"
        case b"{":
            return "object"
        case b"[":
            return "array"
        case _:
            return "number" if any(mark in raw for mark in (b".", b"e", b"E")) else "integer"


def _family(name: str) -> str:
    lower = name.lower()
    return "boolean" if lower in _BOOLEANS else "text" if lower in _TEXTS else ""


def _is_time(name: str) -> bool:
    """Dates and instants come as text or as a number of days or microseconds, as the connector is set."""
    return name.lower().startswith(("timestamp", "date"))
