"""`make bench`: every figure beside its limit, and bench/results.json; `python -m bench http reads`: only those.

What takes minutes is run only by its name: `make bench-registry`.
"""

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop
from tenure.localkafka import LocalKafka
from tenure_eventlog import EventLog
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.memory import MemoryLog
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import ALL_TOPICS
from tenure_journal import collect_rarely

from bench.contexts import contexts
from bench.dispatch import dispatch, reachable
from bench.figures import Figure, keep, show
from bench.freshness import watching
from bench.http import commands, models
from bench.journal import journal
from bench.judging import judging
from bench.lateness import lateness
from bench.platform import starts
from bench.processors import processors
from bench.readable import readable
from bench.reads import reads
from bench.registry import registry
from bench.rollback import rollback
from bench.serving import peer, tenure_up

ROOT = Path(__file__).parents[1]


@asynccontextmanager
async def postgres() -> AsyncIterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory() as home:
        server = await EmbeddedPostgres.start(Path(home) / "postgres")
        try:
            yield server
        finally:
            await server.stop()


async def on(name: str, log: EventLog) -> list[Figure]:
    await log.create_topics(ALL_TOPICS)
    return await journal(name, log)


async def on_memory() -> list[Figure]:
    return await on("memory", MemoryLog())


async def on_embedded() -> list[Figure]:
    async with postgres() as server, open_log(server.dsn) as log:
        return await on("embedded", log)


async def on_kafka() -> list[Figure]:
    """None where there is no Java to run a broker with."""
    if not (shutil.which("java") and shutil.which("mvn")):
        return []
    with tempfile.TemporaryDirectory() as home:
        kafka = LocalKafka(Path(home), ROOT / ".cache")
        await kafka.start()
        try:
            async with open_log(kafka.address) as log:
                return await on("kafka", log)
        finally:
            await kafka.stop()


async def http_commands() -> list[Figure]:
    with tempfile.TemporaryDirectory() as home:
        async with tenure_up(Path(home) / "platform") as served, peer("raw") as raw:
            await models(served)
            return await commands(served, raw)


async def http_reads() -> list[Figure]:
    with tempfile.TemporaryDirectory() as home:
        async with tenure_up(Path(home) / "platform") as served, peer("raw") as raw, peer("route") as route:
            await models(served)
            return await reads(served, raw, route)


async def into_postgres() -> list[Figure]:
    async with postgres() as server:
        return await processors(await server.create_database("bench"))


async def of_contexts() -> list[Figure]:
    with tempfile.TemporaryDirectory() as home:
        async with postgres() as server:
            return await contexts(await server.create_database("bench"), Path(home))


async def to_outsiders() -> list[Figure]:
    with tempfile.TemporaryDirectory() as home, reachable():
        async with tenure_up(Path(home) / "platform") as served:
            return await dispatch(served)


async def of_freshness() -> list[Figure]:
    async with postgres() as server, open_log(server.dsn) as log:
        changed = await readable(log, await server.create_database("bench"))
        with tempfile.TemporaryDirectory() as home:
            breaches = await lateness(log, await server.create_database("lateness"), Path(home))
        return [*await watching(), *changed, *breaches]


SECTIONS: Mapping[str, Callable[[], Awaitable[list[Figure]]]] = {
    "memory": on_memory,
    "embedded": on_embedded,
    "kafka": on_kafka,
    "http": http_commands,
    "reads": http_reads,
    "processors": into_postgres,
    "judging": judging,
    "contexts": of_contexts,
    "freshness": of_freshness,
    "dispatch": to_outsiders,
    "rollback": rollback,
    "starts": starts,
    "registry": registry,
}
LONG = {"registry"}


async def main() -> None:
    asked = sys.argv[1:] or [name for name in SECTIONS if name not in LONG]
    if unknown := set(asked) - SECTIONS.keys():
        sys.exit(f"There is no {', '.join(sorted(unknown))}: {', '.join(SECTIONS)}")
    figures = [figure for name in asked for figure in await SECTIONS[name]()]
    show(figures)
    keep(figures, ROOT / "bench" / "results.json")


collect_rarely()  # as a service does at its start
uvloop.run(main())
