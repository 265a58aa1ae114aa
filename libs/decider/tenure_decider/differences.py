"""In which fields do two facts differ? What a test prints, since a decider's tests compare facts whole."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime


def differences(expected: object, found: object) -> list[str]:
    """One line for each place, by its path. Stricter than `==`: 1 is neither 1.0 nor True, and a list is no tuple."""
    return list(_differences(expected, found, ""))


def _differences(expected: object, found: object, at: str) -> Iterator[str]:
    if type(expected) is not type(found):
        yield _line(expected, found, at)
    elif is_dataclass(expected):
        for f in fields(expected):
            yield from _differences(getattr(expected, f.name), getattr(found, f.name), f"{at}.{f.name}")
    elif isinstance(expected, Mapping) and isinstance(found, Mapping):
        yield from _of_mappings(expected, found, at)
    elif isinstance(expected, tuple) and isinstance(found, tuple) and len(expected) == len(found):
        for place, pair in enumerate(zip(expected, found, strict=True)):
            yield from _differences(*pair, f"{at}[{place}]")
    elif expected != found or _zone(expected) != _zone(found):
        yield _line(expected, found, at)


def _of_mappings(expected: Mapping[object, object], found: Mapping[object, object], at: str) -> Iterator[str]:
    for key in (*expected, *(key for key in found if key not in expected)):
        if key in expected and key in found:
            yield from _differences(expected[key], found[key], f"{at}[{key!r}]")
        elif key in expected:
            yield f"{at}[{key!r}]: expected {expected[key]!r}, found nothing"
        else:
            yield f"{at}[{key!r}]: expected nothing, found {found[key]!r}"


def _line(expected: object, found: object, at: str) -> str:
    return f"{at or 'it'}: expected {expected!r}, found {found!r}"


def _zone(value: object) -> object:
    return value.utcoffset() if isinstance(value, datetime) else None
