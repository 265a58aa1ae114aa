"""`make bench`: every figure beside its limit, and bench/results.json."""

import shutil
import tempfile
from pathlib import Path

import uvloop
from tenure.localkafka import LocalKafka
from tenure_eventlog.embedded import EmbeddedPostgres
from tenure_eventlog.open import open_log
from tenure_eventlog.topics import ALL_TOPICS
from tenure_journal import collect_rarely

from bench.figures import Figure, keep, show
from bench.journal import journal
from bench.platform import starts

ROOT = Path(__file__).parents[1]


async def on(name: str, address: str) -> list[Figure]:
    async with open_log(address) as log:
        await log.create_topics(ALL_TOPICS)
        return await journal(name, log)


async def main() -> None:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as home:
        postgres = await EmbeddedPostgres.start(Path(home) / "postgres")
        figures += await on("embedded", postgres.dsn)
        await postgres.stop()
        if shutil.which("java") and shutil.which("mvn"):
            kafka = LocalKafka(Path(home) / "kafka", ROOT / ".cache")
            await kafka.start()
            figures += await on("kafka", kafka.address)
            await kafka.stop()
    figures += await starts()
    show(figures)
    keep(figures, ROOT / "bench" / "results.json")


collect_rarely()  # as a service does at its start
uvloop.run(main())
