"""A log on Postgres: the embedded one, or one that the user has."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import NamedTuple

import asyncpg
import structlog

from tenure_eventlog.ahead import one_ahead
from tenure_eventlog.headers import packed, unpacked
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
from tenure_eventlog.postgres_commit import CONNECTION_LOST, GroupCommit, Waiting
from tenure_eventlog.postgres_house import compare, tidy
from tenure_eventlog.queries import queries, script
from tenure_eventlog.tail import Tail
from tenure_eventlog.topics import TopicSpec

SQL = queries("tenure_eventlog")
POLL_SECONDS = 0.1
HOUSEKEEPING_SECONDS = 60
FETCH_BYTES = 8 * 1_048_576
MOST_WAITING = 200_000
STATEMENT_SECONDS = 20
SCHEMA_LOCK = 7_316_001

log = structlog.get_logger()


class _Head(NamedTuple):
    topic_id: int
    start: int
    end: int


class PostgresLog:
    """Group commit on the way in, one shared poller on the way out. Made by `open`."""

    def __init__(self, dsn: str, pool: asyncpg.Pool) -> None:
        self._dsn, self._pool = dsn, pool
        self._specs: dict[str, tuple[int, TopicSpec]] = {}
        self._commits = GroupCommit(self._connect, self._land, self._specs.clear)
        self._heads: dict[Partition, _Head] = {}
        self._tails: dict[Partition, Tail] = {}
        self._grown = asyncio.Event()
        self._hint = asyncio.Event()
        self._polled = asyncio.Event()
        self._unreachable: str | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, dsn: str) -> "PostgresLog":
        """Connects and makes the tables where they are missing. Raises LogUnavailable."""
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=10,
                command_timeout=STATEMENT_SECONDS,
                reset=_keep,
                server_settings={"application_name": "tenure-log"},
            )
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("select pg_advisory_xact_lock($1)", SCHEMA_LOCK)
                await connection.execute(script("tenure_eventlog", "sql/schema.sql"))
        except CONNECTION_LOST as lost:
            raise LogUnavailable(str(lost)) from lost
        opened = cls(dsn, pool)
        opened._tasks = [
            asyncio.create_task(part) for part in (opened._commits.run(), opened._poll_on(), opened._keep_house_on())
        ]
        await opened._polled.wait()
        return opened

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._commits.close(LogUnavailable("the log is closed"))
        self._unreachable = "the log is closed"
        self._wake_readers()
        with suppress(*CONNECTION_LOST, TimeoutError):
            await asyncio.wait_for(self._pool.close(), 5)
        self._pool.terminate()

    # appending

    async def append(self, messages: Sequence[Message]) -> list[int]:
        if self._unreachable:
            raise LogUnavailable(self._unreachable)
        if len(self._commits) + len(messages) > MOST_WAITING:
            raise LogUnavailable(f"{len(self._commits)} records already wait for the log")
        for topic in {message.topic for message in messages} - self._specs.keys():
            await self._topic(topic)
        waiting = [self._prepared(message) for message in messages]
        self._commits.add(waiting)
        return [await item.future for item in waiting]

    def _prepared(self, message: Message) -> Waiting:
        topic_id, spec = self._specs[message.topic]
        if len(message.value or b"") > spec.max_message_bytes:
            raise MessageTooLarge(f"{len(message.value or b'')} bytes, {spec.name} takes {spec.max_message_bytes}")
        number = message.partition
        if number is None:
            if message.key is None:
                raise ValueError("a message without a key must name its partition")
            number = partition_of(message.key, spec.partitions)
        future = asyncio.get_running_loop().create_future()
        return Waiting(message, topic_id, number, packed(message.headers), future)

    def _land(self, group: Sequence[Waiting], offsets: Sequence[int], now_ms: int) -> None:
        for item, offset in zip(group, offsets, strict=True):
            topic, key, value, headers, _ = item.message
            partition = Partition(topic, item.partition)
            self._tail(partition, item.topic_id).extend(
                Record(topic, item.partition, offset, now_ms, key, value, headers)
            )
            head = self._heads.get(partition)
            if head and head.topic_id == item.topic_id and offset >= head.end:
                self._heads[partition] = _Head(head.topic_id, head.start, offset + 1)
        # Readers first: who waits for what it appended to be read back then finds it read.
        self._wake_readers()
        for item, offset in zip(group, offsets, strict=True):
            if not item.future.done():
                item.future.set_result(offset)

    def _tail(self, partition: Partition, topic_id: int) -> Tail:
        tail = self._tails.get(partition)
        if tail is None or tail.topic_id != topic_id:
            tail = self._tails[partition] = Tail(topic_id)
        return tail

    async def _connect(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(
            self._dsn,
            timeout=5,
            command_timeout=STATEMENT_SECONDS,
            server_settings={"application_name": "tenure-log", "synchronous_commit": "on"},
        )
        await connection.execute(SQL["limit_transactions"])
        return connection

    # reading

    def read(self, start: Offsets, *, max_records: int = 2_000) -> AsyncGenerator[Batch, None]:
        return one_ahead(self._batches(start, max_records), full=max_records)

    async def _batches(self, start: Offsets, max_records: int) -> AsyncGenerator[Batch, None]:
        position = dict(start)
        ids = {partition: (await self._head(partition)).topic_id for partition in position}
        while True:
            grown = self._grown
            idle = True
            for partition, offset in position.items():
                head = self._heads.get(partition) if not self._unreachable else None
                head = head or await self._head(partition)
                _demand_inside(partition, offset, head, ids[partition])
                if head.end > offset:
                    records = self._at_hand(partition, head, offset, max_records)
                    records = records or await self._fetch(partition, head, offset, max_records)
                    if not records or records[-1].offset - offset + 1 != len(records):
                        await self._explain_hole(partition, offset, ids[partition])
                    position[partition] = records[-1].offset + 1 if records else head.end
                    idle = False
                    yield Batch(partition, records, position[partition])
            if idle:
                await grown.wait()

    async def _head(self, partition: Partition) -> _Head:
        if self._unreachable:
            raise LogUnavailable(self._unreachable)
        if partition not in self._heads:
            await self._poll_now()
        try:
            return self._heads[partition]
        except KeyError:
            raise TopicMissing(f"there is no {partition}: `tenure topics apply` makes it") from None

    def _at_hand(self, partition: Partition, head: _Head, offset: int, most: int) -> list[Record]:
        tail = self._tails.get(partition)
        return tail.after(offset, head.end, most) if tail and tail.topic_id == head.topic_id else []

    async def _fetch(self, partition: Partition, head: _Head, offset: int, most: int) -> list[Record]:
        try:
            rows = await self._pool.fetch(
                SQL["records"], head.topic_id, partition.number, offset, head.end, most, FETCH_BYTES
            )
        except (*CONNECTION_LOST, TimeoutError) as lost:
            raise LogUnavailable(str(lost)) from lost
        topic, number = partition
        return [Record(topic, number, at, ms, key, value, unpacked(raw)) for at, ms, key, value, raw in rows]

    async def _explain_hole(self, partition: Partition, offset: int, topic_id: int) -> None:
        """Only compaction makes holes; else the records went, with the head, after the head was looked at."""
        await self._poll_now()
        _demand_inside(partition, offset, await self._head(partition), topic_id)
        if (await self._topic(partition.topic))[1].cleanup != "compact":
            raise OffsetOutOfRange(f"{partition} lacks records from {offset} on: they were removed by hand")

    async def _poll_on(self) -> None:
        """Hints come by NOTIFY; a look at the heads every 100 ms is the truth."""
        connection: asyncpg.Connection | None = None
        while True:
            try:
                if connection is None or connection.is_closed():
                    connection = await self._connect()
                    await connection.add_listener("tenure_log", self._hinted)
                self._hint.clear()
                known = dict(self._heads)
                self._see(await connection.fetch(SQL["heads"]), known)
                self._unreachable = None
            except (*CONNECTION_LOST, TimeoutError, asyncpg.PostgresError) as lost:
                self._unreachable = f"{type(lost).__name__}: {lost}"
                self._wake_readers()
                if connection is not None:
                    connection.terminate()
                connection = None
                await asyncio.sleep(POLL_SECONDS)
            self._polled.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._hint.wait()

    def _hinted(self, _connection: object, pid: int, _channel: str, _payload: object) -> None:
        if pid != self._commits.pid:  # what this process appended it knows
            self._hint.set()

    def _see(self, rows: Sequence[asyncpg.Record], known: dict[Partition, _Head]) -> None:
        """`known` is what was known when the look began: all of it was committed, so less of it is a loss.

        What was learned while the look was on its way may be newer than the look, and stays.
        """
        heads = {Partition(r[0], r[1]): _Head(r[2], r[3], r[4]) for r in rows}
        for partition, head in heads.items():
            newer = self._heads.get(partition)
            if newer and _is_lower(head, newer) and not _is_lower(head, known.get(partition, head)):
                heads[partition] = head._replace(end=newer.end)
        if heads != self._heads:
            self._heads = heads
            self._wake_readers()

    def _wake_readers(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()

    # topics

    async def start_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        return {partition: head.start for partition, head in (await self._heads_of(topics)).items()}

    async def end_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        return {partition: head.end for partition, head in (await self._heads_of(topics)).items()}

    async def _heads_of(self, topics: Sequence[str]) -> dict[Partition, _Head]:
        await self._poll_now()
        wanted = set(topics)
        found = {partition: head for partition, head in self._heads.items() if partition.topic in wanted}
        if missing := wanted - {partition.topic for partition in found}:
            raise TopicMissing(f"there is no topic {sorted(missing)}: `tenure topics apply` makes it")
        return found

    async def _poll_now(self) -> None:
        known = dict(self._heads)
        self._see(await self._ask("heads"), known)

    async def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        existing = await self._known_topics()
        if different := [line for spec in specs if spec.name in existing for line in compare(spec, existing)]:
            raise TopicMismatch("; ".join(different))
        for spec in specs:
            if spec.name not in existing:
                await self._create(spec)
        await self._poll_now()

    async def _create(self, spec: TopicSpec) -> None:
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                topic_id = await connection.fetchval(SQL["create_topic"], spec.name, json.dumps(asdict(spec)))
                if topic_id is not None:
                    await connection.execute(SQL["create_heads"], topic_id, spec.partitions)
        except (*CONNECTION_LOST, TimeoutError) as lost:
            raise LogUnavailable(str(lost)) from lost

    async def differences(self, specs: Sequence[TopicSpec]) -> list[str]:
        existing = await self._known_topics()
        return [line for spec in specs for line in compare(spec, existing)]

    async def _known_topics(self) -> dict[str, tuple[int, TopicSpec]]:
        rows = await self._ask("topics")
        self._specs.clear()
        self._specs.update({name: (topic_id, TopicSpec(**json.loads(spec))) for topic_id, name, spec in rows})
        return self._specs

    async def _topic(self, name: str) -> tuple[int, TopicSpec]:
        if name not in self._specs:
            await self._known_topics()
        try:
            return self._specs[name]
        except KeyError:
            raise TopicMissing(f"there is no topic {name}: `tenure topics apply` makes it") from None

    async def _ask(self, name: str, *arguments: object) -> list[asyncpg.Record]:
        try:
            rows: list[asyncpg.Record] = await self._pool.fetch(SQL[name], *arguments)
        except (*CONNECTION_LOST, TimeoutError) as lost:
            raise LogUnavailable(str(lost)) from lost
        return rows

    # housekeeping

    async def _keep_house_on(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            try:
                await self.keep_house()
            except (LogUnavailable, asyncpg.PostgresError) as trouble:
                log.warning("log_housekeeping_failed", reason=str(trouble))

    async def keep_house(self) -> None:
        """Drops what is past its topic's retention and what a compacted topic holds twice; lifecycle topics never."""
        for topic_id, spec in list((await self._known_topics()).values()):
            await tidy(self._ask, topic_id, spec)
        await self._poll_now()


async def _keep(connection: asyncpg.Connection) -> None:
    """Sessions carry no state, so nothing needs a reset between uses."""


def _is_lower(head: _Head, known: _Head) -> bool:
    return head.topic_id == known.topic_id and head.end < known.end


def _demand_inside(partition: Partition, offset: int, head: _Head, topic_id: int) -> None:
    if head.topic_id != topic_id:
        raise OffsetOutOfRange(f"the topic of {partition} was made anew")
    if not head.start <= offset <= head.end:
        raise OffsetOutOfRange(f"{partition} holds {head.start}..{head.end}, not {offset}")
