"""Why did a partition stop, or a batch not count?"""

from dataclasses import dataclass

from tenure_eventlog.port import Partition


class Conflict(Exception):
    """Somebody else moved the offset meanwhile: nothing was written; read it again."""


class DatabaseAway(Exception):
    """Postgres can't be reached, or ended the session; what was in flight is undone, or was committed."""


@dataclass(eq=False)
class PartitionStopped(Exception):
    """One partition can't go on without a human; the others do."""

    partition: Partition

    def __str__(self) -> str:
        return (type(self).__doc__ or "").format_map(vars(self) | self.partition._asdict())


@dataclass(eq=False)
class DataLost(PartitionStopped):
    """{topic}/{number}: offset {expected} is next, but the log starts at {start}: records are gone unread."""

    expected: int
    start: int


@dataclass(eq=False)
class LogTruncated(PartitionStopped):
    """{topic}/{number}: offset {expected} is next, but the log ends at {end}: it was cut or made anew."""

    expected: int
    end: int


@dataclass(eq=False)
class QuarantineFull(PartitionStopped):
    """{topic}/{number}: {limit} records are in quarantine, and the next can't be read either; \
`tenure quarantine list` shows them: replay or discard some, and it goes on."""

    limit: int
