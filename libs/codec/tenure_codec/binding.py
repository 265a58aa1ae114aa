"""How does an event's dataclass become bytes, and old bytes the newest dataclass, without code for each event?"""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import fastavro

from tenure_codec.catalogue import Catalogue, Schema, published
from tenure_codec.compatibility import projected, unreadable
from tenure_codec.compiled import NotCompilable, Read, compiled
from tenure_codec.errors import BindingRefused, NotUpcastable, TooLarge, TrailingBytes, Undecodable
from tenure_codec.plans import plan_of, reader, record_plan

MAX_VALUE_BYTES = 1_048_576

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
Event = Any  # a frozen dataclass; the codec carries it and knows its fields only


class Encoded(NamedTuple):
    """An event's bytes, and the two headers that name what they are."""

    dataschema: str
    type: str
    value: bytes


class _Bound(NamedTuple):
    kind: type
    schema: Schema
    type: str
    to_avro: Callable[[Event], Any] | None
    from_avro: Callable[[dict[str, Any]], Event]
    resolved: Any = None


class EventCodec:
    """The events of one service: a union of frozen dataclasses, each bound to the schema of its name.

    An own codec demands that dataclass and newest schema hold the same fields of the same types. A `foreign` one is a
    tolerant reader: its dataclasses name the fields they need, and events that it does not name decode to None. It
    reads these fields of older schemas by Avro's resolution rules where no upcasters lead to the newest.
    Raises BindingRefused or SchemaUnknown at construction, never later.
    """

    def __init__(
        self,
        service: str,
        events: Any,
        *,
        upcasters: Mapping[str, Upcaster] | None = None,
        foreign: bool = False,
        catalogue: Catalogue | None = None,
        max_value_bytes: int = MAX_VALUE_BYTES,
    ) -> None:
        self.service, self._foreign, self._max = service, foreign, max_value_bytes
        self._catalogue = catalogue or published()
        self._upcasters = dict(upcasters or {})
        self._bound = {kind.__name__: self._bind(kind) for kind in members(events)}
        self._reads: dict[str, Read | None] = {}

    def _bind(self, kind: type) -> _Bound:
        versions = self._catalogue.versions(self.service, kind.__name__)
        newest = list(versions.values())[-1]
        ce_type = f"dev.tenure.{self.service}.{kebab(kind.__name__)}.v{newest.number}"
        if self._foreign:
            needed = [field.name for field in fields(kind)]
            tolerant = self._tolerant(kind, newest)
            if lost := unreadable(versions, self._upcasters, needed):
                raise BindingRefused(f"{self.service}.{'; '.join(lost)}: give upcasters that lead to the newest")
            resolved = fastavro.parse_schema(projected(newest.raw, needed), named_schemas={})
            return _Bound(kind, newest, ce_type, None, tolerant, resolved)
        for number in range(1, newest.number):
            if f"{kind.__name__}.v{number}" not in self._upcasters:
                raise BindingRefused(f"{self.service}.{kind.__name__}.v{number} needs an upcaster to v{number + 1}")
        plan = record_plan(kind, f"dev.tenure.{self.service}")
        if inlined(plan.avro) != inlined(newest.raw):
            raise BindingRefused(f"{kind.__name__} differs from {newest.event}.v{newest.number}.avsc: {plan.avro}")
        assert plan.from_avro is not None
        return _Bound(kind, newest, ce_type, plan.to_avro, plan.from_avro)

    def _tolerant(self, kind: type, newest: Schema) -> Callable[[dict[str, Any]], Event]:
        hints, known = get_type_hints(kind), {field["name"] for field in newest.raw["fields"]}
        if missing := {f.name for f in fields(kind)} - known:
            raise BindingRefused(f"{self.service}.{kind.__name__} has no field {sorted(missing)}")
        return reader(kind, {f.name: plan_of(hints[f.name], f"dev.tenure.{self.service}") for f in fields(kind)})

    def encode(self, event: Event) -> Encoded:
        """The event's bytes under the newest schema. Raises TypeError or ValueError for an unfit value."""
        bound = self._bound[type(event).__name__]
        if bound.to_avro is None:
            raise TypeError(f"{type(event).__name__} is {self.service}'s to write")
        buffer = io.BytesIO()
        try:
            fastavro.schemaless_writer(buffer, bound.schema.parsed, bound.to_avro(event), strict=True)
        except OverflowError as why:  # not a ValueError, so nobody would expect it
            raise ValueError(f"{type(event).__name__} holds what its schema has no room for: {why}") from why
        value = buffer.getvalue()
        if len(value) > self._max:
            raise ValueError(f"{type(event).__name__} takes {len(value)} bytes, the limit is {self._max}")
        return Encoded(bound.schema.urn, bound.type, value)

    def decode(self, dataschema: str, value: bytes) -> Event | None:
        """The event as the newest dataclass; None for a published event that a foreign codec does not name.

        Raises Undecodable, whatever the bytes are.
        """
        try:
            read = self._reads[dataschema]
        except KeyError:
            read = self._reads[dataschema] = self._read_of(self._catalogue.of_urn(dataschema))
        if read is None:
            return None
        if len(value) > self._max:
            raise TooLarge(f"{len(value)} bytes, the limit is {self._max}")
        try:
            event, end = read(value)
        except Undecodable:
            raise
        except Exception as why:  # the bytes are anybody's, and fastavro raises whatever its C code meets
            raise Undecodable(f"{dataschema}: {type(why).__name__}: {why}") from why
        if end != len(value):
            raise _misfit(len(value) - end)
        return event

    def _read_of(self, schema: Schema) -> Read | None:
        if schema.service != self.service or schema.event not in self._bound:
            if self._foreign and schema.service == self.service:
                return None
            raise Undecodable(f"{schema.urn} is not an event that this service folds")
        bound = self._bound[schema.event]
        steps = [self._upcasters.get(f"{schema.event}.v{n}") for n in range(schema.number, bound.schema.number)]
        if None in steps:  # a foreign codec was told at construction that Avro can do it
            return _generally(schema, bound.resolved, bound.from_avro)
        if steps:
            return _generally(schema, None, _chain([step for step in steps if step], bound, schema.urn))
        try:
            return compiled(schema.raw, bound.kind)
        except NotCompilable:
            return _generally(schema, None, bound.from_avro)


