"""Who drives a processor where there is no Kafka?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any, Generic

import stamina
import structlog
from tenure_eventlog.port import Batch, EventLog, Offsets, Partition

from tenure_ingest.filling import fill
from tenure_ingest.processor import Effects, Processor
from tenure_ingest.progress import POLL_SECONDS, TROUBLE, Progress, resume, standing
from tenure_ingest.sink import Sink, Span
from tenure_ingest.stops import DatabaseAway, PartitionStopped, QuarantineFull

RECHECK_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class PostgresLoop(Generic[Effects]):
    """One task that reads a log and hands each batch to the sink; works on any `EventLog`.

    A second loop of the same processor is harmless and useless: whoever commits second rereads.
    """

    def __init__(self, log: EventLog, dsn: str, processor: Processor[Effects], *, max_records: int = 2_000) -> None:
        self._log, self._processor, self._max_records = log, processor, max_records
        self._sink = Sink(dsn, processor)
        self._progress = Progress()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._sink.prepare()
        self._task = asyncio.create_task(self._run(), name=f"processor {self._processor.name}")

    async def stop(self) -> None:
        self._stopping.set()
        if self._task:
            await asyncio.wait([self._task])
        await self._sink.close()

    async def join(self) -> None:
        if self._task:
            await asyncio.shield(self._task)

    async def positions(self) -> dict[Partition, int]:
        positions = await self._sink.positions(self._processor.topics())
        self._progress.learned(positions)
        return positions

    async def passed(self, offsets: Offsets) -> None:
        await self._progress.passed(offsets, self._refresh)

    async def _refresh(self) -> None:
        if self._task and self._task.done():
            await self.join()
        try:
            await self.positions()
        except DatabaseAway as error:
            self._progress.trouble = str(error)

    def health(self) -> tuple[str, ...]:
        if self._task and self._task.done() and not self._stopping.is_set():
            return (f"processor {self._processor.name} crashed: {self._task.exception()!r}",)
        return (*self._progress.health(), *filter(None, (self._sink.trouble(),)))

    async def _run(self) -> None:
        while not self._stopping.is_set():
            async for attempt in stamina.retry_context(
                on=self._may_wait, attempts=None, timeout=None, wait_max=LONGEST_WAIT_SECONDS
            ):
                with attempt:
                    await self._turn()

    def _may_wait(self, error: Exception) -> bool:
        return isinstance(error, TROUBLE) and not self._stopping.is_set()

    async def _turn(self) -> None:
        """Reads until something changes. Trouble after progress begins a new turn at once; else it is waited out."""
        batches = self._progress.batches
        try:
            await self._read()
        except PartitionStopped as stop:
            _log.error("partition_stopped", processor=self._processor.name, reason=str(stop))
            self._progress.stop(stop)
        except TROUBLE as error:
            self._progress.trouble = f"{type(error).__name__}: {error}"
            if batches == self._progress.batches and not self._stopping.is_set():
                raise

    async def _read(self) -> None:
        topics = frozenset(self._processor.topics())
        await resume(self._sink, self._progress)
        start = await standing(self._log, self._sink, topics, self._progress)
        self._progress.trouble = None
        if not start:
            await self._idle(topics)
            return
        waits = self._progress.missing or self._progress.full
        until = asyncio.get_running_loop().time() + RECHECK_SECONDS if waits else float("inf")
        async with aclosing(self._log.read(start, max_records=self._max_records)) as batches:
            await self._drain(batches, topics, until)

    async def _idle(self, topics: frozenset[str]) -> None:
        """Nothing to read: looks again in a while, or when other topics are wanted."""
        until = asyncio.get_running_loop().time() + RECHECK_SECONDS
        while topics == frozenset(self._processor.topics()) and asyncio.get_running_loop().time() < until:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), POLL_SECONDS)
                return

    async def _drain(self, batches: AsyncGenerator[Batch, None], topics: frozenset[str], until: float) -> None:
        """While one batch is written, the next one is read and processed; they are committed one after the other."""
        clock = asyncio.get_running_loop().time
        coming = asyncio.ensure_future(anext(batches))
        writing: asyncio.Future[None] | None = None
        try:
            while not self._stopping.is_set() and topics == frozenset(self._processor.topics()) and clock() < until:
                await asyncio.wait(_both(coming, writing), timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if writing and writing.done():
                    writing = writing.result()
                if coming.done():
                    batch, coming = coming.result(), asyncio.ensure_future(anext(batches))
                    effects = self._sink.process(batch.records)
                    if writing:
                        await writing
                    writing = asyncio.ensure_future(self._write(batch, effects))
            if writing:
                await writing
        finally:
            coming.cancel()
            await asyncio.gather(*_both(coming, writing), return_exceptions=True)

    async def _write(self, batch: Batch, effects: Effects | None) -> None:
        spans = {batch.partition: Span(self._progress.positions[batch.partition], batch.next_offset)}
        try:
            await self._sink.write(spans, effects)
        except QuarantineFull:
            await fill(self._sink, spans, batch.records, self._progress.committed)
        else:
            self._progress.committed(spans)


def _both(coming: asyncio.Future[Batch], writing: asyncio.Future[None] | None) -> list[asyncio.Future[Any]]:
    return [coming, writing] if writing else [coming]
