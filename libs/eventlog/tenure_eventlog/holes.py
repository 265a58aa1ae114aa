"""Is a gap between offsets a hole that the broker made, or did something get lost on the way?"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar


class Placed(Protocol):
    """A record at its place in a partition."""

    @property
    def offset(self) -> int: ...


Record = TypeVar("Record", bound=Placed)


class Hole(NamedTuple):
    """The offset that should follow, and the one that does."""

    expected: int
    met: int


class Holes:
    """Believes a hole only when a fresh fetch from its edge meets it again.

    On a topic that is never compacted a broker can't lose single records from the middle, so that a hole which two
    separate fetches agree on is one of its own transaction markers. All of a fetch are looked at again together, or
    a topic full of markers would be fetched once for each.
    """

    def __init__(self) -> None:
        self._met: dict[tuple[str, int], Sequence[Hole]] = {}

    def first_new(self, place: tuple[str, int], holes: Sequence[Hole]) -> Hole | None:
        """The first of a fetch that the fetch before did not meet: the partition must be read again from there."""
        before, self._met[place] = self._met.get(place, ()), holes
        return next((hole for hole in holes if hole not in before), None)

    def readable(
        self, place: tuple[str, int], records: Sequence[Record], expected: int
    ) -> tuple[Sequence[Record], Hole | None]:
        """The records up to the first hole that was not met before, and that hole."""
        new = self.first_new(place, holes_of(records, expected))
        return ([one for one in records if one.offset < new.expected] if new else records), new


def holes_of(records: Sequence[Placed], expected: int) -> list[Hole]:
    """Wherever a record does not have the offset that follows the one before it; `expected` is the first one's."""
    if records[-1].offset - expected + 1 == len(records):
        return []
    follows = [expected, *(record.offset + 1 for record in records)]
    return [Hole(due, record.offset) for due, record in zip(follows, records, strict=False) if record.offset != due]
