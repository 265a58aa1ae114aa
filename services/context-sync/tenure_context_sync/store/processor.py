"""How do the sources' change topics get into the context store?"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
from tenure_eventlog import Record
from tenure_ingest import Quarantined, quarantine

from tenure_context_sync.change.change import Unreadable
from tenure_context_sync.change.debezium import read_envelope
from tenure_context_sync.store.parts import Part, Seen
from tenure_context_sync.store.rows import Rows
from tenure_context_sync.store.watermarks import Watermarks


@dataclass(slots=True)
class Effects:
    """What a batch comes to, part by part, and what could not be read."""

    parts: Sequence[Part]
    unreadable: list[Quarantined] = field(default_factory=list)


class ChangeProcessor:
    """Folds the sources' change topics into the context store; `sources` says which topic is which source's."""

    name = "context-sync.changes"
    migrations: str | None = "tenure_context_sync"

    def __init__(self, sources: Callable[[], Mapping[str, str]]) -> None:
        self._sources = sources

    def topics(self) -> Collection[str]:
        return self._sources().keys()

    def process(self, records: Sequence[Record]) -> Effects:
        effects, sources = Effects(parts=(Rows(), Watermarks())), self._sources()
        takers = [part.take for part in effects.parts]
        for record in records:
            try:
                change = read_envelope(record.key, record.value)
            except Unreadable as reason:
                effects.unreadable.append(Quarantined(str(reason), record))
                continue
            if change is not None:
                seen = Seen(sources[record.topic], change, record)
                for take in takers:
                    take(seen)
        return effects

    async def apply(self, connection: asyncpg.Connection, effects: Effects) -> None:
        for part in effects.parts:
            await part.write(connection)
        await quarantine(connection, self.name, effects.unreadable)
