"""A log on Kafka."""

import asyncio
import os
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    OffsetOutOfRangeError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
)
from aiokafka.structs import ConsumerRecord

from tenure_eventlog.partitioner import partition_of
from tenure_eventlog.port import (
    Batch,
    LogUnavailable,
    Message,
    MessageTooLarge,
    OffsetOutOfRange,
    Offsets,
    OutcomeUnknown,
    Partition,
    Record,
    TopicMismatch,
    TopicMissing,
)
from tenure_eventlog.topics import TopicSpec

REQUEST_MS = 10_000
SEND_SECONDS = 25
FETCH_WAIT_MS = 200
LOOK_AGAIN_SECONDS = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class KafkaSettings:
    """How to reach the brokers. `security` has aiokafka's names: security_protocol, sasl_mechanism, ssl_context, ..."""

    bootstrap: str
    replication: int = 1
    security: Mapping[str, Any]

    @classmethod
    def of(cls, address: str) -> "KafkaSettings":
        """From `kafka://host:port[,host:port]` and the environment: TENURE_KAFKA_REPLICATION, _USER, _PASSWORD,
        _MECHANISM, _CA, _CERT, _KEY."""
        env = {k.removeprefix("TENURE_KAFKA_"): v for k, v in os.environ.items() if k.startswith("TENURE_KAFKA_")}
        return cls(
            bootstrap=address.removeprefix("kafka://"),
            replication=int(env.get("REPLICATION", "1")),
            security=_security(env),
        )


