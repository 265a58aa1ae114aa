"""A log in this process's memory, for tests: the port's semantics without a server."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence

from tenure_eventlog.partitioner import partition_of
from tenure_eventlog.port import (
    Batch,
    LogUnavailable,
    Message,
    MessageTooLarge,
    OffsetOutOfRange,
    Offsets,
    Partition,
    Record,
    TopicMismatch,
    TopicMissing,
)
from tenure_eventlog.topics import TopicSpec


def wall_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


class MemoryLog:
    """Topics as lists of records. Appends take effect at once and are as durable as the process."""

    def __init__(self, now_ms: Callable[[], int] = wall_ms) -> None:
        self._now_ms = now_ms
        self._specs: dict[str, TopicSpec] = {}
        self._records: dict[Partition, list[Record]] = {}
        self._grown = asyncio.Event()
        self.available = True

    async def append(self, messages: Sequence[Message]) -> list[int]:
        self._demand_available()
        for message in messages:
            spec = self._spec(message.topic)
            if len(message.value or b"") > spec.max_message_bytes:
                raise MessageTooLarge(f"{len(message.value or b'')} bytes, {spec.name} takes {spec.max_message_bytes}")
        return [self._land(message) for message in messages]

    def _land(self, message: Message) -> int:
        spec = self._spec(message.topic)
        number = message.partition
        if number is None:
            if message.key is None:
                raise ValueError("a message without a key must name its partition")
            number = partition_of(message.key, spec.partitions)
        records = self._records[Partition(message.topic, number)]
        offset = records[-1].offset + 1 if records else 0
        headers = tuple(message.headers)
        records.append(Record(message.topic, number, offset, self._now_ms(), message.key, message.value, headers))
        self._wake()
        return offset

    def _wake(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()  # a new one, or waiting readers would spin
        grown.set()

    async def read(self, start: Offsets, *, max_records: int = 2_000) -> AsyncGenerator[Batch, None]:
        position = dict(start)
        while True:
            self._demand_available()
            grown = self._grown
            idle = True
            for partition in position:
                records = self._after(partition, position[partition], max_records)
                if records:
                    idle = False
                    position[partition] = records[-1].offset + 1
                    yield Batch(partition, records, position[partition])
            if idle:
                await grown.wait()

    def _after(self, partition: Partition, offset: int, most: int) -> list[Record]:
        self._spec(partition.topic)
        records = self._records[partition]
        first = records[0].offset if records else 0
        if not first <= offset <= first + len(records):
            raise OffsetOutOfRange(f"{partition} holds {first}..{first + len(records)}, not {offset}")
        return records[offset - first : offset - first + most]

    async def start_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        return {p: rs[0].offset if rs else 0 for p, rs in self._of(topics).items()}

    async def end_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        return {p: rs[-1].offset + 1 if rs else 0 for p, rs in self._of(topics).items()}

    def _of(self, topics: Sequence[str]) -> dict[Partition, list[Record]]:
        self._demand_available()
        wanted = [Partition(t, n) for t in topics for n in range(self._spec(t).partitions)]
        return {partition: self._records[partition] for partition in wanted}

    async def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        self._demand_available()
        if different := [line for line in await self.differences(specs) if "does not exist" not in line]:
            raise TopicMismatch("; ".join(different))
        for spec in specs:
            if spec.name not in self._specs:
                self._specs[spec.name] = spec
                self._records.update({Partition(spec.name, n): [] for n in range(spec.partitions)})

    async def differences(self, specs: Sequence[TopicSpec]) -> list[str]:
        found = []
        for spec in specs:
            if spec.name not in self._specs:
                found.append(f"{spec.name} does not exist")
            elif self._specs[spec.name] != spec:
                found.append(f"{spec.name} is {self._specs[spec.name]}, declared is {spec}")
        return found

    def truncate(self, partition: Partition, records: int) -> None:
        """Loses the newest `records` of a partition, as an unclean leader election would."""
        del self._records[partition][len(self._records[partition]) - records :]
        self._wake()

    def expire(self, partition: Partition, before: int) -> None:
        """Drops what is before an offset, as retention does. One record at least must be left."""
        records = self._records[partition]
        del records[: before - records[0].offset]

    def delete_topic(self, name: str) -> None:
        """Forgets a topic and its records; whoever reads it is told."""
        spec = self._specs.pop(name)
        for number in range(spec.partitions):
            del self._records[Partition(name, number)]
        self._wake()

    async def close(self) -> None:
        self.available = False
        self._wake()

    def _spec(self, topic: str) -> TopicSpec:
        try:
            return self._specs[topic]
        except KeyError:
            raise TopicMissing(f"there is no topic {topic}: `tenure topics apply` makes it") from None

    def _demand_available(self) -> None:
        if not self.available:
            raise LogUnavailable("the log is closed")
