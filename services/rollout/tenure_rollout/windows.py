"""What do monitor's windows say of each release, so far as they were read?"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from typing import Annotated, NamedTuple

import msgspec
import structlog
from tenure_eventlog import EventLog, LogUnavailable, OffsetOutOfRange, Partition, Record
from tenure_eventlog.topics import WINDOWS

from tenure_rollout.judging.statistics import Histogram, Moments, StatisticsInvalid

BACK_OFF_SECONDS = 0.5
MOST_WINDOWS = 500_000

log = structlog.get_logger()


class Counts(msgspec.Struct):
    """How many observations were at or below each edge."""

    edges: tuple[float, ...]
    at_or_below: tuple[int, ...]


class Window(msgspec.Struct):
    """What rollout needs of one of monitor's records; a histogram where the metric's quantiles can be asked for."""

    model: str
    release: str
    metric: str
    window_start: Annotated[datetime, msgspec.Meta(tz=True)]
    window_seconds: Annotated[int, msgspec.Meta(gt=0, le=86_400)]
    n: Annotated[int, msgspec.Meta(ge=0)]
    sum: float
    sum_of_squares: float
    revision: int
    against: str = ""
    histogram: Counts | None = None


class Series(NamedTuple):
    """One metric of one release; of pairs, against the release whose answer the caller got."""

    model: str
    release: str
    metric: str
    against: str = ""


class Kept(NamedTuple):
    """A window as its highest revision has it; it is closed from `ends_at` on."""

    revision: int
    ends_at: datetime
    moments: Moments
    histogram: Histogram | None


_decode = msgspec.json.Decoder(Window).decode


class WindowFollower:
    """Reads `tenure.monitor.windows` from its start into memory; of each window the highest revision counts.

    A crash loses nothing: a start reads it all again. Doubled and late records change nothing.
    """

    def __init__(self, event_log: EventLog) -> None:
        self._log = event_log
        self._windows: dict[Series, dict[datetime, Kept]] = {}
        self._listeners = list[Callable[[Series, datetime], None]]()
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

    def subscribe(self, note: Callable[[Series, datetime], None]) -> None:
        """`note` hears of every window that is new or revised, by its start."""
        self._listeners.append(note)

    def windows(self, series: Series) -> Mapping[datetime, Kept]:
        """By their starts, in the order in which they came."""
        return self._windows.get(series, {})

    def past(self, series: Series, before: datetime) -> Moments:
        """All that closed by then, added up."""
        closed = [one.moments for one in self.windows(series).values() if one.ends_at <= before]
        return reduce(add, closed, Moments(n=0, total=0.0, squares=0.0))

    def series(self) -> Mapping[Series, Mapping[datetime, Kept]]:
        """Everything that is kept."""
        return self._windows

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
            kept = kept_of(window)
        except (msgspec.DecodeError, UnicodeDecodeError, OverflowError, StatisticsInvalid):
            self.unreadable += 1
            return
        self._keep(Series(window.model, window.release, window.metric, window.against), window.window_start, kept)

    def _keep(self, series: Series, start: datetime, kept: Kept) -> None:
        known = self._windows.get(series, {}).get(start)
        if known is None and self.count >= MOST_WINDOWS:
            self.trouble = f"over {MOST_WINDOWS} windows: retire old releases' windows"
        elif known is None or kept.revision > known.revision:
            self.count += known is None
            self._windows.setdefault(series, {})[start] = kept
            for note in self._listeners:
                note(series, start)


def kept_of(window: Window) -> Kept:
    """Raises StatisticsInvalid, or OverflowError for a window without an end in any calendar."""
    counts = window.histogram
    histogram = Histogram(n=window.n, edges=counts.edges, at_or_below=counts.at_or_below) if counts else None
    if histogram:
        histogram.demand_valid()
    return Kept(
        revision=window.revision,
        ends_at=window.window_start + timedelta(seconds=window.window_seconds),
        moments=Moments(n=window.n, total=window.sum, squares=window.sum_of_squares),
        histogram=histogram,
    )
