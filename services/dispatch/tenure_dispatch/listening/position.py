"""What does a listener show to go on exactly where it was? How far it is in every partition, as an event's id.

`context:0.3.0.12;registry:7.0.0.1` says the next offset of each partition, in order.
"""

import re
from collections.abc import Iterator, Mapping

from tenure_eventlog import Partition
from tenure_eventlog.topics import LIFECYCLE

MOST_CHARACTERS = 2_000
NAMES = {spec.name.split(".")[1]: spec for spec in LIFECYCLE}
_SHAPE = re.compile(r"[a-z]+:[0-9]{1,18}(\.[0-9]{1,18})*(;[a-z]+:[0-9]{1,18}(\.[0-9]{1,18})*)*", re.ASCII)


class PositionUnreadable(ValueError):
    """It is not an id of one of our events."""


def written(positions: Mapping[Partition, int]) -> str:
    return ";".join(
        f"{name}:" + ".".join(str(positions.get(Partition(spec.name, n), 0)) for n in range(spec.partitions))
        for name, spec in sorted(NAMES.items())
    )


def read(text: str) -> dict[Partition, int]:
    """Topics that came later are left out of it, and begin at 0. Raises PositionUnreadable."""
    if len(text) > MOST_CHARACTERS or not _SHAPE.fullmatch(text):
        raise PositionUnreadable(text[:100])
    found = dict(_parts(text))
    return {
        Partition(spec.name, n): found.get((name, n), 0) for name, spec in NAMES.items() for n in range(spec.partitions)
    }


def _parts(text: str) -> Iterator[tuple[tuple[str, int], int]]:
    for part in text.split(";"):
        name, _, offsets = part.partition(":")
        numbers = offsets.split(".")
        if name not in NAMES or len(numbers) != NAMES[name].partitions:
            raise PositionUnreadable(text[:100])
        yield from (((name, n), int(number)) for n, number in enumerate(numbers))
