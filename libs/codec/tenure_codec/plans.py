"""How does a field's type become Avro, and back? One pair of functions per type, made once."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from tenure_codec.errors import BindingRefused

Convert = Callable[[Any], Any]
MICROSECONDS = {"type": "long", "logicalType": "timestamp-micros"}
PRIMITIVES: dict[Any, str] = {str: "string", int: "long", bool: "boolean", float: "double", bytes: "bytes"}


class Plan(NamedTuple):
    """`avro` is the schema of the type; `from_avro` is None where a decoded value is taken as it is.

    `to_avro` raises TypeError, ValueError or OverflowError for what would not come back as it was.
    """

    avro: Any
    to_avro: Convert
    from_avro: Convert | None


def plan_of(kind: Any, namespace: str) -> Plan:
    """The plan of a field's type. Raises BindingRefused for a type that events may not hold."""
    kind = getattr(kind, "__supertype__", kind)  # NewType
    if kind is str:  # states keep the same names, words and digests thousands of times
        return Plan(PRIMITIVES[kind], _checked(kind), sys.intern)
    if kind in PRIMITIVES:
        return Plan(PRIMITIVES[kind], _checked(kind), None)
    if kind is datetime:
        return Plan(MICROSECONDS, _aware, _utc)
    if is_dataclass(kind) and isinstance(kind, type):
        return record_plan(kind, namespace)
    match get_origin(kind):
        case origin if origin is Literal:
            return _literal(frozenset(get_args(kind)))
        case origin if origin is tuple and get_args(kind)[1:] == (...,):
            return _array(plan_of(get_args(kind)[0], namespace))
        case origin if origin in (dict, Mapping) and get_args(kind)[0] is str:
            return _map(plan_of(get_args(kind)[1], namespace))
        case origin if origin in (Union, UnionType) and len(get_args(kind)) == 2 and NoneType in get_args(kind):
            return _optional(plan_of(next(a for a in get_args(kind) if a is not NoneType), namespace))
        case _:
            raise BindingRefused(f"an event may not hold a {kind}")


def record_plan(kind: type, namespace: str) -> Plan:
    """The plan of a frozen dataclass as an Avro record of the same name."""
    hints = get_type_hints(kind)
    plans = {f.name: plan_of(hints[f.name], namespace) for f in fields(kind)}
    avro = {
        "type": "record",
        "name": kind.__name__,
        "namespace": namespace,
        "fields": [{"name": name, "type": plan.avro} for name, plan in plans.items()],
    }
    return Plan(avro, _writer(kind, plans), reader(kind, plans))


def _writer(kind: type, plans: Mapping[str, Plan]) -> Convert:
    steps = [(name, plan.to_avro) for name, plan in plans.items()]

    def write(event: Any) -> dict[str, Any]:
        if type(event) is not kind:
            raise TypeError(f"{event!r} is not a {kind.__name__}")
        return {name: to(getattr(event, name)) for name, to in steps}

    return write


def reader(kind: type, plans: Mapping[str, Plan]) -> Convert:
    """From a decoded record, which it may change, to the dataclass; fields that it does not name are dropped."""
    steps = [(name, plan.from_avro) for name, plan in plans.items() if plan.from_avro]
    size = len(plans)

    def read(record: dict[str, Any]) -> Any:
        for name, of in steps:
            record[name] = of(record[name])
        return kind(**record) if len(record) == size else kind(**{name: record[name] for name in plans})

    return read


def _checked(kind: type) -> Convert:
    def check(value: Any) -> Any:
        if type(value) is kind or (kind is str and isinstance(value, str)):
            return value
        if kind is float and type(value) is int and float(value) == value:
            return float(value)
        raise TypeError(f"{value!r} is not a {kind.__name__}")

    return check


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _aware(instant: Any) -> datetime:
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        raise TypeError(f"{instant!r} is not an instant with a time zone")
    return instant.astimezone(UTC)


def _utc(instant: datetime | int) -> datetime:
    return _EPOCH + timedelta(microseconds=instant) if isinstance(instant, int) else instant


def _literal(allowed: frozenset[Any]) -> Plan:
    if not all(isinstance(value, str) for value in allowed):
        raise BindingRefused("a Literal must be of strings")
    known = {value: value for value in allowed}  # a decoded word becomes the one that is there already

    def check(value: Any) -> Any:
        try:
            return known[value]
        except (KeyError, TypeError):
            raise ValueError(f"{value!r} is not one of {sorted(allowed)}") from None

    return Plan("string", check, check)


def _array(item: Plan) -> Plan:
    to, of = item.to_avro, item.from_avro

    def write(values: Any) -> list[Any]:
        if not isinstance(values, tuple | list):  # a text's letters would be taken for its items
            raise TypeError(f"{values!r} is not a tuple")
        return [to(value) for value in values]

    read = (lambda values: tuple([of(v) for v in values])) if of else tuple
    return Plan({"type": "array", "items": item.avro}, write, read)


def _map(content: Plan) -> Plan:
    to, of = content.to_avro, content.from_avro

    def write(values: Any) -> dict[str, Any]:
        if not (isinstance(values, Mapping) and all(isinstance(key, str) for key in values)):
            raise TypeError(f"{values!r} is not a mapping of strings")
        # Sorted, since the order of a map's entries changes the bytes and so the digest.
        return {key: to(values[key]) for key in sorted(values)}

    read = (lambda values: {key: of(v) for key, v in values.items()}) if of else None
    return Plan({"type": "map", "values": content.avro}, write, read)


def _optional(some: Plan) -> Plan:
    to, of = some.to_avro, some.from_avro
    read = (lambda value: None if value is None else of(value)) if of else None
    return Plan(["null", some.avro], lambda value: None if value is None else to(value), read)
