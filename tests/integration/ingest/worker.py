"""A worker process of the kill test: hosts a processor that notes every record that it was given."""

import asyncio
import random
import signal
import sys
import time
from collections.abc import Sequence

import asyncpg
from tenure_eventlog.kafka import KafkaSettings
from tenure_eventlog.open import open_log
from tenure_eventlog.port import EventLog, Record
from tenure_ingest import Host, PostgresLoop
from tenure_ingest.faust_host import FaustHost

TOPIC = "kill.test"
RIVAL = "rival"
DAWDLE = "select pg_sleep(random() * 0.03)"
NOTE = """
insert into noted (partition, record, key, worker)
select *, $4 from unnest($1::integer[], $2::bigint[], $3::text[])
"""


class Noting:
    """Dawdles with a batch in hand, and in the transaction before and after it notes; so trouble finds it anywhere."""

    name, migrations = "noting", None

    def __init__(self, worker: str) -> None:
        self._worker = worker

    def topics(self) -> list[str]:
        return [TOPIC]

    def process(self, records: Sequence[Record]) -> tuple[list[int], list[int], list[str]]:
        time.sleep(random.random() * 0.02)
        keys = [(record.key or b"").decode() for record in records]
        return [record.partition for record in records], [record.offset for record in records], keys

    async def apply(self, connection: asyncpg.Connection, effects: tuple[list[int], list[int], list[str]]) -> None:
        await connection.execute(DAWDLE)
        await connection.execute(NOTE, *effects, self._worker)
        await connection.execute(DAWDLE)


def hosting(log: EventLog, address: str, dsn: str, worker: str) -> Host:
    """A rival belongs to no group and takes all partitions, as a worker does that never hears that it lost them."""
    processor = Noting(worker)
    if worker == RIVAL:
        return PostgresLoop(log, dsn, processor, max_records=100)
    return FaustHost(log, KafkaSettings.of(address), dsn, processor, worker=worker, max_records=100)


async def main(address: str, dsn: str, worker: str) -> None:
    async with open_log(address) as log:
        host = hosting(log, address, dsn, worker)
        await host.start()
        over = asyncio.ensure_future(host.join())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.cancel)
        await asyncio.wait([over])
        await host.stop()
        if not over.cancelled():
            over.result()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
