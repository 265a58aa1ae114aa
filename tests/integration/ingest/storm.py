"""Workers under load, and what befalls them."""

import asyncio
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import asyncpg
from tenure_eventlog.open import open_log
from tenure_eventlog.port import EventLog, Message, Offsets
from tenure_eventlog.topics import DAY_MS, TopicSpec
from tenure_ingest import migrate

from tests.integration.ingest.worker import RIVAL, TOPIC

PARTITIONS = 8
AT_ONCE = 250
MOST_UNREAD = 4_000
DEADLINE_SECONDS = 90
TABLES = """
create table noted (id bigserial, partition integer, record bigint, key text, worker text);  -- doubles would show
create table moved_back (partition integer, old bigint, new bigint);
create function note_move() returns trigger language plpgsql as $$ begin
    if new.next_offset < old.next_offset then
        insert into moved_back values (new.partition, old.next_offset, new.next_offset);
    end if;
    return null;
end $$;
create trigger moves after update on ingest.position for each row execute function note_move();
"""


class Noted(NamedTuple):
    """A record, as the log has it or as a worker noted it."""

    partition: int
    offset: int
    key: str


class Workers:
    """Worker processes under a supervisor that starts again what ended."""

    def __init__(self, address: str, dsn: str, logs: Path) -> None:
        self._address, self._dsn, self._logs = address, dsn, logs
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        with (self._logs / f"{name}.log").open("ab") as out:
            command = [sys.executable, "-m", "tests.integration.ingest.worker", self._address, self._dsn, name]
            self._processes[name] = subprocess.Popen(command, stdout=out, stderr=out)

    def signal(self, name: str, what: signal.Signals) -> None:
        self._processes[name].send_signal(what)

    def kill(self, name: str) -> None:
        self.signal(name, signal.SIGKILL)
        self._processes[name].wait()
        self.start(name)

    async def leave(self, name: str) -> None:
        """It ends as it does when it is asked to, and is not started again."""
        process = self._processes.pop(name)
        process.terminate()
        await asyncio.to_thread(process.wait)

    def supervise(self) -> None:
        for name in [name for name, process in self._processes.items() if process.poll() is not None]:
            self.start(name)

    def end(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()


class Storm:
    """Feeds the topic all the time; trouble comes meanwhile."""

    def __init__(self, log: EventLog, database: asyncpg.Pool, workers: Workers) -> None:
        self._log, self._database, self._workers = log, database, workers
        self.fed = 0

    @asynccontextmanager
    async def feeding(self) -> AsyncIterator[None]:
        """Keeps some thousands of records unread, for as long as this lasts."""
        enough = asyncio.Event()
        feeder = asyncio.create_task(self._feed_on(enough))
        try:
            yield
        finally:
            enough.set()
            await feeder

    async def _feed_on(self, enough: asyncio.Event) -> None:
        while not enough.is_set():
            if self.fed - await self._read() < MOST_UNREAD:
                await self._feed()
            else:
                await asyncio.sleep(0.01)

    async def _feed(self) -> None:
        keys = [f"key-{n}".encode() for n in range(self.fed, self.fed + AT_ONCE)]
        await self._log.append([Message(TOPIC, key, b"x" * 100) for key in keys])
        self.fed += AT_ONCE

    async def kill(self, name: str) -> None:
        """Once something was read since the trouble before."""
        enough = await self._read() + 2 * AT_ONCE

        async def too_early() -> bool:
            return await self._read() < enough

        await self._while(too_early)
        self._workers.kill(name)

    async def pause_past_session(self, name: str) -> None:
        """The paused worker wakes only when all of its partitions are someone else's, who is at work on them."""
        self._workers.signal(name, signal.SIGSTOP)
        await self.passed(await self._log.end_offsets([TOPIC]))
        self._workers.signal(name, signal.SIGCONT)

    async def join_and_leave(self, name: str) -> None:
        """A worker more for a while: the partitions are shared out anew when it comes, and when it was gone a while."""
        await self._at_work(name)
        await self._workers.leave(name)
        await self.passed(await self._log.end_offsets([TOPIC]))

    async def rival(self) -> None:
        """Somebody writes for a while who was given no partition: each of his batches is a race."""
        await self._at_work(RIVAL)
        await self.passed(await self._log.end_offsets([TOPIC]))
        await self._workers.leave(RIVAL)

    async def _at_work(self, name: str) -> None:
        """Starts a worker, and waits until something of its own counts."""
        self._workers.start(name)
        before = await self._noted_by(name)

        async def idle() -> bool:
            return await self._noted_by(name) == before

        await self._while(idle)

    async def _noted_by(self, name: str) -> int:
        count: int = await self._database.fetchval("select count(*) from noted where worker = $1", name)
        return count

    async def end(self) -> None:
        """All that is on the log was read."""
        await self.passed(await self._log.end_offsets([TOPIC]))

    async def passed(self, ends: Offsets) -> None:
        async def behind() -> bool:
            places = await self._places()
            return any(end > places.get(partition.number, 0) for partition, end in ends.items())

        await self._while(behind)

    async def _while(self, condition: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await condition():
                self._workers.supervise()
                await asyncio.sleep(0.02)

    async def _places(self) -> dict[int, int]:
        rows = await self._database.fetch("select partition, next_offset from ingest.position")
        return {row["partition"]: row["next_offset"] for row in rows}

    async def _read(self) -> int:
        return sum((await self._places()).values())

    async def rage(self, kills: int, pauses: int, joins: int) -> None:
        """Kills and pauses, the victims drawn from a fixed seed; now and then a third worker, and a rival."""
        draw = random.Random(7)
        troubles = [self.kill] * kills + [self.pause_past_session] * pauses
        draw.shuffle(troubles)
        every = len(troubles) // (joins + 1)
        async with self.feeding():
            for number, trouble in enumerate(troubles, 1):
                await trouble(draw.choice(["one", "two"]))
                if number % every == 0 and number // every <= joins:
                    await self.join_and_leave("three")
                    await self.rival()
        await self.end()

    async def demand_all_once_and_in_order(self) -> None:
        """What was noted is what is on the log: nothing lost, doubled, moved back, or made up."""
        on_log = await self._on_log()
        rows = await self._database.fetch("select partition, record, key from noted order by partition, id")
        noted = [Noted(*row) for row in rows]
        moved_back = await self._database.fetch("select * from moved_back")
        assert ([tuple(row) for row in moved_back], differences(on_log, noted)) == ([], {})
        assert {one.key for one in on_log} == {f"key-{n}" for n in range(self.fed)}

    async def _on_log(self) -> list[Noted]:
        ends, found = await self._log.end_offsets([TOPIC]), list[Noted]()
        places = {partition: 0 for partition, end in ends.items() if end}
        async with aclosing(self._log.read(dict(places))) as batches:
            while any(at < ends[partition] for partition, at in places.items()):
                batch = await anext(batches)
                found += [Noted(one.partition, one.offset, (one.key or b"").decode()) for one in batch.records]
                places[batch.partition] = batch.next_offset
        return sorted(found)


def differences(on_log: list[Noted], noted: list[Noted]) -> dict[str, list[Noted]]:
    """The first of each kind; empty where the noted are those of the log, in its order."""
    if noted == on_log:
        return {}
    counts = Counter(noted)
    found = {
        "lost": [one for one in on_log if one not in counts],
        "doubled": [one for one, count in counts.items() if count > 1],
        "made up": sorted(set(noted) - set(on_log)),
        "out of order": [new for old, new in pairwise(noted) if new < old],
    }
    return {what: places[:10] for what, places in found.items() if places}


@asynccontextmanager
async def storm(address: str, dsn: str, logs: Path) -> AsyncIterator[Storm]:
    """Two workers, and nothing to read yet."""
    workers = Workers(address, dsn, logs)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as database, open_log(address) as log:
        async with database.acquire() as connection:
            await migrate(connection, "tenure_ingest")
            await connection.execute(TABLES)
        await log.create_topics([TopicSpec(name=TOPIC, partitions=PARTITIONS, retention_ms=DAY_MS)])
        try:
            workers.start("one")
            workers.start("two")
            yield Storm(log, database, workers)
        finally:
            workers.end()
