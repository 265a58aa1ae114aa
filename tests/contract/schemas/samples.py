"""Which values stand for all that an event can hold? Made from its types."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

INSTANT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
PLAIN: dict[Any, Any] = {str: "zürich", int: -(2**40), bool: True, float: 0.1, bytes: b"\x00\xff", datetime: INSTANT}

Choice = tuple[str, str]


def sample(kind: Any, *, full: bool, turn: int = 0) -> Any:
    """A value of the type: with everything there, or with all that may be absent or empty so.

    Of a Literal, a full one takes the value whose turn it is.
    """
    kind = getattr(kind, "__supertype__", kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{f.name: sample(hints[f.name], full=full, turn=turn) for f in fields(kind)})
    return _generic(get_origin(kind), get_args(kind), full, turn)


def _generic(origin: Any, args: tuple[Any, ...], full: bool, turn: int) -> Any:
    if origin is Literal:
        return args[turn % len(args)] if full else args[-1]
    if origin is tuple:
        return (sample(args[0], full=True, turn=turn), sample(args[0], full=False)) if full else ()
    if origin in (dict, Mapping):
        return {key: sample(args[1], full=True, turn=turn) for key in ("b", "a")} if full else {}
    assert origin in (Union, UnionType)
    return sample(args[0], full=True, turn=turn) if full else None


def choices(kind: Any) -> set[Choice]:
    """Each (field, value) that a Literal in the type allows: Avro calls them all strings, so no schema guards them."""
    return set(_choices(getattr(kind, "__supertype__", kind), ""))


def _choices(kind: Any, at: str) -> Iterator[Choice]:
    if get_origin(kind) is Literal:
        yield from ((at, value) for value in get_args(kind))
    elif is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        for f in fields(kind):
            yield from _choices(hints[f.name], f"{kind.__name__}.{f.name}")
    else:
        for part in get_args(kind):
            yield from _choices(part, at)


def chosen(event: Any, at: str = "") -> set[Choice]:
    """Each (field, text) in the event."""
    match event:
        case str():
            return {(at, event)}
        case tuple():
            parts = [chosen(item, at) for item in event]
        case Mapping():
            parts = [chosen(item, at) for item in event.values()]
        case _ if is_dataclass(event) and not isinstance(event, type):
            parts = [chosen(getattr(event, f.name), f"{type(event).__name__}.{f.name}") for f in fields(event)]
        case _:
            parts = []
    return set().union(*parts)
