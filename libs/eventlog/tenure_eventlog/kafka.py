"""A log on Kafka."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from tenure_eventlog import kafka_topics
from tenure_eventlog.kafka_admin import GRANTING
from tenure_eventlog.kafka_following import batches
from tenure_eventlog.kafka_settings import REQUEST_MS, started, stopped
from tenure_eventlog.kafka_settings import KafkaSettings as KafkaSettings
from tenure_eventlog.partitioner import partition_of
from tenure_eventlog.port import (
    Batch,
    LogUnavailable,
    Message,
    MessageTooLarge,
    NotPermitted,
    OffsetOutOfRange,
    Offsets,
    OutcomeUnknown,
    Partition,
    TopicMissing,
)
from tenure_eventlog.topics import TopicSpec

SEND_SECONDS = 25
NEWS_SECONDS = 1.0
FETCH_WAIT_MS = 200

log = structlog.get_logger()


class KafkaLog:
    """One producer, a consumer for each read, offsets of our own. Made by `open`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._asking: AIOKafkaConsumer | None = None
        self._asking_lock = asyncio.Lock()
        self._partitions: dict[str, int] = {}
        self._closed = False
        self._closing = asyncio.Event()

    @classmethod
    async def open(cls, settings: KafkaSettings) -> "KafkaLog":
        """Raises LogUnavailable where no broker answers."""
        opened = cls(settings)
        await opened._ready_producer()
        return opened

    async def close(self) -> None:
        self._closed = True
        self._closing.set()
        clients = [client for client in (self._producer, self._asking) if client is not None]
        for client in clients:
            await stopped(client)
        self._producer = self._asking = None

    # appending

    async def _ready_producer(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._closed:
                raise LogUnavailable("the log is closed")
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._settings.bootstrap,
                    acks="all",
                    linger_ms=0,
                    max_request_size=4 * 1_048_576,
                    request_timeout_ms=REQUEST_MS,
                    **self._settings.security,
                )
                self._producer = await started(producer, self._settings)
            return self._producer

    async def append(self, messages: Sequence[Message]) -> list[int]:
        producer = await self._ready_producer()
        sent: list[asyncio.Future[Any]] = []
        try:
            for message in messages:
                sent.append(await self._send(producer, message))
            async with asyncio.timeout(SEND_SECONDS):
                outcomes = await _outcomes(sent)
            failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
            if failures:
                raise _failure(failures, len(sent))
            return [outcome.offset for outcome in outcomes]
        except (KafkaError, TimeoutError, OSError) as failure:
            # Some of it may be there. A producer that failed once is not asked again: it may be stuck for good.
            await self._drop(producer)
            raise OutcomeUnknown(f"{type(failure).__name__}: {failure}") from failure
        finally:
            for future in sent:
                future.add_done_callback(_seen)

    async def _send(self, producer: AIOKafkaProducer, message: Message) -> "asyncio.Future[Any]":
        number = message.partition
        if producer.client.cluster.partitions_for_topic(message.topic) is None:
            await self._numbers(message.topic)
        if number is None:
            if message.key is None:
                raise ValueError("a message without a key must name its partition")
            number = partition_of(message.key, await self._count(message.topic))
        try:
            future: asyncio.Future[Any] = await producer.send(
                message.topic,
                value=message.value,
                key=message.key,
                partition=number,
                headers=list(message.headers),
            )
        except MessageSizeTooLargeError as large:
            raise MessageTooLarge(str(large)) from large
        return future

    async def _drop(self, producer: AIOKafkaProducer) -> None:
        if self._producer == producer:
            self._producer = None
            await stopped(producer)

    async def _count(self, topic: str) -> int:
        if topic not in self._partitions:
            self._partitions[topic] = len(await self._numbers(topic))
        return self._partitions[topic]

    # reading

    async def read(self, start: Offsets, *, max_records: int = 2_000) -> AsyncGenerator[Batch, None]:
        consumer = await self._unless_closed(self._opened(start))
        places = {TopicPartition(*partition): offset for partition, offset in start.items()}
        try:
            consumer.assign(list(places))
            for place, offset in places.items():
                consumer.seek(place, offset)
            async for batch in batches(consumer, places, max_records):
                yield batch
        except OffsetOutOfRangeError as outside:
            raise OffsetOutOfRange(str(outside)) from outside
        except TopicAuthorizationFailedError as forbidden:
            raise _forbidden("read", forbidden) from forbidden
        except (KafkaError, OSError) as lost:
            raise LogUnavailable(f"{type(lost).__name__}: {lost}") from lost
        finally:
            await stopped(consumer)

    async def _opened(self, start: Offsets) -> AIOKafkaConsumer:
        for topic in {partition.topic for partition in start}:
            await self._numbers(topic)
        consumer = self._consumer()
        try:
            return await started(consumer, self._settings)
        except asyncio.CancelledError:
            await stopped(consumer)
            raise

    async def _unless_closed(self, opening: Coroutine[Any, Any, AIOKafkaConsumer]) -> AIOKafkaConsumer:
        """A client that was stopped meanwhile answers nobody, so that waiting for it alone could be for ever."""
        work, closing = asyncio.ensure_future(opening), asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({work, closing}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise LogUnavailable("the log is closed")
        finally:
            work.cancel()
            closing.cancel()

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            fetch_min_bytes=1,
            max_partition_fetch_bytes=4 * 1_048_576,
            request_timeout_ms=REQUEST_MS,
            **self._settings.security,
        )

    async def start_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        return await self._offsets(topics, "beginning_offsets")

    async def end_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        return await self._offsets(topics, "end_offsets")

    async def _offsets(self, topics: Sequence[str], which: str) -> dict[Partition, int]:
        places = [TopicPartition(topic, n) for topic in topics for n in await self._numbers(topic)]
        found = await self._ask(which, places)
        return {Partition(place.topic, place.partition): offset for place, offset in found.items()}

    async def _numbers(self, topic: str) -> list[int]:
        deadline = asyncio.get_running_loop().time() + NEWS_SECONDS
        while True:
            # Asked for each time: another one may have taken the place of a producer that failed.
            client = (await self._ready_producer()).client
            if numbers := client.cluster.partitions_for_topic(topic):
                return sorted(numbers)
            client.add_topic(topic)  # one that was just made is not known to every broker at once
            told = not self._closed and await _news(client)
            if topic in client.cluster.unauthorized_topics:
                raise NotPermitted(f"this principal may not see {topic}: {GRANTING}")
            if client.cluster.partitions_for_topic(topic):
                continue
            if self._closed or asyncio.get_running_loop().time() > deadline:
                if told:
                    raise TopicMissing(f"there is no topic {topic}: `tenure topics apply` makes it")
                raise LogUnavailable(f"the brokers don't say where {topic} is")
            await asyncio.sleep(0.1)

    async def _ask(self, which: str, *arguments: object) -> Any:
        async with self._asking_lock:
            try:
                if self._asking is None:
                    self._asking = await started(self._consumer(), self._settings)
                return await getattr(self._asking, which)(*arguments)
            except (KafkaError, OSError, TimeoutError) as lost:
                raise LogUnavailable(f"{type(lost).__name__}: {lost}") from lost

    # topics

    async def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        await kafka_topics.create_topics(self._settings, specs)

    async def differences(self, specs: Sequence[TopicSpec]) -> list[str]:
        return await kafka_topics.differences(self._settings, specs)


