"""What do monitor's windows say of each release, so far as they were read?"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec
import structlog
from tenure_eventlog import EventLog, LogUnavailable, OffsetOutOfRange, Partition, Record
from tenure_eventlog.topics import WINDOWS

from tenure_rollout.events import Statistics
from tenure_rollout.judge import statistics
from tenure_rollout.names import ReleaseId

BACK_OFF_SECONDS = 0.5
MOST_WINDOWS = 500_000

log = structlog.get_logger()


class Window(msgspec.Struct):
    """What rollout needs of one of monitor's records."""

    model: str
    release: str
    metric: str
    window_start: Annotated[datetime, msgspec.Meta(tz=True)]
    n: int
    sum: float
    sum_of_squares: float
    revision: int


class _Sums(NamedTuple):
    revision: int
    n: int
    total: float
    squares: float


_decode = msgspec.json.Decoder(Window).decode


class WindowFollower:
    """Reads `tenure.monitor.windows` from its start into memory; of each window the highest revision counts.

    A crash loses nothing: a start reads it all again. Doubled and late records change nothing.
    """

    def __init__(self, event_log: EventLog) -> None:
        self._log = event_log
        self._windows: dict[tuple[str, str, str], dict[datetime, _Sums]] = {}
        self._passed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.positions: dict[Partition, int] = {}
        self.trouble: str | None = None
        self.unreadable = 0
        self.count = 0

    async def start(self) -> None:
        """Reads what is there, then goes on in the background."""
        self.positions = await self._log.start_offsets([WINDOWS.name])
        self._task = asyncio.create_task(self._follow_on(), name="windows")
        await self.wait_for(await self._log.end_offsets([WINDOWS.name]))

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def wait_for(self, offsets: Mapping[Partition, int]) -> None:
        """Returns when its own partitions are passed up to `offsets`."""
        mine = {p: at for p, at in offsets.items() if p.topic == WINDOWS.name}
        async with self._passed:
            await self._passed.wait_for(lambda: all(self.positions.get(p, 0) >= at for p, at in mine.items()))

    def paired(
        self, model: str, candidate: ReleaseId, champion: ReleaseId, metric: str, since: datetime
    ) -> tuple[Statistics, Statistics]:
        """Both arms over the windows from `since` on in which both served.

        A day on which only one of them served says something about the day, not about which one is better.
        """
        one = self._windows.get((model, candidate, metric), {})
        other = self._windows.get((model, champion, metric), {})
        shared = [at for at in one if at >= since and at in other]
        return _added([one[at] for at in shared]), _added([other[at] for at in shared])

    async def _follow_on(self) -> None:
        while True:
            try:
                await self._follow()
            except (LogUnavailable, OffsetOutOfRange) as trouble:
                self.trouble = str(trouble)
                log.warning("windows_not_followed", reason=self.trouble)
                await asyncio.sleep(BACK_OFF_SECONDS)
                with suppress(LogUnavailable):
                    starts = await self._log.start_offsets([WINDOWS.name])
                    self.positions = {p: max(at, starts[p]) for p, at in self.positions.items()}

    async def _follow(self) -> None:
        async with aclosing(self._log.read(self.positions)) as batches:
            async for batch in batches:
                self.trouble = None
                for record in batch.records:
                    self._take(record)
                async with self._passed:
                    self.positions[batch.partition] = batch.next_offset
                    self._passed.notify_all()

    def _take(self, record: Record) -> None:
        try:
            window = _decode(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.unreadable += 1
            return
        kept = self._windows.setdefault((window.model, window.release, window.metric), {})
        known = kept.get(window.window_start)
        if known is None and self.count >= MOST_WINDOWS:
            self.trouble = f"over {MOST_WINDOWS} windows: retire old releases' windows"
        elif known is None or window.revision > known.revision:
            self.count += known is None
            kept[window.window_start] = _Sums(window.revision, window.n, window.sum, window.sum_of_squares)


def _added(sums: Sequence[_Sums]) -> Statistics:
    return statistics(sum(s.n for s in sums), sum(s.total for s in sums), sum(s.squares for s in sums))
