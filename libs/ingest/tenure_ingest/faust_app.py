"""How is Faust made to fetch, and to do nothing else?

Offsets live in Postgres, beside the effects; nothing is acked or committed to Kafka, so its group lag is blind.
This reaches into Faust (`_drain_messages`, `_wait_next_records`, `_thread.seek_wait`, `_create_worker_consumer`) and
into aiokafka (`_coordinator.check_errors`, `_subscription`): the versions are pinned, and the kill test shows that it
still holds. See docs/adr/0003-faust-as-host.md.
"""

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import faust
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from tenure_eventlog.kafka import KafkaSettings
from tenure_eventlog.port import LogUnavailable, Offsets, Partition, Record

from tenure_ingest.following import Following, Taken
from tenure_ingest.stops import PartitionStopped

REQUEST_SECONDS = 30.0
ASK_SECONDS = 1.0
ANSWER_SECONDS = 10.0


class Hosting(Protocol):
    """What the consumer asks of whoever hosts it."""

    settings: KafkaSettings
    max_records: int

    @property
    def stopped(self) -> Mapping[Partition, PartitionStopped]:
        """Partitions that wait for a human."""
        ...

    async def standing(self, topics: Collection[str]) -> dict[Partition, int]:
        """Where to read on, without the stopped partitions."""
        ...

    def joined(self) -> None:
        """The member has its share of the partitions."""
        ...

    def left(self) -> None:
        """Its partitions go; whoever has them next says what is wrong with them."""
        ...

    def kept_out(self, error: KafkaError | None) -> None:
        """What keeps it from its group now; None: nothing does."""
        ...

    def process(self, records: Sequence[Record]) -> object:
        """What the records come to."""
        ...

    async def write(self, taken: Taken, effects: object) -> bool:
        """False when not all was written and the place must be read again."""
        ...


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

    async def demand_well(self) -> None:
        """Raises KafkaError: what keeps the member from its group, which is tried again thereafter; LogUnavailable and
        TimeoutError where the thread has ended or hangs."""
        asking = self._demand_well()
        try:  # not by `call_thread`, whose queue may be full of what waits for the group
            asked = asyncio.run_coroutine_threadsafe(asking, self.thread_loop)
        except RuntimeError as closed:
            asking.close()
            raise LogUnavailable("Faust's thread has ended") from closed
        await asyncio.wait_for(asyncio.wrap_future(asked), ANSWER_SECONDS)

    async def _demand_well(self) -> None:
        self._ensure_consumer()._coordinator.check_errors()

    async def reached(self, partitions: Sequence[TP]) -> Offsets:
        """Where the client reads on, of those that are assigned and whose place is known."""
        found: Offsets = await self.call_thread(self._reached, partitions)
        return found

    async def _reached(self, partitions: Sequence[TP]) -> Offsets:
        subscription = self._ensure_consumer()._subscription
        states = {
            tp: subscription.subscription.assignment.state_value(tp)
            for tp in partitions
            if subscription.is_assigned(tp)
        }
        return {Partition(*tp): state.position for tp, state in states.items() if state.has_valid_position}