async def _outcomes(sent: "Sequence[asyncio.Future[Any]]") -> list[Any]:
    """What became of each, in order: its place, or the exception."""
    if len(sent) > 1:
        return await asyncio.gather(*sent, return_exceptions=True)
    try:  # what a command is; the bookkeeping of gather would cost as much as the send
        return [await future for future in sent]
    except KafkaError as failure:
        return [failure]


def _failure(failures: Sequence[BaseException], sent: int) -> BaseException:
    """A refusal only where every message was refused: a call may be on the log in part, and then only it knows."""
    told = [_told(failure) for failure in failures if isinstance(failure, KafkaError)]
    if len(told) == sent and told[0] is not None and None not in told:
        return told[0]
    return next(
        (failure for failure in failures if isinstance(failure, KafkaError) and not _told(failure)), failures[0]
    )


def _told(failure: KafkaError) -> Exception | None:
    """What a broker's final refusal is for the caller; None where the record may be there all the same."""
    match failure:
        case UnknownTopicOrPartitionError():
            return TopicMissing(f"{failure}: `tenure topics apply` makes it")
        case MessageSizeTooLargeError():
            return MessageTooLarge(str(failure))
        case TopicAuthorizationFailedError():
            return _forbidden("write", failure)
        case _:
            return None


def _forbidden(verb: str, failure: TopicAuthorizationFailedError) -> NotPermitted:
    return NotPermitted(f"this principal may not {verb} {' '.join(map(str, failure.args))}: {GRANTING}")


async def _news(client: Any) -> bool:
    """Whether the brokers told anything new. A client that was stopped meanwhile would be waited for for ever."""
    try:
        async with asyncio.timeout(REQUEST_MS / 1_000 + NEWS_SECONDS):
            return bool(await client.force_metadata_update())
    except TimeoutError:
        return False


def _seen(future: "asyncio.Future[Any]") -> None:
    if not future.cancelled():
        future.exception()
