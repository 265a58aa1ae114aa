"""Who drives a processor on Kafka? Faust, for group membership, assignment and fetching, and for nothing else of it."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic

import stamina
import structlog
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError
from tenure_eventlog.kafka import KafkaSettings
from tenure_eventlog.kafka_admin import GRANTING
from tenure_eventlog.port import EventLog, LogUnavailable, Offsets, Partition, Record

from tenure_ingest.faust_app import HostingApp, app_of
from tenure_ingest.filling import fill
from tenure_ingest.following import Taken
from tenure_ingest.processor import Effects, Processor
from tenure_ingest.progress import POLL_SECONDS, TROUBLE, Progress, existing, resume, standing
from tenure_ingest.sink import Sink
from tenure_ingest.stops import Conflict, DatabaseAway, PartitionStopped, QuarantineFull

STOP_SECONDS = 30.0
RECHECK_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class FaustHost(Generic[Effects]):
    """Faust inside the service's own event loop; made anew when it crashed.

    `worker` must be unique in the group and the same after a restart: it is the static membership, by which a
    restarted worker has its partitions back at once. Members that stay away longer than `session_seconds` lose them.
    """

    def __init__(
        self,
        log: EventLog,
        settings: KafkaSettings,
        dsn: str,
        processor: Processor[Effects],
        *,
        worker: str,
        session_seconds: float = 6.0,
        max_records: int = 500,
    ) -> None:
        self.settings, self.max_records = settings, max_records
        self._log, self._processor, self._worker, self._session_seconds = log, processor, worker, session_seconds
        self._sink = Sink(dsn, processor)
        self._progress = Progress()
        self._wanted: frozenset[str] = frozenset()
        self._failure: Exception | None = None
        self._is_member = True  # while there is no group to be in
        self._kept_out: str | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def stopped(self) -> Mapping[Partition, PartitionStopped]:
        """Partitions that wait for a human."""
        return self._progress.stopped

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
        return (*self._progress.health(), *filter(None, (self._sink.trouble(), self._outside())))

    async def standing(self, topics: Collection[str]) -> dict[Partition, int]:
        """Where to read on, without the stopped partitions."""
        with self._told():
            places = await standing(self._log, self._sink, topics, self._progress)
        self._progress.trouble = None  # log and database have just answered
        return places

    def joined(self) -> None:
        """It has its share of the partitions, which may be none: then nothing else would tell that trouble is over."""
        self._is_member = True
        self._progress.trouble = None

    def left(self) -> None:
        """Whoever has the partitions next says what is wrong with them."""
        self._progress.stopped.clear()

    def kept_out(self, error: KafkaError | None) -> None:
        """What keeps it from its group now; None: nothing does."""
        group = self._processor.name
        self._kept_out = f"it can't join its group {group}: {type(error).__name__}: {_hint(error)}" if error else None
        if error:
            _log.warning("kept_out", processor=group, reason=self._kept_out)

    def _outside(self) -> str | None:
        """Why nothing is read, as far as it is the group's doing."""
        if self._kept_out or self._is_member:
            return self._kept_out
        return f"it has not joined its group {self._processor.name} yet"

    def process(self, records: Sequence[Record]) -> Effects | None:
        """What the records come to."""
        with self._told():
            return self._sink.process(records)

    async def write(self, taken: Taken, effects: Any) -> bool:
        """False when not all was written and the place must be read again."""
        try:
            with self._told():
                await self._write(taken, effects)
        except Conflict as rival:
            _log.warning("fenced", processor=self._processor.name, reason=str(rival))
            return False
        except PartitionStopped as stop:
            self._progress.stop(stop)
            _log.error("partition_stopped", processor=self._processor.name, reason=str(stop))
            return False
        return True

    async def _write(self, taken: Taken, effects: Effects | None) -> None:
        try:
            await self._sink.write(taken.spans, effects)
        except QuarantineFull:
            await fill(self._sink, taken.spans, taken.records, self._progress.committed)
        else:
            self._progress.committed(taken.spans)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Faust ends of what is raised in it, and does not say of what: so it is kept."""
        try:
            yield
        except (Conflict, PartitionStopped):
            raise
        except Exception as error:
            self._failure = error
            raise

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
        """One inner app, until topics change or it crashed. A crash after progress begins a new turn at once."""
        batches = self._progress.batches
        try:
            await self._host()
        except TROUBLE as error:
            self._progress.trouble = f"{type(error).__name__}: {error}"
            if batches == self._progress.batches and not self._stopping.is_set():
                raise

    async def _host(self) -> None:
        topics = await self._there()
        if not topics:
            await self._pause(POLL_SECONDS if not self._wanted else RECHECK_SECONDS)
            return
        self._failure, self._is_member = None, False
        app = app_of(self, self._processor.name, self._worker, topics, self._session_seconds)
        starting = asyncio.create_task(app.start())
        try:
            await self._watch(app, starting, topics)
        finally:
            self._is_member, self._kept_out = True, None
            await asyncio.wait_for(app.stop(), STOP_SECONDS)
            starting.cancel()
            await asyncio.wait([starting])

    async def _there(self) -> frozenset[str]:
        """The topics that are wanted and there."""
        self._wanted = frozenset(self._processor.topics())
        there = frozenset(await existing(self._log, self._wanted))
        self._progress.missing = tuple(sorted(self._wanted - there))
        return there

    async def _watch(self, app: HostingApp, starting: "asyncio.Task[None]", topics: frozenset[str]) -> None:
        clock = asyncio.get_running_loop().time
        recheck_at = clock() + RECHECK_SECONDS
        while not self._stopping.is_set():
            self._demand_alive(app, starting)
            await self._pause(POLL_SECONDS)
            if due := clock() > recheck_at:
                recheck_at = clock() + RECHECK_SECONDS
                await app.consumer.look()
                await self._resume(app)
            if self._wanted == frozenset(self._processor.topics()) and not (due and self._progress.missing):
                continue
            there = await self._there()
            if not there:
                return
            if there != topics:
                topics = there
                await self._subscribe(app, starting, topics)

    async def _resume(self, app: HostingApp) -> None:
        if resumed := await resume(self._sink, self._progress):
            app.consumer.resume(resumed)

    async def _subscribe(self, app: HostingApp, starting: "asyncio.Task[None]", topics: frozenset[str]) -> None:
        """Changes the topics of a running member, for which the group is balanced anew.

        A new app of the same static member would not do: the broker gives it back what it had, whatever it asks for.
        """
        while (app.rebalancing or not starting.done()) and not self._stopping.is_set():
            self._demand_alive(app, starting)
            await self._pause(POLL_SECONDS)
        await app.consumer.subscribe(topics)

    def _demand_alive(self, app: HostingApp, starting: "asyncio.Task[None]") -> None:
        if self._failure:
            raise self._failure
        if app.crashed or app.should_stop or (starting.done() and starting.exception()):
            raise LogUnavailable(f"Faust ended: {app.crash_reason or starting.exception()!r}")

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


def _hint(error: KafkaError) -> str:
    return GRANTING if isinstance(error, GroupAuthorizationFailedError) else str(error)