class _Consumer(driver.Consumer):  # type: ignore[misc]  # Faust has no types that mypy may follow
    """Reads from where the sink stands and hands it whole fetches; while one is written, the next one is read."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._busy = asyncio.Lock()  # held while a batch is written, and while seeking
        self._epoch = 0  # moves at every revocation and after every seek: what is older is discarded
        self._following = Following()
        self._writing: asyncio.Task[bool] | None = None
        self._place_lost = False
        self._asked_at = 0.0

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        async with self._busy:
            assigned = self.assignment()
            places = await self.app.host.standing({tp.topic for tp in assigned})
            self._following.begin({place: places[place] for tp in assigned if (place := Partition(*tp)) in places})
            sought = {TP(*place): offset for place, offset in self._following.places.items()}
            await self._thread.seek_wait(sought)
            self._epoch += 1
            return sought

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self.app.host.joined()
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self._epoch += 1
        self.stop_flow()
        async with self._busy:  # the batch in flight ends before the partitions go
            self._following.clear()
            self.app.host.left()
        await super().on_partitions_revoked(revoked)

    async def look(self) -> None:
        """What the group's coordinator says is raised nowhere else: Faust never asks, and it waits until asked."""
        if self._thread is None or self._thread._consumer is None:
            return
        try:
            await self._thread.demand_well()
            self.app.host.kept_out(None)
        except KafkaError as error:
            self.app.host.kept_out(error)

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Reads them again, from where the sink stands."""
        self.resume_partitions([TP(*partition) for partition in partitions])
        self._place_lost = True

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                if not self.flow_active:
                    await asyncio.sleep(0.02)
                elif self._place_lost:
                    self._place_lost = not await self._sought()
                elif not await self._handed_on():
                    self._place_lost = True
        finally:
            if self._writing:
                await asyncio.gather(self._writing, return_exceptions=True)

    async def _sought(self) -> bool:
        try:
            await self.perform_seek()
        except IllegalStateError:  # a rebalance came in between
            await asyncio.sleep(0.05)
            return False
        return True

    async def _handed_on(self) -> bool:
        """Reads one fetch while the one before is written; false when the place must be sought again."""
        epoch, host = self._epoch, self.app.host
        fetched, reached = await self._fetched()
        if epoch != self._epoch or not self.flow_active:
            return not fetched
        taken = self._following.take(fetched, reached)
        effects = host.process(taken.records)
        if not await self._written():
            return False
        if taken.spans:
            self._writing = asyncio.create_task(self._write(epoch, taken, effects))
        return taken.in_place

    async def _fetched(self) -> tuple[Mapping[Partition, Sequence[Record]], Offsets]:
        """Records by partition; and now and then, where none came, how far the client is: it goes past markers."""
        stopped = self.app.host.stopped
        self.pause_partitions(TP(*partition) for partition in stopped)
        found, _ = await self._wait_next_records(0.5)
        fetched = {
            Partition(*tp): [_record(one) for one in records] for tp, records in (found or {}).items() if records
        }
        rest = [TP(*place) for place in self._following.places.keys() - fetched.keys() - stopped.keys()]
        reached = await self._thread.reached(rest) if rest and self._due(not fetched) else {}
        return {place: records for place, records in fetched.items() if place not in stopped}, reached

    def _due(self, idle: bool) -> bool:
        """Whether to ask how far the client is, which costs a busy worker a way to its thread and back."""
        now = asyncio.get_running_loop().time()
        due = idle or now - self._asked_at > ASK_SECONDS
        self._asked_at = now if due else self._asked_at
        return due

    async def _written(self) -> bool:
        """Whether the batch before was written."""
        writing, self._writing = self._writing, None
        return writing is None or await writing

    async def _write(self, epoch: int, taken: Taken, effects: object) -> bool:
        async with self._busy:
            written: bool = epoch == self._epoch and await self.app.host.write(taken, effects)
            return written

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Streams and commits are unused, so Faust's livelock check has nothing to say."""


class _Transport(driver.Transport):  # type: ignore[misc]  # Faust has no types that mypy may follow
    Consumer = _Consumer


class _BootStrategy(faust.App.BootStrategy):  # type: ignore[misc]  # Faust has no types that mypy may follow
    enable_kafka_producer = False
    enable_web = False


class HostingApp(faust.App):  # type: ignore[misc]  # Faust has no types that mypy may follow
    BootStrategy = _BootStrategy

    def _create_directories(self) -> None:
        """No tables, so nothing on disk."""


def app_of(host: Hosting, group: str, worker: str, topics: Collection[str], session_seconds: float) -> HostingApp:
    app = HostingApp(
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


def _record(one: Any) -> Record:
    return Record(one.topic, one.partition, one.offset, one.timestamp, one.key, one.value, tuple(one.headers))