def _security(env: Mapping[str, str]) -> dict[str, Any]:
    tls: dict[str, Any] = {}
    if "CA" in env:
        context = ssl.create_default_context(cafile=env["CA"])
        if "CERT" in env:
            context.load_cert_chain(env["CERT"], env.get("KEY"))
        tls = {"ssl_context": context}
    if "USER" in env:
        return {
            "security_protocol": "SASL_SSL" if tls else "SASL_PLAINTEXT",
            "sasl_mechanism": env.get("MECHANISM", "SCRAM-SHA-512"),
            "sasl_plain_username": env["USER"],
            "sasl_plain_password": env["PASSWORD"],
            **tls,
        }
    return {"security_protocol": "SSL", **tls} if tls else {}


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

    @classmethod
    async def open(cls, settings: KafkaSettings) -> "KafkaLog":
        """Raises LogUnavailable where no broker answers."""
        opened = cls(settings)
        await opened._ready_producer()
        return opened

    async def close(self) -> None:
        self._closed = True
        clients = [client for client in (self._producer, self._asking) if client is not None]
        for client in clients:
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(client.stop(), 10)
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
                self._producer = await _started(producer)
            return self._producer

    async def append(self, messages: Sequence[Message]) -> list[int]:
        producer = await self._ready_producer()
        sent: list[asyncio.Future[Any]] = []
        try:
            for message in messages:
                sent.append(await self._send(producer, message))
            async with asyncio.timeout(SEND_SECONDS):
                return [(await future).offset for future in sent]
        except UnknownTopicOrPartitionError as missing:
            raise TopicMissing(f"{missing}: `tenure topics apply` makes it") from missing
        except (KafkaError, TimeoutError, OSError) as failure:
            # Some of it may be there. A producer that failed once is not asked again: it may be stuck for good.
            await self._drop(producer)
            raise OutcomeUnknown(f"{type(failure).__name__}: {failure}") from failure
        finally:
            for future in sent:
                future.add_done_callback(_seen)

    async def _send(self, producer: AIOKafkaProducer, message: Message) -> "asyncio.Future[Any]":
        number = message.partition
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
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(producer.stop(), 5)

    async def _count(self, topic: str) -> int:
        if topic not in self._partitions:
            self._partitions[topic] = len(await self._numbers(topic))
        return self._partitions[topic]

    # reading

    async def read(self, start: Offsets, *, max_records: int = 2_000) -> AsyncGenerator[Batch, None]:
        for topic in {partition.topic for partition in start}:
            await self._numbers(topic)
        consumer = await _started(self._consumer())
        places = {TopicPartition(*partition): offset for partition, offset in start.items()}
        try:
            consumer.assign(list(places))
            for place, offset in places.items():
                consumer.seek(place, offset)
            async for batch in _batches(consumer, places, max_records):
                yield batch
        except OffsetOutOfRangeError as outside:
            raise OffsetOutOfRange(str(outside)) from outside
        except (KafkaError, OSError) as lost:
            raise LogUnavailable(f"{type(lost).__name__}: {lost}") from lost
        finally:
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(consumer.stop(), 5)

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
        producer = await self._ready_producer()
        try:
            numbers = await producer.partitions_for(topic)
        except (KafkaError, TimeoutError) as lost:
            if isinstance(lost, UnknownTopicOrPartitionError):
                raise TopicMissing(f"there is no topic {topic}: `tenure topics apply` makes it") from lost
            raise LogUnavailable(f"{type(lost).__name__}: {lost}") from lost
        return sorted(numbers)

    async def _ask(self, which: str, *arguments: object) -> Any:
        async with self._asking_lock:
            try:
                if self._asking is None:
                    self._asking = await _started(self._consumer())
                return await getattr(self._asking, which)(*arguments)
            except (KafkaError, OSError, TimeoutError) as lost:
                raise LogUnavailable(f"{type(lost).__name__}: {lost}") from lost

    # topics

    async def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        differences = await self.differences(specs)
        if wrong := [line for line in differences if not line.endswith("does not exist")]:
            raise TopicMismatch("; ".join(wrong))
        missing = [spec for spec in specs if f"{spec.name} does not exist" in differences]
        admin = await _started(
            AIOKafkaAdminClient(bootstrap_servers=self._settings.bootstrap, **self._settings.security)
        )
        try:
            for spec in missing:
                with suppress(TopicAlreadyExistsError):
                    await admin.create_topics([self._new(spec)])
        finally:
            await admin.close()
        while await self.differences(missing):  # noqa: ASYNC110 - the brokers tell each other in their own time
            await asyncio.sleep(0.05)

    async def _admin(self) -> AIOKafkaAdminClient:
        settings = self._settings
        return await _started(AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap, **settings.security))

    def _new(self, spec: TopicSpec) -> NewTopic:
        return NewTopic(spec.name, spec.partitions, self._settings.replication, topic_configs=self._configs(spec))

    def _configs(self, spec: TopicSpec) -> dict[str, str]:
        return {
            "cleanup.policy": spec.cleanup,
            "retention.ms": str(spec.retention_ms),
            "retention.bytes": str(spec.retention_bytes),
            "max.message.bytes": str(spec.max_message_bytes),
            "message.timestamp.type": "LogAppendTime",
            "unclean.leader.election.enable": "false",
            "min.insync.replicas": "2" if self._settings.replication >= 3 else "1",
        }

    async def differences(self, specs: Sequence[TopicSpec]) -> list[str]:
        admin = await _started(
            AIOKafkaAdminClient(bootstrap_servers=self._settings.bootstrap, **self._settings.security)
        )
        try:
            known = {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics() if not t["error_code"]}
            there = [spec for spec in specs if spec.name in known]
            found = await self._described(admin, there)
        except (KafkaError, OSError) as lost:
            raise LogUnavailable(f"{type(lost).__name__}: {lost}") from lost
        finally:
            await admin.close()
        lines = [f"{spec.name} does not exist" for spec in specs if spec.name not in known]
        for spec in there:
            declared = {"partitions": str(spec.partitions), **self._configs(spec)}
            actual = {"partitions": str(known[spec.name]), **found[spec.name]}
            lines += [
                f"{spec.name}: {key} is {actual.get(key)}, declared is {value}"
                for key, value in declared.items()
                if actual.get(key) != value
            ]
        return lines

    async def _described(self, admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> dict[str, dict[str, str]]:
        if not specs:
            return {}
        asked = [ConfigResource(ConfigResourceType.TOPIC, spec.name) for spec in specs]
        answers = await admin.describe_configs(asked)
        return {
            resource[3]: {entry[0]: entry[1] for entry in resource[4]}
            for answer in answers
            for resource in answer.resources
        }


async def _started(client: Any) -> Any:
    try:
        await client.start()
    except (KafkaError, OSError, TimeoutError) as lost:
        with suppress(KafkaError, TimeoutError):
            await (client.stop() if hasattr(client, "stop") else client.close())
        raise LogUnavailable(f"{type(lost).__name__}: {lost}") from lost
    return client


def _seen(future: "asyncio.Future[Any]") -> None:
    if not future.cancelled():
        future.exception()


async def _batches(
    consumer: AIOKafkaConsumer, position: dict[TopicPartition, int], most: int
) -> AsyncGenerator[Batch, None]:
    """Hands on what follows without a hole; a hole is believed only when a fresh seek meets it again.

    On a topic that is never compacted a broker can't lose single records from the middle, so that a hole which two
    separate fetches agree on is one of its own transaction markers.
    """
    holes: dict[TopicPartition, tuple[int, int]] = {}
    looked = asyncio.get_running_loop().time()
    while True:
        fetched = await consumer.getmany(timeout_ms=500, max_records=most)
        for place, records in fetched.items():
            expected, met = position[place], records[0].offset
            if met != expected and holes.get(place) != (expected, met):
                holes[place] = (expected, met)
                consumer.seek(place, expected)
                continue
            position[place] = records[-1].offset + 1
            yield Batch(Partition(*place), [_record(record) for record in records], position[place])
        if not fetched and asyncio.get_running_loop().time() - looked > LOOK_AGAIN_SECONDS:
            looked = asyncio.get_running_loop().time()
            await _demand_inside(consumer, position)


async def _demand_inside(consumer: AIOKafkaConsumer, position: Mapping[TopicPartition, int]) -> None:
    """A consumer past the end waits for ever and says nothing; so the ends are asked for."""
    ends = await consumer.end_offsets(list(position))
    for place, offset in position.items():
        if offset > ends[place]:
            raise OffsetOutOfRange(f"{place} ends at {ends[place]}, before {offset}: it was truncated or made anew")


def _record(record: ConsumerRecord) -> Record:
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        tuple(record.headers),
    )
