"""Which values can an event's dataclass hold? Derived from its types, so a new event is covered at once."""

import random
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal, get_args, get_origin, get_type_hints

from hypothesis import settings
from hypothesis import strategies as st
from tenure_codec.binding import EventCodec

from tests.contract.schemas.publish import UNIONS, codec_of, events_of

CODECS: dict[str, EventCodec] = {service: codec_of(service) for service in UNIONS}
EVERY_EVENT = [(service, kind) for service in UNIONS for kind in events_of(service)]
MOST_ITEMS = 4
law = settings(max_examples=25, deadline=None)  # for each event type, so over 700 examples a law

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC) | _OFFSETS)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),  # a NaN equals nothing, so no round trip could be seen
    bytes: st.binary(max_size=20),
    datetime: _INSTANTS,
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Every value that a field of this type may hold."""
    kind = getattr(kind, "__supertype__", kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return st.builds(kind, **{f.name: any_of(hints[f.name]) for f in fields(kind)})
    return _generic(get_origin(kind), get_args(kind))


def _generic(origin: Any, args: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return st.lists(any_of(args[0]), max_size=MOST_ITEMS).map(tuple)
    if origin in (dict, Mapping):
        return st.dictionaries(st.text(max_size=8), any_of(args[1]), max_size=MOST_ITEMS)
    return st.one_of(*(st.none() if branch is type(None) else any_of(branch) for branch in args))


def rebuilt(value: Any, order: random.Random) -> Any:
    """An equal value that was made otherwise: maps filled in another order, instants in another zone."""
    if isinstance(value, datetime):
        return value.astimezone(timezone(timedelta(hours=order.randrange(-12, 12))))
    if isinstance(value, dict):
        return {key: rebuilt(value[key], order) for key in order.sample(list(value), len(value))}
    if isinstance(value, tuple):
        return tuple(rebuilt(item, order) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{f.name: rebuilt(getattr(value, f.name), order) for f in fields(value)})
    return value
