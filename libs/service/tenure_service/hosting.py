"""How does a processor run inside a service?"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from tenure_eventlog import Partition
from tenure_ingest import DatabaseAway, Host, Processor, QuarantineDesk, host_for

from tenure_service.definition import Part, Runtime

CONNECT_SECONDS = 10.0


class Hosted:
    """A running processor's host, with the positions as last looked at, and what is done about its quarantine."""

    def __init__(self, host: Host, processor: Processor[Any], quarantine: QuarantineDesk[Any]) -> None:
        self._host, self._processor, self.quarantine = host, processor, quarantine
        self.positions: Mapping[Partition, int] = {}

    async def wait_for(self, offsets: Mapping[Partition, int]) -> None:
        """Returns when the processor's own partitions are passed up to `offsets`."""
        topics = set(self._processor.topics())
        await self._host.passed({p: at for p, at in offsets.items() if p.topic in topics})
        self.positions = await self._host.positions()

    async def settle(self, now: datetime) -> bool:
        """A processor has nothing that falls due."""
        self.positions = await self._host.positions()
        return True

    def health(self) -> Sequence[str]:
        """A sentence for each thing that is wrong. The desk looks at the database all the time, a host when it must."""
        return self._host.health() or tuple(filter(None, (self.quarantine.trouble(),)))

    def trouble(self) -> str | None:
        """What is wrong, if anything is."""
        return "; ".join(self.health()) or None


def database_of(runtime: Runtime) -> str:
    """The DSN of the read models. Raises ValueError saying what to set."""
    if not runtime.settings.database:
        raise ValueError(f"{runtime.definition.name} keeps a read model: set TENURE_DATABASE to a Postgres")
    return runtime.settings.database


@asynccontextmanager
async def hosted(runtime: Runtime, processor: Processor[Any]) -> AsyncIterator[Part]:
    """Runs the processor for as long as this lasts."""
    settings, dsn = runtime.settings, database_of(runtime)
    host = host_for(settings.log, runtime.event_log, dsn, processor, worker=settings.instance)
    await host.start()
    running = Hosted(host, processor, QuarantineDesk(dsn, processor))
    try:
        async with running.quarantine.looking():
            yield _part(running, processor)
    finally:
        await host.stop()


def _part(running: Hosted, processor: Processor[Any]) -> Part:
    return Part(
        name=processor.name,
        holds=running,
        trouble=running.trouble,
        positions=lambda: running.positions,
        wait_for=running.wait_for,
        settle=running.settle,
    )


@asynccontextmanager
async def database_pool(runtime: Runtime, max_size: int) -> AsyncIterator[asyncpg.Pool]:
    """Connections to the read models. Raises DatabaseAway, for which `boot` waits."""
    async with AsyncExitStack() as stack:
        try:
            pool = asyncpg.create_pool(database_of(runtime), min_size=1, max_size=max_size, timeout=CONNECT_SECONDS)
            opened = await stack.enter_async_context(pool)
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError) as away:
            raise DatabaseAway(f"the database can't be reached: {away}") from away
        yield opened
