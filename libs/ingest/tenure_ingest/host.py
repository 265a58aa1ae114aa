"""What may a service expect of whoever drives its processor?"""

from typing import Protocol

from tenure_eventlog.port import Offsets, Partition


class Host(Protocol):
    """Drives one processor over the partitions that are its share, until stopped.

    Trouble (log or database away, a rival on a partition) is waited out; a stopped partition leaves the others going.
    """

    async def start(self) -> None:
        """Applies the migrations and begins. Returns at once thereafter: the log need not be there yet."""
        ...

    async def stop(self) -> None:
        """Ends after the batch in flight; idempotent."""
        ...

    async def join(self) -> None:
        """Returns when stopped. Raises what crashed it: a bug, for which the process should end."""
        ...

    async def positions(self) -> dict[Partition, int]:
        """The next offset of every partition of the present topics, whichever worker has it, as committed."""
        ...

    async def passed(self, offsets: Offsets) -> None:
        """Returns when every position is at or past `offsets`. Raises what crashed the host."""
        ...

    def health(self) -> tuple[str, ...]:
        """One sentence for each thing that is wrong now; empty when all is well."""
        ...
