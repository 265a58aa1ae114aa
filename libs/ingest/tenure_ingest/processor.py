"""What does a service write to have a big topic folded into Postgres, each record once?"""

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar, runtime_checkable

import asyncpg
from tenure_eventlog.port import Record

Effects = TypeVar("Effects")
Given = TypeVar("Given", covariant=True)


class Processor(Protocol[Effects]):
    """A plain class: what records mean (`process`), and how that is written (`apply`).

    Durable: effects and next offsets are committed by the host in one transaction, so after a crash both are there
    or neither. Repeats: `process` may see a record again, in another process too, as long as its effects were not
    committed. Harmless, because `process` has no effect of its own, and whoever commits second finds the offset
    moved and his whole transaction undone.
    """

    name: str
    """Names the offsets, and the group of workers that share the partitions. Never reuse or change it."""

    migrations: str | None
    """The package whose folder `migrations` holds the numbered .sql files of its tables."""

    def topics(self) -> Collection[str]:
        """The topics that it wants now. Asked again all the time: the host follows a change within a second."""
        ...

    def process(self, records: Sequence[Record]) -> Effects:
        """What the records mean; no I/O, no clock. Several partitions may be mixed, each is in offset order.

        Must not raise for a bad record: the effects hold it as `Quarantined`. What it raises stops the host.
        """
        ...

    async def apply(self, connection: asyncpg.Connection, effects: Effects) -> None:
        """Writes the effects, set-based, in the open transaction that moves the offsets; never commits."""
        ...


@runtime_checkable
class Reopening(Protocol):
    """A processor that keeps bad records in another form than they came in, sealed for one."""

    async def reopened(self, records: Sequence[Record]) -> Sequence[Record | None]:
        """As they came, in order; None for what nobody can open any more."""
        ...


@runtime_checkable
class Scoped(Protocol[Given]):
    """A processor that holds a record for one reader of several, the others having taken it: `Quarantined.scope`."""

    def process_for(self, scope: str, records: Sequence[Record]) -> Given:
        """What held records mean for that reader alone; else as `process`."""
        ...