def _generally(written: Schema, resolved: Any, to_event: Callable[[dict[str, Any]], Event]) -> Read:
    """By way of a dict, as upcasters want it. With `resolved`, Avro reads the bytes as of that newer schema."""

    def read(value: bytes) -> tuple[Event, int]:
        buffer = io.BytesIO(value)
        record: dict[str, Any] = fastavro.schemaless_reader(buffer, written.parsed, resolved)
        return to_event(record), buffer.tell()

    return read


def _misfit(left: int) -> Undecodable:
    return TrailingBytes(f"{left} bytes after the event") if left > 0 else Undecodable(f"{-left} bytes are missing")


def _chain(steps: list[Upcaster], bound: _Bound, urn: str) -> Callable[[dict[str, Any]], Event]:
    def read(record: dict[str, Any]) -> Event:
        for step in steps:
            try:
                record = step(record)
            except Exception as why:  # an upcaster's bug parks the stream, it does not end the process
                raise NotUpcastable(f"{urn}: {type(why).__name__}: {why}") from why
        event = bound.from_avro(record)
        if bound.to_avro:
            bound.to_avro(event)  # an upcaster may make only what the newest schema could hold
        return event

    return read


def members(events: Any) -> tuple[type, ...]:
    """The dataclasses of a union, or of a single one."""
    return get_args(events) if get_origin(events) in (Union, UnionType) else (events,)


def kebab(name: str) -> str:
    """`VersionRegistered` is `version-registered`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def inlined(avro: Any) -> Any:
    """A schema with `doc` and defaults left out and each later mention of a named type as its name only."""
    return _inlined(avro, set())


def _inlined(part: Any, seen: set[str]) -> Any:
    if isinstance(part, list):
        return [_inlined(branch, seen) for branch in part]
    if not isinstance(part, Mapping):
        return part.rpartition(".")[2] if isinstance(part, str) else part
    if part.get("type") == "record":
        if part["name"] in seen:
            return part["name"]
        seen.add(part["name"])
        return {
            "record": part["name"],
            "fields": [(f["name"], _inlined(f["type"], seen)) for f in part["fields"]],
        }
    return {k: _inlined(v, seen) if k in ("type", "items", "values") else v for k, v in part.items() if k != "doc"}
