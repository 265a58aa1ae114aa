"""What of a fetch of many partitions may be written, and where does it stand?"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tenure_eventlog.holes import Hole, Holes
from tenure_eventlog.port import Offsets, Partition, Record

from tenure_ingest.sink import Span, Spans

Fetched = Mapping[Partition, Sequence[Record]]


class Taken(NamedTuple):
    """`in_place` is false when something of the fetch was left: its place must be sought again before the next."""

    spans: Spans
    records: list[Record]
    in_place: bool


class Following:
    """Where reading is, partition by partition; it may be ahead of what is written.

    A batch must start where the one before it ended: what a lost race or a late seek left in the client is dropped.
    """

    def __init__(self) -> None:
        self.places: dict[Partition, int] = {}
        self._holes = Holes()

    def begin(self, places: Offsets) -> None:
        """Reading begins anew; the holes that were met are remembered."""
        self.places = dict(places)

    def clear(self) -> None:
        """The partitions are someone else's."""
        self.places, self._holes = {}, Holes()

    def take(self, fetched: Fetched, reached: Offsets) -> Taken:
        """`reached`: where the client is in other partitions, past records that it must not show."""
        pieces = {partition: self._readable(partition, records) for partition, records in fetched.items()}
        ends = {partition: self._past_hole(partition, at) for partition, at in reached.items()}
        spans = {p: Span(self.places[p], records[-1].offset + 1) for p, (records, _) in pieces.items() if records}
        spans |= {p: Span(self.places[p], at) for p, at in reached.items() if ends[p] and at > self.places[p]}
        self.places.update((partition, span.new) for partition, span in spans.items())
        in_place = all(whole for _, whole in pieces.values()) and all(ends.values())
        return Taken(spans, [one for records, _ in pieces.values() for one in records], in_place)

    def _readable(self, partition: Partition, records: Sequence[Record]) -> tuple[Sequence[Record], bool]:
        expected = self.places.get(partition)
        if expected is None or records[0].offset < expected:
            return [], False
        readable, hole = self._holes.readable(partition, records, expected)
        return readable, hole is None

    def _past_hole(self, partition: Partition, at: int) -> bool:
        """True where there is no hole at the end, or one that was met before."""
        expected = self.places.get(partition)
        if expected is None or at < expected:
            return False
        return at == expected or not self._holes.first_new(partition, [Hole(expected, at)])
