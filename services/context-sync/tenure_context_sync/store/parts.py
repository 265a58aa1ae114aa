"""What does a batch of changes come to? Several things, each a part of its own, all written in one transaction."""

from typing import NamedTuple, Protocol

import asyncpg
from tenure_eventlog import Record

from tenure_context_sync.change.change import Change


class Seen(NamedTuple):
    """A change that could be read, whose it is, and the record that it came in."""

    source: str
    change: Change
    record: Record


class Part(Protocol):
    """What one batch means for one thing that is kept.

    Repeats: a batch may be taken again, in another process too, as long as it was not committed. Harmless, since
    `take` has no effect of its own and `write` is undone with the transaction.
    """

    def take(self, seen: Seen) -> None:
        """One change more, in offset order within its partition. No I/O, no clock; never raises for what it says."""
        ...

    async def write(self, connection: asyncpg.Connection) -> None:
        """Writes what was taken, set-based, in the open transaction that moves the offsets."""
        ...
