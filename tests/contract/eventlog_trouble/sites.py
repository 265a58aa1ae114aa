"""What can be done to each log from outside: crash it, cut its end off, make a topic anew."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition
from tenure.localkafka import LocalKafka
from tenure_eventlog import EventLog, Message, Partition, TopicSpec
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.kafka import KafkaLog, KafkaSettings
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.postgres import PostgresLog


class Site(Protocol):
    """Where a log lives. `address` is for another process; None where no other can join."""

    address: str | None

    async def open(self) -> EventLog:
        """A further client."""
        ...

    async def crash(self) -> None:
        """Kills the server and starts it again."""
        ...

    async def truncate(self, log: EventLog, spec: TopicSpec, keep: int) -> None:
        """Leaves `keep` records in partition 0, as an unclean leader election or a wrong restore would."""
        ...

    async def recreate(self, log: EventLog, spec: TopicSpec) -> None:
        """Makes the topic anew, empty."""
        ...

    async def expire(self, log: EventLog, spec: TopicSpec, before: int) -> None:
        """Lets retention drop what is before an offset of partition 0."""
        ...


class MemorySite:
    address = None

    def __init__(self) -> None:
        self._log = MemoryLog()

    async def open(self) -> EventLog:
        return self._log

    async def crash(self) -> None:
        """It is as durable as this process."""

    async def truncate(self, log: EventLog, spec: TopicSpec, keep: int) -> None:
        end = (await log.end_offsets([spec.name]))[Partition(spec.name, 0)]
        self._log.truncate(Partition(spec.name, 0), end - keep)

    async def recreate(self, log: EventLog, spec: TopicSpec) -> None:
        self._log.delete_topic(spec.name)
        await log.create_topics([spec])

    async def expire(self, log: EventLog, spec: TopicSpec, before: int) -> None:
        self._log.expire(Partition(spec.name, 0), before)


class PostgresSite:
    def __init__(self, directory: Path, server: EmbeddedPostgres) -> None:
        self._directory, self._server = directory, server
        self.address = server.dsn

    @classmethod
    async def start(cls, directory: Path) -> "PostgresSite":
        return cls(directory, await EmbeddedPostgres.start(directory))

    async def stop(self) -> None:
        await self._server.stop()

    async def open(self) -> EventLog:
        return await PostgresLog.open(self.address)

    async def crash(self) -> None:
        os.kill(self._server.pid, signal.SIGKILL)
        while self._server.running:
            await asyncio.sleep(0.01)
        await self._server.stop()
        self._server = await EmbeddedPostgres.start(self._directory)

    async def truncate(self, log: EventLog, spec: TopicSpec, keep: int) -> None:
        await self._execute(
            f"""with topic as (select id from tenure_log.topics where name = '{spec.name}'), gone as (
                    delete from tenure_log.records using topic
                    where topic_id = topic.id and partition = 0 and record_offset >= {keep})
                update tenure_log.heads set end_offset = {keep} from topic
                where topic_id = topic.id and partition = 0"""
        )

    async def recreate(self, log: EventLog, spec: TopicSpec) -> None:
        await self._execute(f"delete from tenure_log.topics where name = '{spec.name}'")
        other = await self.open()
        await other.create_topics([spec])
        await other.close()

    async def expire(self, log: EventLog, spec: TopicSpec, before: int) -> None:
        """The records grow old, and housekeeping does what it always does."""
        await self._execute(
            f"""update tenure_log.records set append_time_ms = 0
                where topic_id = (select id from tenure_log.topics where name = '{spec.name}')
                  and partition = 0 and record_offset < {before}"""
        )
        assert isinstance(log, PostgresLog)
        await log.keep_house()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.address)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class KafkaSite:
    def __init__(self, broker: LocalKafka) -> None:
        self._broker = broker
        self.address = broker.address

    async def open(self) -> EventLog:
        return await KafkaLog.open(KafkaSettings.of(self.address))

    async def crash(self) -> None:
        await self._broker.stop(signal.SIGKILL)
        await self._broker.start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The broker takes connections and says nothing."""
        os.kill(self._broker.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._broker.pid, signal.SIGCONT)

    async def truncate(self, log: EventLog, spec: TopicSpec, keep: int) -> None:
        await self.recreate(log, spec)
        if keep:
            await log.append([Message(spec.name, b"k", b"kept", partition=0)] * keep)

    async def recreate(self, log: EventLog, spec: TopicSpec) -> None:
        admin = await self._admin()
        await admin.delete_topics([spec.name])
        while spec.name in await admin.list_topics():
            await asyncio.sleep(0.01)
        await admin.close()
        await log.create_topics([spec])

    async def expire(self, log: EventLog, spec: TopicSpec, before: int) -> None:
        """What the broker's cleaner does to the log's start, without its patience."""
        admin = await self._admin()
        await admin.delete_records({TopicPartition(spec.name, 0): RecordsToDelete(before_offset=before)})
        await admin.close()

    async def _admin(self) -> AIOKafkaAdminClient:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._broker.bootstrap)
        await admin.start()
        return admin
