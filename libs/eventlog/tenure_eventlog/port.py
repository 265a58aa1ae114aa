"""What may the rest of Tenure expect of a log, whichever holds it?"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import NamedTuple, Protocol

from tenure_eventlog.headers import Header
from tenure_eventlog.topics import TopicSpec

Headers = Sequence[Header]


class Partition(NamedTuple):
    """One partition of a topic: the unit of order."""

    topic: str
    number: int


class Message(NamedTuple):
    """What is appended. Without a `partition` it goes to murmur2(key) mod partitions; a null key needs one."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


class Record(NamedTuple):
    """What is on the log. `append_time_ms` is the log's own clock (Unix, milliseconds), not the writer's."""

    topic: str
    partition: int
    offset: int
    append_time_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Batch(NamedTuple):
    """Records of one partition in offset order. `next_offset` follows the last record and any explained hole."""

    partition: Partition
    records: Sequence[Record]
    next_offset: int


Offsets = Mapping[Partition, int]


class LogUnavailable(Exception):
    """The log can't be reached; nothing was appended. Try again later."""


class NotPermitted(LogUnavailable):
    """The log refuses this client's principal until somebody grants the right; nothing was appended."""


class CredentialsRefused(NotPermitted):
    """The log does not take this client's name and password, token or certificate; nothing was appended."""


class LogUntrusted(LogUnavailable):
    """What answers can't prove that it is the log; nothing was sent to it."""


class OutcomeUnknown(Exception):
    """The append may or may not have happened; only reading the log tells."""


class MessageTooLarge(Exception):
    """The message is over the topic's limit; nothing was appended."""


class TopicMissing(Exception):
    """There is no such topic: `tenure topics apply` makes it."""


class TopicMismatch(Exception):
    """A topic's settings are not the declared ones: `tenure topics check` lists the differences."""


class OffsetOutOfRange(Exception):
    """The log starts after the offset asked for, or ends before it: it was truncated, expired or made anew."""


class EventLog(Protocol):
    """Topics of a fixed number of partitions, with the semantics that Kafka really has, and no more.

    All methods may be cancelled at any await: what was acknowledged stays, what was not is unknown.
    Any method raises `LogUnavailable` while the log can't be reached and works again, without a restart, when it can.
    """

    async def append(self, messages: Sequence[Message]) -> list[int]:
        """The messages' offsets, in the given order. Durable on return.

        Messages of one call to one partition keep their order; calls in flight together have none, and a
        call is no transaction: when it raises, some of it may be on the log.

        Raises: OutcomeUnknown, LogUnavailable, MessageTooLarge, TopicMissing.
        """
        ...

    def read(self, start: Offsets, *, max_records: int = 2_000) -> AsyncGenerator[Batch, None]:
        """Batches of the partitions in `start` from those offsets on, without end; close it with `aclose()`.

        At the end of the log it waits for more. Order holds within a partition. It never skips a record
        that commits late. Raises OffsetOutOfRange, also in the middle, where the log starts after or ends
        before the next offset; TopicMissing; LogUnavailable, after which a new read may be started.
        """
        ...

    async def start_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        """The offset of the oldest record that is still there, for every partition. Raises TopicMissing."""
        ...

    async def end_offsets(self, topics: Sequence[str]) -> dict[Partition, int]:
        """The offset after the newest record at some moment after the call began. Raises TopicMissing."""
        ...

    async def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Makes what is missing. Raises TopicMismatch where a topic is there with other settings."""
        ...

    async def differences(self, specs: Sequence[TopicSpec]) -> list[str]:
        """One sentence for each declared setting that the log does not have; empty where all is as declared."""
        ...

    async def close(self) -> None:
        """Ends all reads and appends; idempotent."""
        ...
