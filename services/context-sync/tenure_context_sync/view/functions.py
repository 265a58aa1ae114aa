"""Which functions may a view call? These, and what each makes of its arguments; a null among them makes null."""

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from tenure_context_sync.view.instants import instant
from tenure_context_sync.view.scope import LARGEST, Unfit

LONGEST_TEXT = 10_000
MOST_ARGUMENTS = 20
MOST_DIGITS = 15
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?([eE][+-]?\d{1,3})?")
SECONDS_A_DAY = 86_400


class Function(NamedTuple):
    """`least` and `most` are how many arguments it takes."""

    call: Callable[..., object]
    least: int
    most: int


def checked(value: object) -> object:
    """What was reckoned, if it can be kept and sent. Raises Unfit."""
    if type(value) is float and not math.isfinite(value):
        raise Unfit("not-a-finite-number")
    if type(value) is int and not -LARGEST <= value <= LARGEST:
        raise Unfit("number-too-large")
    if type(value) is str and len(value) > LONGEST_TEXT:
        raise Unfit("text-too-long")
    return value


def a_number(value: object) -> int | float:
    """Raises Unfit; a truth value is no number."""
    if type(value) is int or type(value) is float:
        return value
    raise Unfit("not-a-number")


def a_text(value: object) -> str:
    """Raises Unfit."""
    if type(value) is str:
        return value
    raise Unfit("not-a-text")


def family(value: object) -> type:
    """What a value may be compared with: numbers with numbers, texts with texts. Raises Unfit."""
    match value:
        case bool():
            return bool
        case int() | float():
            return float
        case str() | datetime():
            return type(value)
        case _:
            raise Unfit("not-comparable")


def same_family(*values: object) -> None:
    """Raises Unfit where they can't be compared."""
    if len({family(value) for value in values}) > 1:
        raise Unfit("not-comparable")


def least(*values: object) -> object:
    same_family(*values)
    return min(values)  # type: ignore[type-var]  # all of one family


def greatest(*values: object) -> object:
    same_family(*values)
    return max(values)  # type: ignore[type-var]  # all of one family


def rounded(value: object, digits: object = 0) -> object:
    if type(digits) is not int or not 0 <= digits <= MOST_DIGITS:
        raise Unfit("digits-out-of-range")
    return round(a_number(value), digits)


def length(value: object) -> int:
    if isinstance(value, str | list):
        return len(value)
    raise Unfit("has-no-length")


def number(value: object) -> int | float:
    """Of a text: digits, with a point or an exponent, as decimals come from a connector."""
    if type(value) is not str:
        return a_number(value)
    if not _NUMBER.fullmatch(value.strip()):
        raise Unfit("not-a-number")
    return float(value) if "." in value or "e" in value.lower() else int(value)


def text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() | str():
            return str(value)
        case datetime():
            return value.isoformat()
        case _:
            raise Unfit("not-a-text")


def days_between(earlier: object, later: object) -> float:
    return (instant(later) - instant(earlier)).total_seconds() / SECONDS_A_DAY


FUNCTIONS = {
    "abs": Function(lambda value: abs(a_number(value)), 1, 1),
    "days_between": Function(days_between, 2, 2),
    "greatest": Function(greatest, 1, MOST_ARGUMENTS),
    "instant": Function(instant, 1, 1),
    "least": Function(least, 1, MOST_ARGUMENTS),
    "length": Function(length, 1, 1),
    "lower": Function(lambda value: a_text(value).lower(), 1, 1),
    "number": Function(number, 1, 1),
    "round": Function(rounded, 1, 2),
    "text": Function(text, 1, 1),
    "trim": Function(lambda value: a_text(value).strip(), 1, 1),
    "upper": Function(lambda value: a_text(value).upper(), 1, 1),
}
COALESCE = "coalesce"  # the one that sees nulls
