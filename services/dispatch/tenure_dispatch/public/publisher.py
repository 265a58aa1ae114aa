"""How do accepted events get onto a public topic?

Appended first, then the cursor is saved: a crash in between appends the same again, under the same ids and sequences,
which readers drop. A partition's events are appended in order, so a stream's are.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tenure_eventlog import EventLog, Message, Partition

from tenure_dispatch.cursors import Cursor, CursorStore, Lease
from tenure_dispatch.feed import Feed
from tenure_dispatch.names import Reader
from tenure_dispatch.outward import CONTENT_TYPE, Notice

PAGE = 200
GATHER_SECONDS = 0.1
"""An append and a saved cursor for each event alone would cost the platform a good part of the commands it can take."""

HEADERS = (("content-type", CONTENT_TYPE.encode()),)

Written = Callable[[Notice], Sequence[bytes]]
"""What the topic gets of a notice: CloudEvents in JSON, none or several."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Fills one topic, for as long as its lease is good."""

    event_log: EventLog
    feed: Feed
    cursors: CursorStore
    topic: str
    written: Written

    async def run(self, lease: Lease) -> None:
        """Raises LeaseLost, LogUnavailable, OffsetOutOfRange, OutcomeUnknown, and what asyncpg raises."""
        known = await self.cursors.read(Reader(self.topic))
        places = {at: known[at].next_offset if at in known else 0 for at in self.feed.ends}
        await self.feed.demand_there(places)
        while True:
            await self.feed.beyond(places)
            await asyncio.sleep(GATHER_SECONDS)
            moved = {at: await self._publish(at, offset) for at, offset in places.items()}
            await self.cursors.save(lease, {at: Cursor(offset) for at, offset in moved.items()})
            places = moved

    async def _publish(self, at: Partition, offset: int) -> int:
        """What was published up to; durable on return."""
        notices, end = await self.feed.page(at, offset, PAGE)
        messages = [
            Message(self.topic, notice.stream.encode(), body, HEADERS)
            for notice in notices
            for body in self.written(notice)
        ]
        if messages:
            await self.event_log.append(messages)
        return end


def whole(notice: Notice) -> Sequence[bytes]:
    """For `tenure.public.events`: every event."""
    return (notice.body,)
