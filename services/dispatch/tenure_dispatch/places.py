"""From which offsets does somebody begin?"""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from tenure_codec.envelope import microseconds
from tenure_eventlog import EventLog, Partition
from tenure_journal import Replica
from tenure_service.vector import vector_names

from tenure_dispatch.subscription.rules import PositionAhead

Start = Literal["beginning", "now"] | datetime | Mapping[Partition, int]


async def positions_of(start: Start, event_log: EventLog, replica: Replica) -> dict[Partition, int]:
    """The next offset of each partition; of a vector only what it names.

    An instant is of the log's clock, as a running maximum per partition. Raises PositionAhead.
    """
    ends = await event_log.end_offsets(replica.topics)
    if start == "beginning":
        return dict.fromkeys(ends, 0)
    if start == "now":
        return dict(ends)
    await replica.wait_for(ends)
    if isinstance(start, datetime):
        return since(replica, start, ends)
    assert isinstance(start, Mapping)
    if ahead := {at: offset for at, offset in start.items() if offset > ends.get(at, -1)}:
        raise PositionAhead(tuple(vector_names(ahead)))
    return dict(start)


def since(replica: Replica, instant: datetime, ends: Mapping[Partition, int]) -> dict[Partition, int]:
    """The first event of each partition that was recorded then or later; the end where there is none."""
    found, asked = dict(ends), microseconds(instant)
    for name in replica.names():
        stream = replica.stream(name)
        assert stream is not None
        if (first := bisect_left(stream.recorded_us, asked)) < stream.sequence:
            found[stream.partition] = min(found[stream.partition], stream.offsets[first])
    return found
