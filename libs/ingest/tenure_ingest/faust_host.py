"""Who drives a processor on Kafka? Faust, for group membership, assignment and fetching, and for nothing else of it.

Offsets live in Postgres, beside the effects; nothing is acked or committed to Kafka, so its group lag is blind.
This reaches into Faust (`_drain_messages`, `_wait_next_records`, `_thread.seek_wait`, `_create_worker_consumer`):
the version is pinned, and the kill test shows that it still holds. See docs/adr/0003-faust-as-host.md.
"""

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Generic

import faust
import stamina
import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from tenure_eventlog.kafka import KafkaSettings
from tenure_eventlog.port import EventLog, LogUnavailable, Offsets, Partition, Record

from tenure_ingest.processor import Effects, Processor
from tenure_ingest.progress import POLL_SECONDS, TROUBLE, Progress, existing, standing
from tenure_ingest.sink import Sink, Span
from tenure_ingest.stops import Conflict, DatabaseAway, PartitionStopped

REQUEST_SECONDS = 30.0
STOP_SECONDS = 30.0
RECHECK_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class _Thread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # Faust has no types that mypy may follow
    """Faust's consumer thread with a consumer of our making: its own reads what aborted transactions left."""

    def _create_worker_consumer(self, transport: object) -> AIOKafkaConsumer:
        host, conf = self.app.host, self.app.conf
        return AIOKafkaConsumer(
            bootstrap_servers=host.settings.bootstrap,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[RoundRobinPartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # never believed: a batch must start where the sink stands
            isolation_level="read_committed",
            max_poll_records=conf.broker_max_poll_records,
            fetch_max_wait_ms=500,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            metadata_max_age_ms=10_000,
            **host.settings.security,
        )


class _Consumer(driver.Consumer):  # type: ignore[misc]  # Faust has no types that mypy may follow
    """Reads from where the sink stands and hands it whole fetches."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._busy = asyncio.Lock()  # held while a batch is applied, and while seeking
        self._epoch = 0  # moves at every revocation and after every seek: an older fetch is discarded
        self._next: dict[TP, int] = {}  # where the sink stands, by partition of ours that is not stopped
        self._holes: dict[TP, tuple[int, int]] = {}  # expected and met, until a fresh seek meets it again

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        async with self._busy:
            assigned = self.assignment()
            places = await self.app.host.standing({tp.topic for tp in assigned})
            self._next = {tp: places[Partition(*tp)] for tp in assigned if Partition(*tp) in places}
            await self._thread.seek_wait(self._next)
            self._epoch += 1
            return dict(self._next)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self._epoch += 1
        self.stop_flow()
        async with self._busy:  # the batch in flight ends before the partitions go
            self._next, self._holes = {}, {}
        await super().on_partitions_revoked(revoked)

    async def _drain_messages(self, fetcher: Any) -> None:
        lost_place = False
        while not (self.should_stop or fetcher.should_stop):
            if not self.flow_active:
                await asyncio.sleep(0.02)
            elif lost_place:
                lost_place = not await self._sought()
            else:
                lost_place = not await self._handed_on()

    async def _sought(self) -> bool:
        try:
            await self.perform_seek()
        except IllegalStateError:  # a rebalance came in between
            await asyncio.sleep(0.05)
            return False
        return True

    async def _handed_on(self) -> bool:
        """One fetch to the sink; false when it was discarded, so that its place must be sought again."""
        epoch = self._epoch
        self.pause_partitions(TP(*partition) for partition in self.app.host.stopped)
        fetched, _ = await self._wait_next_records(0.5)
        async with self._busy:
            wanted = {
                tp: records for tp, records in (fetched or {}).items() if Partition(*tp) not in self.app.host.stopped
            }
            if not wanted:
                return True
            if epoch != self._epoch or not self.flow_active:
                return False
            return self._follow(wanted) and await self._apply(wanted)

    def _follow(self, fetched: Mapping[TP, Sequence[Any]]) -> bool:
        strays = [tp for tp, records in fetched.items() if not self._follows(tp, records[0].offset)]
        return not strays

    def _follows(self, tp: TP, met: int) -> bool:
        """A batch must start where the sink stands; a hole is believed when a fresh seek meets it again."""
        expected = self._next.get(tp)
        if met == expected or (expected is not None and met > expected and self._holes.get(tp) == (expected, met)):
            return True
        _log.warning("place_lost", partition=tp, expected=expected, met=met)
        if expected is not None:
            self._holes[tp] = (expected, met)
        return False

    async def _apply(self, fetched: Mapping[TP, Sequence[Any]]) -> bool:
        spans = {Partition(*tp): Span(self._next[tp], records[-1].offset + 1) for tp, records in fetched.items()}
        if not await self.app.host.apply(spans, [_record(one) for records in fetched.values() for one in records]):
            return False
        self._next.update((TP(*partition), span.new) for partition, span in spans.items())
        return True

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Streams and commits are unused, so Faust's livelock check has nothing to say."""


class _Transport(driver.Transport):  # type: ignore[misc]  # Faust has no types that mypy may follow
    Consumer = _Consumer


class _BootStrategy(faust.App.BootStrategy):  # type: ignore[misc]  # Faust has no types that mypy may follow
    enable_kafka_producer = False
    enable_web = False


class _App(faust.App):  # type: ignore[misc]  # Faust has no types that mypy may follow
    BootStrategy = _BootStrategy

    def _create_directories(self) -> None:
        """No tables, so nothing on disk."""


def _app(host: "FaustHost[Any]", group: str, worker: str, topics: Collection[str], session_seconds: float) -> _App:
    app = _App(
        group,
        broker=f"kafka://{host.settings.bootstrap.partition(',')[0]}",
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        consumer_group_instance_id=f"{group}-{worker}-{_digest(topics)}",
        broker_max_poll_records=host.max_records,
        broker_request_timeout=REQUEST_SECONDS,
        broker_session_timeout=session_seconds,
        broker_heartbeat_interval=session_seconds / 4,
        broker_rebalance_timeout=session_seconds * 2,
        worker_redirect_stdouts=False,
    )
    app.host = host
    app.transport = _Transport(app.conf.broker_consumer, app)
    for name in topics:
        app.topics.add(app.topic(name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"))
    return app


def _digest(topics: Collection[str]) -> str:
    """A member that comes back for other topics must be another member, or the broker gives it what it had."""
    return hashlib.sha256("\n".join(sorted(topics)).encode()).hexdigest()[:8]


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
        self._bug: Exception | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def stopped(self) -> Collection[Partition]:
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
        return self._progress.health()

    async def standing(self, topics: Collection[str]) -> dict[Partition, int]:
        """For the consumer: where to read on, without the stopped partitions."""
        return await standing(self._log, self._sink, topics, self._progress)

    async def apply(self, spans: Mapping[Partition, Span], records: Sequence[Record]) -> bool:
        """For the consumer: false when nothing was written and the place must be read again."""
        try:
            await self._sink.apply(spans, records)
        except Conflict as rival:
            _log.warning("fenced", processor=self._processor.name, reason=str(rival))
            return False
        except PartitionStopped as stop:
            self._progress.stop(stop)
            _log.error("partition_stopped", processor=self._processor.name, reason=str(stop))
            return False
        except TROUBLE:
            raise
        except Exception as bug:
            self._bug = bug
            raise
        self._progress.committed(spans)
        return True

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
        app = _app(self, self._processor.name, self._worker, topics, self._session_seconds)
        starting = asyncio.create_task(app.start())
        try:
            await self._watch(app, starting, topics)
        finally:
            await asyncio.wait_for(app.stop(), STOP_SECONDS)
            starting.cancel()
            await asyncio.wait([starting])

    async def _there(self) -> frozenset[str]:
        """The topics that are wanted and there."""
        self._wanted = frozenset(self._processor.topics())
        there = frozenset(await existing(self._log, self._wanted))
        self._progress.missing = tuple(sorted(self._wanted - there))
        return there

    async def _watch(self, app: _App, starting: "asyncio.Task[None]", topics: frozenset[str]) -> None:
        clock = asyncio.get_running_loop().time
        recheck_at = clock() + RECHECK_SECONDS
        while not self._stopping.is_set():
            self._demand_alive(app, starting)
            await self._pause(POLL_SECONDS)
            if self._wanted == frozenset(self._processor.topics()) and not (
                self._progress.missing and clock() > recheck_at
            ):
                continue
            there = await self._there()
            recheck_at = clock() + RECHECK_SECONDS
            if not there:
                return
            if there != topics:
                topics = there
                await self._subscribe(app, starting, topics)

    async def _subscribe(self, app: _App, starting: "asyncio.Task[None]", topics: frozenset[str]) -> None:
        """Changes the topics of a running member, for which the group is balanced anew.

        A new app of the same static member would not do: the broker gives it back what it had, whatever it asks for.
        """
        while (app.rebalancing or not starting.done()) and not self._stopping.is_set():
            self._demand_alive(app, starting)
            await self._pause(POLL_SECONDS)
        await app.consumer.subscribe(topics)

    def _demand_alive(self, app: _App, starting: "asyncio.Task[None]") -> None:
        if self._bug:
            raise self._bug
        if app.crashed or app.should_stop or (starting.done() and starting.exception()):
            raise LogUnavailable(f"Faust ended: {app.crash_reason or starting.exception()!r}")

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


def _record(one: Any) -> Record:
    return Record(one.topic, one.partition, one.offset, one.timestamp, one.key, one.value, tuple(one.headers))
