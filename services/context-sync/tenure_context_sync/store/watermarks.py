"""How far has each source come?"""

from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from tenure_eventlog.queries import queries

from tenure_context_sync.store.parts import Seen

SQL = queries("tenure_context_sync")


@dataclass(slots=True)
class Watermarks:
    """The newest commit time of each source in the batch."""

    newest: dict[str, datetime] = field(default_factory=dict)

    def take(self, seen: Seen) -> None:
        newest = self.newest.get(seen.source)
        if newest is None or seen.change.source_at > newest:
            self.newest[seen.source] = seen.change.source_at

    async def write(self, connection: asyncpg.Connection) -> None:
        if self.newest:
            names, instants = zip(*sorted(self.newest.items()), strict=True)
            await connection.execute(SQL["raise_watermarks"], list(names), list(instants))
