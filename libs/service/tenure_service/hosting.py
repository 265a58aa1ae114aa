"""How does a processor run inside a service?"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from tenure_eventlog import Partition
from tenure_ingest import Host, Processor, host_for

from tenure_service.definition import Part, Runtime


class Hosted:
    """A running processor's host, with the positions as last looked at."""

    def __init__(self, host: Host, processor: Processor[Any]) -> None:
        self._host, self._processor = host, processor
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

    def trouble(self) -> str | None:
        """What the host says is wrong."""
        return "; ".join(self._host.health()) or None


def database_of(runtime: Runtime) -> str:
    """The DSN of the read models. Raises ValueError saying what to set."""
    if not runtime.settings.database:
        raise ValueError(f"{runtime.definition.name} keeps a read model: set TENURE_DATABASE to a Postgres")
    return runtime.settings.database


@asynccontextmanager
async def hosted(runtime: Runtime, processor: Processor[Any]) -> AsyncIterator[Part]:
    """Runs the processor for as long as this lasts."""
    settings = runtime.settings
    host = host_for(settings.log, runtime.event_log, database_of(runtime), processor, worker=settings.instance)
    await host.start()
    running = Hosted(host, processor)
    try:
        yield Part(
            name=processor.name,
            holds=running,
            trouble=running.trouble,
            positions=lambda: running.positions,
            wait_for=running.wait_for,
            settle=running.settle,
        )
    finally:
        await host.stop()
