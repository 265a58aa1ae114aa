"""How far is a host, who waits for it, and what is wrong with it?"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

import asyncpg
from tenure_eventlog.port import EventLog, LogUnavailable, OffsetOutOfRange, Offsets, Partition, TopicMissing

from tenure_ingest.processor import Effects
from tenure_ingest.sink import Sink, Spans
from tenure_ingest.stops import Conflict, DatabaseAway, DataLost, LogTruncated, PartitionStopped, QuarantineFull

POLL_SECONDS = 0.1
TROUBLE = (
    LogUnavailable,
    TopicMissing,
    OffsetOutOfRange,
    Conflict,
    DatabaseAway,
    OSError,
    asyncpg.TransactionRollbackError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
)
"""The world is down, or a rival was faster: wait and try again. Anything else is a bug."""


class Progress:
    """Kept by the host as it goes.

    A stopped partition stays stopped until the host is made anew, or, where only its quarantine was full, until that
    takes records again.
    """

    def __init__(self) -> None:
        self.positions: dict[Partition, int] = {}
        self.stopped: dict[Partition, PartitionStopped] = {}
        self.missing: tuple[str, ...] = ()
        self.trouble: str | None = None
        self.batches = 0
        self._moved = asyncio.Event()

    def committed(self, spans: Spans) -> None:
        """A batch of ours is durable, so there is no trouble."""
        self.batches += 1
        self.trouble = None
        self.learned({partition: span.new for partition, span in spans.items()})

    def learned(self, positions: Offsets) -> None:
        """Positions read from Postgres, where another worker may have moved them."""
        self.positions.update(positions)
        self._moved.set()

    def stop(self, stop: PartitionStopped) -> None:
        self.stopped[stop.partition] = stop

    @property
    def full(self) -> dict[Partition, int]:
        """The partitions whose quarantine is full, and how many records it takes."""
        return {place: stop.limit for place, stop in self.stopped.items() if isinstance(stop, QuarantineFull)}

    def resume(self, held: Mapping[Partition, int]) -> list[Partition]:
        """The partitions that go on since their quarantine, of which `held` tells how many it has, has room again."""
        found = [partition for partition, limit in self.full.items() if held.get(partition, 0) < limit]
        for partition in found:
            del self.stopped[partition]
        return found

    def has_passed(self, offsets: Offsets) -> bool:
        return all(self.positions.get(partition, -1) >= offset for partition, offset in offsets.items())

    async def passed(self, offsets: Offsets, refresh: Callable[[], Awaitable[object]]) -> None:
        """Waits for own commits, and refreshes now and then because another worker may have the partition."""
        while not self.has_passed(offsets):
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), POLL_SECONDS)
            except TimeoutError:
                await refresh()

    def health(self) -> tuple[str, ...]:
        missing = (f"there is no topic {topic}" for topic in self.missing)
        stopped = (str(stop) for _, stop in sorted(self.stopped.items()))
        return (*missing, *stopped, *((self.trouble,) if self.trouble else ()))


async def standing(
    log: EventLog, sink: Sink[Effects], topics: Collection[str], progress: Progress
) -> dict[Partition, int]:
    """Where to read on, partition by partition, without those that are stopped.

    Each place is checked against what the log holds now; one outside stops its partition by name, never skips on.
    """
    there = await existing(log, topics)
    progress.missing = tuple(sorted(set(topics) - set(there)))
    starts = await log.start_offsets(there)
    await sink.begin(starts)
    places = {partition: place for partition, place in (await sink.positions(there)).items() if partition in starts}
    _check(places, starts, await log.end_offsets(there), progress)
    progress.learned(places)
    return {partition: place for partition, place in places.items() if partition not in progress.stopped}


async def resume(sink: Sink[Effects], progress: Progress) -> list[Partition]:
    """Lets those partitions go on that stopped for a full quarantine which has room again."""
    if not progress.full:
        return []
    return progress.resume(await sink.held(progress.full))


def _check(places: Offsets, starts: Offsets, ends: Mapping[Partition, int], progress: Progress) -> None:
    for partition, place in places.items():
        if place < starts[partition]:
            progress.stop(DataLost(partition, place, starts[partition]))
        elif place > ends[partition]:
            progress.stop(LogTruncated(partition, place, ends[partition]))


async def existing(log: EventLog, topics: Collection[str]) -> list[str]:
    """Those of the topics that are there."""
    return [topic for topic in sorted(topics) if await _exists(log, topic)]


async def _exists(log: EventLog, topic: str) -> bool:
    try:
        await log.start_offsets([topic])
    except TopicMissing:
        return False
    return True
