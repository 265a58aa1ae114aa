"""A database, its real Debezium engine, and context-sync that watches it by this machine's clock: each may fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import psutil
from tenure.sources.capture import Capture, Database, Folder, Snapshot
from tenure.sources.database import prepare
from tenure.sources.properties import properties_of
from tenure.sources.registering import topics_of
from tenure.sources.supervisor import Supervisor, Trouble
from tenure_context_sync.app import definition
from tenure_eventlog import Message
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.topics import ALL_TOPICS
from tenure_service import ServiceSettings, open_platform

from tests.integration.context_sync.desk import Desk, TwoPeople
from tests.integration.context_sync.engine.site import engines_here, engines_python, until

TABLE, SIGNALS = "public.orders", "public.signals"
MAKE = """
create table orders (id integer primary key, note text);
insert into orders values (0, 'there before');
create table signals (id text primary key, type text, data text);
"""
ASK = "insert into signals values ($1, 'execute-snapshot', $2)"
BEAT_SECONDS, LIMIT_SECONDS, SKEW_SECONDS = 1, 5, 5
LOOK_EVERY_SECONDS = 0.1
# Whoever is behind shows as much more age, so its limit is as much higher: docs/freshness.md.
CLOCKS = {"crm": 0, "ahead": SKEW_SECONDS, "behind": -SKEW_SECONDS}
BREACHED, RESTORED = "SlaBreached", "SlaRestored"
SILENT, RECOVERED = "SourceSilent", "SourceRecovered"


class ThreeClocks(MemoryLog):
    """Tells each of the engine's records twice more: as databases would whose clocks are ahead and behind."""

    async def append(self, messages: Sequence[Message]) -> list[int]:
        told = [m for m in messages if m.topic.startswith("crm.")]
        for name, seconds in CLOCKS.items():
            if seconds:
                await super().append([by_clock(message, name, seconds) for message in told])
        return await super().append(messages)


def by_clock(message: Message, name: str, seconds: int) -> Message:
    value = json.loads(message.value or b"null")
    if value:
        stamped = value.get("source", value)  # a transaction's marker is stamped itself
        for unit, of_a_second in (("ts_ms", 1_000), ("ts_us", 1_000_000), ("ts_ns", 1_000_000_000)):
            if unit in stamped:
                stamped[unit] += of_a_second * seconds
    topic = message.topic.replace("crm", name, 1)
    return message._replace(topic=topic, value=json.dumps(value).encode() if value else None)


