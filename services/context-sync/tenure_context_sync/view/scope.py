"""What may an expression look at, and how does it say that it can't be reckoned?"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, Never

Fields = Mapping[str, object]
LARGEST = 2**63 - 1
NOTHING: Mapping[str, Never] = MappingProxyType({})


class Scope(NamedTuple):
    """A primary row, the joined rows by their alias (None where there is none), and the aggregates by name."""

    row: Fields
    joined: Mapping[str, Fields | None] = NOTHING
    aggregates: Fields = NOTHING


class Closed(NamedTuple):
    """Stands where a sealed value would, since nothing may be reckoned with what is only its ciphertext."""

    why: Literal["sealed", "erased", "broken"]


class Failure(NamedTuple):
    """Why a value can't be had of this row: a short word, then what it is about."""

    reason: str


class Unfit(Exception):
    """A row does not fit an expression. Never leaves the view: there it becomes a `Failure`."""


def known(value: object) -> object:
    """The value as JSON gave it. Raises Unfit for a number that no store of ours can keep."""
    if type(value) is int and not -LARGEST <= value <= LARGEST:
        raise Unfit("number-too-large")
    return value


def field(name: str, row: Fields) -> object:
    """Raises Unfit where the row has no such field, or who asks can't open it; null is a value."""
    try:
        value = row[name]
    except KeyError:
        raise Unfit(f"field-missing:{name}") from None
    if type(value) is Closed:
        raise Unfit(f"{value.why}:{name}")
    return known(value)
