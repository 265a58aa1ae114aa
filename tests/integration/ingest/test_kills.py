"""What is left of the input when workers are killed and paused? All of it, once."""

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from tenure_eventlog.open import open_log
from tenure_eventlog.port import EventLog, Message
from tenure_eventlog.topics import DAY_MS, TopicSpec
from tenure_ingest import migrate

pytestmark = pytest.mark.kafka

WORKER = Path(__file__).with_name("worker.py")
TOPIC = "kill.test"
TABLE = "create table noted (partition integer, record bigint, key text, worker text)"  # no key: doubles would show
DEADLINE_SECONDS = 90


class Workers:
    """Two worker processes under a supervisor that starts again what ended."""

    def __init__(self, address: str, dsn: str, logs: Path) -> None:
        self._address, self._dsn, self._logs = address, dsn, logs
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        with (self._logs / f"{name}.log").open("ab") as out:
            command = [sys.executable, str(WORKER), self._address, self._dsn, name]
            self._processes[name] = subprocess.Popen(command, stdout=out, stderr=out)

    def signal(self, name: str, what: signal.Signals) -> None:
        self._processes[name].send_signal(what)

    def kill(self, name: str) -> None:
        self.signal(name, signal.SIGKILL)
        self._processes[name].wait()
        self.start(name)

    def supervise(self) -> None:
        for name in [name for name, process in self._processes.items() if process.poll() is not None]:
            self.start(name)

    def end(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()


class Campaign:
    """Feeds the topic slice by slice; trouble comes while a slice is under way."""

    def __init__(self, log: EventLog, connection: asyncpg.Connection, workers: Workers, slice_records: int) -> None:
        self._log, self._connection, self._workers, self._slice = log, connection, workers, slice_records
        self.fed = 0

    async def feed(self) -> None:
        keys = [f"key-{n}".encode() for n in range(self.fed, self.fed + self._slice)]
        await self._log.append([Message(TOPIC, key, b"x" * 100) for key in keys])
        self.fed += self._slice

    async def kill_midway(self, name: str) -> None:
        before = self.fed
        await self.feed()
        await self.passed(before + self._slice // 4)
        self._workers.kill(name)

    async def pause_past_session(self, name: str) -> None:
        """The paused worker wakes only when the other one has taken its partitions and finished them."""
        self._workers.signal(name, signal.SIGSTOP)
        await self.feed()
        await self.passed(self.fed)
        self._workers.signal(name, signal.SIGCONT)

    async def passed(self, records: int) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while (
                await self._connection.fetchval("select coalesce(sum(next_offset), 0) from ingest.position") < records
            ):
                self._workers.supervise()
                await asyncio.sleep(0.02)


@asynccontextmanager
async def campaign(address: str, dsn: str, logs: Path, slice_records: int) -> AsyncIterator[Campaign]:
    connection = await asyncpg.connect(dsn)
    await migrate(connection, "tenure_ingest")
    await connection.execute(TABLE)
    workers = Workers(address, dsn, logs)
    async with open_log(address) as log:
        await log.create_topics([TopicSpec(name=TOPIC, partitions=4, retention_ms=DAY_MS)])
        try:
            workers.start("one")
            workers.start("two")
            yield Campaign(log, connection, workers, slice_records)
        finally:
            workers.end()
            await connection.close()


async def nothing_lost_or_doubled(dsn: str, records: int) -> None:
    connection = await asyncpg.connect(dsn)
    noted = await connection.fetch("select key, partition, record, worker from noted order by partition, record")
    await connection.close()
    by_key: dict[str, list[tuple[int, int, str]]] = {f"key-{n}": [] for n in range(records)}
    for row in noted:
        by_key.setdefault(row["key"], []).append((row["partition"], row["record"], row["worker"]))
    assert {key: places for key, places in by_key.items() if len(places) != 1} == {}


async def storm(storming: Campaign, kills: int, pauses: int) -> None:
    """Kills and pauses spread evenly, the victim drawn from a fixed seed."""
    draw = random.Random(7)
    await storming.feed()
    pause_after = {kills * (n + 1) // (pauses + 1) for n in range(pauses)}
    for kill in range(kills):
        if kill in pause_after:
            await storming.pause_past_session(draw.choice(["one", "two"]))
        await storming.kill_midway(draw.choice(["one", "two"]))
    await storming.feed()
    await storming.passed(storming.fed)


async def test_nothing_is_lost_or_doubled_by_five_kills_and_a_pause_past_the_session(
    ingest_kafka: str, ingest_database: str, tmp_path: Path
) -> None:
    async with campaign(ingest_kafka, ingest_database, tmp_path, slice_records=2_500) as storming:
        await storm(storming, kills=5, pauses=1)
    assert storming.fed == 20_000
    await nothing_lost_or_doubled(ingest_database, 20_000)


@pytest.mark.soak
async def test_nothing_is_lost_or_doubled_by_forty_kills_and_six_pauses(
    ingest_kafka: str, ingest_database: str, tmp_path: Path
) -> None:
    async with campaign(ingest_kafka, ingest_database, tmp_path, slice_records=2_500) as storming:
        await storm(storming, kills=40, pauses=6)
    await nothing_lost_or_doubled(ingest_database, storming.fed)