@dataclass(slots=True)
class Ward:
    """`written`: of each order an instant after its commit, by the database's clock."""

    home: Path
    server: EmbeddedPostgres
    folder: Folder
    desk: Desk
    store: asyncpg.Connection
    troubles: list[Trouble] = field(default_factory=list)
    written: dict[int, datetime] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    _seen: Any = None
    _newest: dict[str, datetime] = field(default_factory=dict)
    _supervised: asyncio.Task[None] | None = None
    _paused: list[psutil.Process] = field(default_factory=list)

    async def start_engine(self) -> None:
        supervisor = Supervisor(self.folder, self.desk.log, engines_python(), told=self.troubles.append)
        self._supervised = asyncio.create_task(supervisor.run())

    async def stop_engine(self) -> None:
        if self._supervised:
            self._supervised.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervised

    async def kill_engine(self) -> None:
        """With its supervisor, so that nobody starts it again."""
        for engine in self.engines():
            engine.kill()
        await self.stop_engine()

    def engines(self) -> list[psutil.Process]:
        """Its own: there may be other wards beside it."""
        log = str(self.folder.path / "engine.log")
        return [engine for engine, files in engines_here() if log in files]

    async def end(self) -> None:
        await self.thaw_database()
        await self.kill_engine()
        await self.server.stop()

    async def stop_database(self) -> None:
        await self.server.stop()

    async def start_database(self) -> None:
        self.server = await EmbeddedPostgres.start(self.home)

    async def freeze_database(self) -> None:
        server = psutil.Process(self.server.pid)
        self._paused = [server, *server.children(recursive=True)]
        for process in self._paused:
            process.suspend()

    async def thaw_database(self) -> None:
        while self._paused:
            self._paused.pop().resume()

    async def write(self, orders: int = 1, note: str = "") -> None:
        """Some orders more, in one transaction."""
        first = len(self.written) + 1
        connection = await asyncpg.connect(self.server.dsn)
        try:
            add = "insert into orders select *, $3 from generate_series($1::int, $2::int)"
            await connection.execute(add, first, first + orders - 1, note)
            at: datetime = await connection.fetchval("select clock_timestamp()")
        finally:
            await connection.close()
        self.written.update(dict.fromkeys(range(first, first + orders), at))

    async def snapshot_again(self) -> None:
        """Beside the stream, as Debezium does when it is told so; waits until all of it is on the log."""
        before = await self.read_again()
        connection = await asyncpg.connect(self.server.dsn)
        try:
            await connection.execute(ASK, str(uuid4()), json.dumps({"data-collections": [TABLE]}))
        finally:
            await connection.close()

        async def all_was() -> bool:
            return await self.read_again() >= before + len(self.written)

        await self.until(all_was, "all orders were read again")

    async def read_again(self) -> int:
        """How many records of such snapshots are on the log."""
        ends = await self.desk.log.end_offsets([f"crm.{TABLE}"])
        found = 0
        async with aclosing(self.desk.log.read(dict.fromkeys(ends, 0))) as batches:
            while any(ends.values()):
                batch = await anext(batches)
                found += sum(b'"incremental"' in (record.value or b"") for record in batch.records)
                ends[batch.partition] = max(0, ends[batch.partition] - len(batch.records))
        return found

    async def look(self) -> None:
        """Notes what is wrong: complete_until that goes back, or is past the commit of what is not in the store."""
        written, told = dict(self.written), await self.verdicts()
        for name, seconds in CLOCKS.items():
            if (complete := told[name]["complete_until"]) is None:
                continue
            instant = datetime.fromisoformat(complete)
            if instant < self._newest.get(name, instant):
                self.wrong.append(f"{name}: back from {self._newest[name]} to {instant}")
            self._newest[name] = instant
            there = await self.stored(name)
            due = {order for order, at in written.items() if at + timedelta(seconds=seconds) < instant}
            if due - there:
                self.wrong.append(f"{name}: {len(due - there)} orders from before {instant} are not in the store")

    async def stored(self, name: str) -> set[int]:
        found = "select (key::json->>'id')::int as id from context_rows where source = $1 and not deleted"
        return {row["id"] for row in await self.store.fetch(found, name)}

    async def verdicts(self) -> dict[str, dict[str, Any]]:
        return {one["source"]: one for one in await self.desk.got("/liveness")}

    async def well(self) -> bool:
        """Each has an age, and nothing on the record says that it is silent."""
        aged = [one["age_seconds"] is not None for one in (await self.verdicts()).values()]
        return all(aged) and SILENT not in [await self.last(name) for name in CLOCKS]

    async def last(self, source: str) -> str:
        return (await self.happened(f"context/source/{source}"))[-1]

    async def happened(self, stream: str) -> list[str]:
        replica = self.desk.platform.runtimes["context-sync"].replica
        return [type(event).__name__ for _, event in await replica.events(stream)]

    async def story(self, name: str) -> list[str]:
        """What happened to the binding that reads the source, since it was declared."""
        return (await self.happened(f"context/binding/{name}"))[1:]

    async def states(self, *wanted: str) -> None:
        """Waits until all sources are in one of these states."""

        async def are() -> bool:
            return all(one["state"] in wanted for one in (await self.verdicts()).values())

        await self.until(are, f"all are {wanted}")

    async def dead(self, *binding: str) -> None:
        """Waits until each source is on the record as silent, and this is what happened to each binding."""
        await self.states("silent")
        await self.tells(SILENT, *binding)

    async def back(self, *binding: str) -> None:
        """Waits until each source has recovered, this is what happened to each binding, and nothing is missing."""
        await self.tells(RECOVERED, *binding)
        await self.whole()
        assert self.wrong == [], self.wrong

    async def tells(self, last: str, *binding: str) -> None:
        async def told() -> bool:
            self._seen = {name: (await self.story(name), (await self.last(name))) for name in CLOCKS}
            assert all(story == list(binding[: len(story)]) for story, _ in self._seen.values()), self._seen
            return all(seen == (list(binding), last) for seen in self._seen.values())

        await self.until(told, f"{last} and {binding} happened")

    async def rests(self, beats: int, *binding: str) -> None:
        """For so many heartbeats nothing else happens to the bindings."""
        await self.states("idle")
        await self.beats(beats)
        told = {name: await self.story(name) for name in CLOCKS}
        assert all(story == list(binding) for story in told.values()), told

    async def whole(self) -> None:
        """Waits until the store has all orders, of all three."""

        async def has() -> bool:
            return all([await self.stored(name) == {0, *self.written} for name in CLOCKS])

        await self.until(has, f"the store has {len(self.written)} orders")

    async def beats(self, count: int) -> None:
        """Waits for so many heartbeats more."""

        async def newest() -> datetime:
            beat = (await self.verdicts())["crm"]["heartbeat_at"]
            return datetime.fromisoformat(beat or "1970-01-01T00:00:00Z")

        for _ in range(count):
            before = await newest()
            await self.until(lambda: _later(newest, before), "another heartbeat came")  # noqa: B023

    async def until(self, holds: Any, what: str) -> None:
        async def looked() -> bool:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            await self.look()
            return bool(await holds())

        await until(looked, lambda: f"it never came about that {what}: {self._seen} {self.troubles}", seconds=60)


