"""What was accepted from this offset on? The newest out of memory, the rest off the log.

A record's verdict is the replica's: it is accepted if it is the one that its stream has at its sequence. So a reader
may start anywhere, and any number of them share one look at the end of the log.
"""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager

import structlog
from tenure_eventlog import Batch, EventLog, LogUnavailable, OffsetOutOfRange, Partition, Record
from tenure_eventlog.beside import beside
from tenure_journal import Replica, link_of

from tenure_dispatch.outward import Notice, Unpresentable

KEEP_NOTICES = 1_000  # of each partition
KEEP_BYTES = 4 * 1_048_576  # of each partition's values
AT_ONCE = 4  # readers off the log: each has a connection of its own
BACK_OFF_SECONDS = 0.5

log = structlog.get_logger()
Positions = Mapping[Partition, int]


class Kept:
    """The newest notices of one partition; all that was accepted from offset `start` on is here."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._notices: list[Notice] = []
        self._bytes = 0

    def extend(self, notices: Iterable[Notice], most: int) -> None:
        for one in notices:
            self._notices.append(one)
            self._bytes += one.size
        if len(self._notices) > 2 * most or self._bytes > 2 * KEEP_BYTES:
            self._forget(most)

    def after(self, offset: int, most: int) -> list[Notice]:
        first = bisect_left(self._notices, offset, key=lambda one: one.offset)
        return self._notices[first : first + most]

    def _forget(self, most: int) -> None:
        """Half of it at once, so that each notice is moved but once on average."""
        left = self._notices[-most:]
        while sum(one.size for one in left) > KEEP_BYTES:
            left = left[len(left) // 2 + 1 :]
        self.start = left[0].offset if left else self._notices[-1].offset + 1
        self._notices, self._bytes = left, sum(one.size for one in left)


class Feed:
    """`ends`: the next offset of each partition, all before which can be had."""

    def __init__(self, event_log: EventLog, replica: Replica, keep: int = KEEP_NOTICES) -> None:
        self._log, self._replica, self._keep = event_log, replica, keep
        self.ends: dict[Partition, int] = {}
        self._kept: dict[Partition, Kept] = {}
        self._moved = asyncio.Event()
        self._reading = asyncio.Semaphore(AT_ONCE)
        self.trouble: str | None = None

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """From where the replica is now, for as long as this lasts."""
        self.ends = self._replica.positions
        self._kept = {partition: Kept(end) for partition, end in self.ends.items()}
        async with beside(self._follow_on(), "feed"):
            yield

    async def page(self, partition: Partition, offset: int, most: int) -> tuple[list[Notice], int]:
        """At most so many, in order, and the offset to go on from: past what is no event for others.

        Raises what reading raises; LogUnavailable is worth another try.
        """
        if offset >= self.ends[partition]:
            return [], offset
        kept = self._kept[partition]
        if offset < kept.start:
            return await self._read(partition, offset, most)
        found = kept.after(offset, most)
        end = found[-1].offset + 1 if len(found) == most else self.ends[partition]
        return self._standing(found), end

    async def beyond(self, positions: Positions) -> None:
        """Returns when there is something after `positions`; of partitions that they leave out nothing is asked."""
        while not any(self.ends[partition] > offset for partition, offset in positions.items()):
            await self._moved.wait()

    async def demand_there(self, positions: Positions) -> None:
        """A cursor past the log's end is of another log. Raises OffsetOutOfRange, LogUnavailable."""
        ends = await self._log.end_offsets(self._replica.topics)
        if lost := [f"{at.topic}/{at.number}" for at, offset in sorted(positions.items()) if offset > ends.get(at, 0)]:
            raise OffsetOutOfRange(f"the log ends before what was delivered of {', '.join(lost)}: it was made anew")

    def behind(self, positions: Positions) -> int:
        """How many records are still to be looked at."""
        return sum(max(0, end - positions.get(partition, 0)) for partition, end in self.ends.items())

    async def _follow_on(self) -> None:
        while True:
            try:
                async with aclosing(self._log.read(self.ends)) as batches:
                    self.trouble = None
                    async for batch in batches:
                        await self._take(batch)
            except LogUnavailable as away:
                self.trouble = f"the log can't be read: {away}"
                await asyncio.sleep(BACK_OFF_SECONDS)
            except Exception as alarm:  # noqa: BLE001 - nothing may be told of a log that contradicts itself
                self.trouble = f"{type(alarm).__name__}: {alarm}"
                log.error("feed_alarm", reason=self.trouble)
                return

    async def _take(self, batch: Batch) -> None:
        at = batch.partition
        await self._replica.wait_for({at: batch.next_offset})
        self._kept[at].extend(self._accepted(batch.records), self._keep)
        self.ends[at] = batch.next_offset
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def _read(self, partition: Partition, offset: int, most: int) -> tuple[list[Notice], int]:
        async with self._reading, aclosing(self._log.read({partition: offset}, max_records=most)) as batches:
            async for batch in batches:
                await self._replica.wait_for({partition: batch.next_offset})
                return self._standing(list(self._accepted(batch.records))), batch.next_offset
        raise LogUnavailable("the log ended the reading")

    def _accepted(self, records: Sequence[Record]) -> Iterator[Notice]:
        for record in records:
            link = link_of(record)
            stream = self._replica.stream(link.subject.decode()) if link else None
            if link is None or stream is None or link.sequence > stream.sequence:
                continue
            if stream.partition != (record.topic, record.partition):
                continue
            if stream.offsets[link.sequence - 1] != record.offset:
                continue
            try:
                yield Notice(record, link)
            except Unpresentable as why:
                log.warning("event_not_told", stream=stream.name, sequence=link.sequence, reason=str(why))

    def _standing(self, notices: Sequence[Notice]) -> list[Notice]:
        """Without those that were voided since, whenever that was."""
        return [one for one in notices if not self._is_voided(one)]

    def _is_voided(self, notice: Notice) -> bool:
        stream = self._replica.stream(notice.stream)
        return stream is not None and stream.is_voided(notice.link, by=stream.sequence)
