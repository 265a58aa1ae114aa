"""How do bytes become an event with nothing in between? By code that is made once for each schema.

By way of a dict, a copy of it and a frozen dataclass's own `__init__` it takes more than twice as long, and a replay
does little else. What this reads, fastavro reads as the same; bytes that no writer makes are refused more strictly.

Source: Apache Avro 1.12, "Binary Encoding".
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from struct import Struct
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Read = Callable[[bytes], tuple[Any, int]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PRIMITIVES = {"string": str, "bytes": bytes, "long": int, "double": float, "boolean": bool}
_MOST = 2**64 - 1


class NotCompilable(Exception):
    """Type and schema do not match one to one; the general way may still read the bytes."""


def compiled(avro: Mapping[str, Any], kind: type) -> Read:
    """From bytes to the event, and where it ends: past the end where bytes are missing.

    It raises whatever Python raises for what it can't read. Fields of the schema that the dataclass does not name are
    passed over. Raises NotCompilable.
    """
    code = _Code()
    code.line(f"return {code.value(avro, kind)}, at")
    return code.function()


class _Code:
    """The lines of one function and the objects that they name. `at` is the place in `data` of what comes next."""

    def __init__(self) -> None:
        self._lines, self._indent = ["def read(data):", " at = 0"], " "
        self._numbers = count()
        self._records: dict[str, Mapping[str, Any]] = {}
        self._objects: dict[str, Any] = {
            "intern": sys.intern,
            "unsigned": _unsigned,
            "size": _size,
            "count": _items,
            "flag": {0: False, 1: True},
            "timedelta": timedelta,
            "epoch": _EPOCH,
            "double": Struct("<d").unpack_from,
        }

    def function(self) -> Read:
        exec("\n".join(self._lines), self._objects)  # of schemas and types that ship with this code
        read: Read = self._objects["read"]
        return read

    def line(self, *text: str) -> None:
        self._lines += [self._indent + line for line in text]

    @contextmanager
    def _inside(self, opening: str) -> Iterator[None]:
        self.line(opening)
        self._indent += " "
        yield
        self._indent = self._indent[:-1]

    def _named(self, thing: Any) -> str:
        name = f"object{len(self._objects)}"
        self._objects[name] = thing
        return name

    def value(self, avro: Any, kind: Any) -> str:
        """Writes the lines that read one value; the variable that then holds it. Without a `kind` nobody wants it."""
        kind, into = getattr(kind, "__supertype__", kind), f"value{next(self._numbers)}"
        match avro:
            case {"type": "record"}:
                self._records[avro["name"]] = avro
                self._record(avro, kind, into)
            case str() if avro.rpartition(".")[2] in self._records:
                self._record(self._records[avro.rpartition(".")[2]], kind, into)
            case {"type": "array", "items": items}:
                self._array(items, _argument(kind, tuple), into)
            case {"type": "map", "values": values}:
                self._map(values, _argument(kind, Mapping), into)
            case {"type": "long", "logicalType": "timestamp-micros"} if kind in (datetime, None):
                self._unsigned()
                self.line(f"{into} = epoch + timedelta(0, 0, n >> 1 ^ -(n & 1))")
            case ["null", some]:
                self._optional(some, _argument(kind, NoneType), into)
            case "string" if get_origin(kind) is Literal:
                self._sized(into)
                words = self._named({word.encode(): word for word in get_args(kind)})
                self.line(f"{into} = {words}[{into}]")
            case str() if kind in (_PRIMITIVES.get(avro), None):
                self._primitive(avro, into)
            case _:
                raise NotCompilable(f"{avro} as {kind}")
        return into

    def _unsigned(self) -> None:
        self.line("n = data[at]", "at += 1", "if n > 127: n, at = unsigned(n, data, at)")

    def _sized(self, into: str) -> None:
        """Fewer bytes than were announced are found out at the end."""
        self.line("n = data[at]", "at += 1", "if n & 129: n, at = size(n, data, at)")
        self.line("start = at", "at += n >> 1", f"{into} = data[start:at]")

    def _primitive(self, avro: str, into: str) -> None:
        match avro:
            case "string":  # interned: states keep the same names, words and digests thousands of times
                self._sized(into)
                self.line(f"{into} = intern({into}.decode())")
            case "bytes":
                self._sized(into)
            case "long":
                self._unsigned()
                self.line(f"{into} = n >> 1 ^ -(n & 1)")
            case "double":
                self.line(f"({into},) = double(data, at)", "at += 8")
            case "boolean":
                self.line(f"{into} = flag[data[at]]", "at += 1")
            case _:
                raise NotCompilable(avro)

    def _optional(self, some: Any, kind: Any, into: str) -> None:
        self._unsigned()
        with self._inside("if n == 2:"):
            self.line(f"{into} = {self.value(some, kind)}")
        self.line("elif n: raise ValueError('a branch that is not there')", f"else: {into} = None")

    def _array(self, items: Any, kind: Any, into: str) -> None:
        with self._blocks(into, "[]"):
            self.line(f"{into}.append({self.value(items, kind)})")
        self.line(f"{into} = tuple({into})")

    def _map(self, values: Any, kind: Any, into: str) -> None:
        with self._blocks(into, "{}"):
            key = self.value("string", str)
            self.line(f"{into}[{key}] = {self.value(values, kind)}")

    @contextmanager
    def _blocks(self, into: str, empty: str) -> Iterator[None]:
        left = f"left{next(self._numbers)}"
        self.line(f"{into} = {empty}", f"{left}, at = count(data, at)")
        with self._inside(f"while {left}:"):
            with self._inside(f"for _ in range({left}):"):
                yield
            self.line(f"{left}, at = count(data, at)")

    def _record(self, avro: Mapping[str, Any], kind: Any, into: str) -> None:
        hints = _hints(kind)
        read = {field["name"]: self.value(field["type"], hints.get(field["name"])) for field in avro["fields"]}
        if kind is None:
            self.line(f"{into} = None")
            return
        if lost := hints.keys() - read.keys():
            raise NotCompilable(f"{avro['name']} has no {sorted(lost)}")
        self.line(f"{into} = {self._named(_thawed(kind))}()")
        self.line(*[f"{into}.{name} = {read[name]}" for name in hints])
        self.line(f"{into}.__class__ = {self._named(kind)}")


def _argument(kind: Any, wanted: Any) -> Any:
    """What a tuple, a mapping or an optional is of; None where nobody wants it. Raises NotCompilable."""
    arguments = get_args(kind)
    match get_origin(kind):
        case None if kind is None:
            return None
        case origin if origin is tuple is wanted and arguments[1:] == (...,):
            return arguments[0]
        case origin if origin in (dict, Mapping) and wanted is Mapping and arguments[0] is str:
            return arguments[1]
        case origin if origin in (Union, UnionType) and wanted is NoneType in arguments and len(arguments) == 2:
            return next(argument for argument in arguments if argument is not NoneType)
    raise NotCompilable(f"{kind} is no {wanted}")


def _hints(kind: Any) -> dict[str, Any]:
    if kind is None:
        return {}
    if not is_dataclass(kind) or hasattr(kind, "__post_init__") or "__slots__" not in vars(kind):
        raise NotCompilable(f"{kind} is not a plain dataclass with slots")
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _thawed(kind: type) -> type:
    """A class of the same slots whose objects can be filled before they become the frozen class's.

    A frozen dataclass's own `__init__` goes through `object.__setattr__` for each field: ten times as long.
    """
    return type(kind.__name__, (), {"__slots__": tuple(field.name for field in fields(kind))})


def _unsigned(first: int, data: bytes, at: int) -> tuple[int, int]:
    """The rest of a number of several bytes, still zigzag, and where it ends."""
    number, shift = first & 127, 7
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            if number > _MOST:
                raise ValueError("a number of more than 64 bits")
            return number, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than ten bytes")


def _size(first: int, data: bytes, at: int) -> tuple[int, int]:
    """Like `_unsigned`, for a length: twice it. Raises ValueError for a negative one."""
    number, at = _unsigned(first, data, at) if first > 127 else (first, at)
    if number & 1:
        raise ValueError("a negative length")
    return number, at


def _items(data: bytes, at: int) -> tuple[int, int]:
    """How many items come in this block; a negative number announces that many and their size in bytes."""
    number = data[at]
    at += 1
    if number > 127:
        number, at = _unsigned(number, data, at)
    if number & 1:
        size = data[at]
        at = _unsigned(size, data, at + 1)[1] if size > 127 else at + 1
        return (number >> 1) + 1, at
    return number >> 1, at