async def _later(newest: Any, before: datetime) -> bool:
    return bool(await newest() > before)


@asynccontextmanager
async def ward(directory: Path, open_directory: Path, store_dsn: str) -> AsyncIterator[Ward]:
    """With each source declared and bound under its limit, and all of it well."""
    async with AsyncExitStack() as stack:
        directory.mkdir()
        home = open_directory / uuid4().hex
        server = await EmbeddedPostgres.start(home)
        folder, log = Folder(directory / "crm"), ThreeClocks()
        capture = await captured(server.dsn, folder)
        specs = topics_of(capture, partitions=2)
        named = [replace(spec, name=spec.name.replace("crm", name, 1)) for name in CLOCKS for spec in specs]
        await log.create_topics([*ALL_TOPICS, *named])
        settings = ServiceSettings(log="memory", tokens=directory / "tokens.json", database=store_dsn)
        platform = open_platform(settings, [definition()], event_log=log, authenticator=TwoPeople())
        desk = Desk(log, store_dsn, await stack.enter_async_context(platform))
        store = await asyncpg.connect(store_dsn)
        stack.push_async_callback(store.close)
        made = Ward(home, server, folder, desk, store)
        stack.push_async_callback(made.end)
        await made.start_engine()
        await declare(made, capture)
        yield made


def with_signals(capture: Capture, password: str, snapshot: Snapshot) -> dict[str, str]:
    """As people set their own connectors who want to take a snapshot again at any time."""
    return {**properties_of(capture, password, snapshot), "signal.data.collection": SIGNALS}


async def captured(dsn: str, folder: Folder) -> Capture:
    parts = urlsplit(dsn)
    database = Database(host="127.0.0.1", port=parts.port or 0, user="postgres", name=parts.path[1:], sslmode="disable")
    capture = Capture(name="crm", database=database, tables=(TABLE, SIGNALS), heartbeat_seconds=BEAT_SECONDS)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(MAKE)
        await prepare(connection, capture)
    finally:
        await connection.close()
    folder.create(capture, parts.password or "")
    return capture


async def declare(made: Ward, capture: Capture) -> None:
    """Binds once each source is complete up to some moment: before, nothing is fresh."""
    for name in CLOCKS:
        topics = {role: topic.replace("crm", name, 1) for role, topic in roles(capture).items()}
        heartbeat = {"topic": topics["heartbeat"], "every_seconds": BEAT_SECONDS}
        fields = [{"name": "id", "type": "int4"}, {"name": "note", "type": "text", "nullable": True}]
        source = {"source": name, "topic": topics["rows"], "key": ["id"], "fields": fields, "heartbeat": heartbeat}
        await made.desk.done("/sources", {**source, "transaction_topic": topics["markers"]})
        context = {"context": name, "revision": 1, "source": name, "entity_key": ["id"], "fields": ["note"]}
        await made.desk.done("/contexts", context)
    await made.until(made.well, "each source is well")
    await made.whole()
    for name, ahead in CLOCKS.items():
        sla = {"lane": "streaming", "max_age_seconds": LIMIT_SECONDS - min(ahead, 0), "on_breach": "alert"}
        bound = {"model": name, "model_version": "1", "context": name, "revision": 1, "sla": sla}
        await made.desk.done("/bindings", bound)


def roles(capture: Capture) -> Mapping[str, str]:
    heartbeats = capture.topic(capture.heartbeat_table)
    return {"rows": capture.topic(TABLE), "heartbeat": heartbeats, "markers": capture.transaction_topic}
