"""What becomes of a batch of which the quarantine can't take all? What comes before the record that is too much."""

from collections.abc import Callable, Sequence

from tenure_eventlog.port import Partition, Record

from tenure_ingest.processor import Effects
from tenure_ingest.sink import Sink, Span, Spans
from tenure_ingest.stops import QuarantineFull


async def fill(
    sink: Sink[Effects], spans: Spans, records: Sequence[Record], committed: Callable[[Spans], None]
) -> None:
    """Writes partition by partition, each up to the record that does not fit; `committed` hears of what is durable.

    Raises: QuarantineFull of the first partition that is full, after all others were written; Conflict, DatabaseAway.
    """
    stops = []
    for partition, span in spans.items():
        own = [one for one in records if (one.topic, one.partition) == partition]
        try:
            await _fill(sink, partition, span, own, committed)
        except QuarantineFull as stop:
            stops.append(stop)
    if stops:
        raise stops[0]


async def _fill(
    sink: Sink[Effects], partition: Partition, span: Span, records: Sequence[Record], committed: Callable[[Spans], None]
) -> None:
    """By halves, so that a thousand records cost a few transactions."""
    try:
        await sink.apply({partition: span}, records)
        committed({partition: span})
    except QuarantineFull:
        if len(records) == 1:
            raise
        middle = len(records) // 2
        edge = records[middle].offset
        await _fill(sink, partition, Span(span.old, edge), records[:middle], committed)
        await _fill(sink, partition, Span(edge, span.new), records[middle:], committed)
