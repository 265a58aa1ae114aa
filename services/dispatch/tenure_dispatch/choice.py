"""Which events does a subscriber want?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tenure_codec.binding import kebab
from tenure_codec.catalogue import published

MOST_PATTERNS = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """By type and by stream; a pattern may end in `*`, and none at all takes everything."""

    types: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()

    def takes(self, type_: str, stream: str) -> bool:
        return any_fits(self.types, type_) and any_fits(self.streams, stream)


def any_fits(patterns: Sequence[str], text: str) -> bool:
    return not patterns or any(fits(pattern, text) for pattern in patterns)


def fits(pattern: str, text: str) -> bool:
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else pattern == text


@cache
def known_types() -> tuple[str, ...]:
    """Every type that was ever published, of every schema version."""
    return tuple(f"dev.tenure.{one.service}.{kebab(one.event)}.v{one.number}" for one in published())


def unknown_types(patterns: Sequence[str]) -> tuple[str, ...]:
    """Those that no published event fits: most likely misspelt."""
    return tuple(pattern for pattern in patterns if not any(fits(pattern, one) for one in known_types()))
