"""Does a rebuild from offset 0 give the state that the live replicas have?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tenure_eventlog import EventLog
from tenure_journal import Replica
from tenure_service import ServiceDefinition

from tenure.client import AsyncClient

TRIES = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """One live replica beside a rebuild at the same offset vector."""

    service: str
    where: str
    events: int
    live: str
    rebuilt: str

    @property
    def equal(self) -> bool:
        return self.live == self.rebuilt


async def compare(log: EventLog, definition: ServiceDefinition, client: AsyncClient, where: str) -> Comparison:
    """Rebuilds in this process and compares. Raises TimeoutError while the log is never still for a moment."""
    path = f"{definition.prefix}/state-digest"
    for _ in range(TRIES):
        replica = Replica(log, definition.folds)
        await replica.start()
        live: Mapping[str, Any] = await client.get(path)
        offsets, digest = replica.digest()
        await replica.stop()
        if {f"{p.topic}/{p.number}": at for p, at in offsets.items()} == live["offsets"]:
            return Comparison(definition.name, where, replica.accepted, live["digest"], digest)
    raise TimeoutError(f"{definition.name} at {where}: new events kept coming; try again when it is quieter")
