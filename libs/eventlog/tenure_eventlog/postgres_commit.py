"""How do many appends become one commit?"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import asyncpg

from tenure_eventlog.port import LogUnavailable, Message, OutcomeUnknown, TopicMissing
from tenure_eventlog.queries import queries

SQL = queries("tenure_eventlog")
GROUP_RECORDS = 2_000
SMALL_GROUP_RECORDS = 32
GROUP_BYTES = 8 * 1_048_576
TOPIC_GONE = "TL404"
# An administrator's shutdown may hit a session between its commit and its answer: it counts as lost, not as refused.
CONNECTION_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a crashed server leaves a client with, in the middle of a statement
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)


class Waiting(NamedTuple):
    """A message on its way; `headers` as they are stored; the future gets its offset or what went wrong."""

    message: Message
    topic_id: int
    partition: int
    headers: bytes
    future: "asyncio.Future[int]"


class GroupCommit:
    """One connection that commits whatever waits, a group at a time, in the order of asking.

    `landed` gets each group with its offsets and append time; `topics_changed` is called where a topic is gone.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        landed: Callable[[Sequence[Waiting], Sequence[int], int], None],
        topics_changed: Callable[[], None],
    ) -> None:
        self._connect, self._landed, self._topics_changed = connect, landed, topics_changed
        self._waiting: list[Waiting] = []
        self._more = asyncio.Event()
        self.pid: int | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, waiting: Sequence[Waiting]) -> None:
        self._waiting += waiting
        self._more.set()

    def close(self, failure: Exception) -> None:
        """What still waits was not appended."""
        fail(self._waiting, failure)
        self._waiting = []

    async def run(self) -> None:
        connection: asyncpg.Connection | None = None
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                group = self._next_group()
                connection = await self._commit(group, connection)

    def _next_group(self) -> list[Waiting]:
        """Half of what waits, where that is many: the other half is committed while the first one's callers go on."""
        size = taken = 0
        for item in self._waiting[: min(GROUP_RECORDS, max(SMALL_GROUP_RECORDS, len(self._waiting) // 2))]:
            size += len(item.message.value or b"")
            if taken and size > GROUP_BYTES:
                break
            taken += 1
        group, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return group

    async def _commit(self, group: list[Waiting], connection: asyncpg.Connection | None) -> asyncpg.Connection | None:
        try:
            if connection is None or connection.is_closed():
                connection = await self._connect()
                self.pid = connection.get_server_pid()
        except (*CONNECTION_LOST, TimeoutError, asyncpg.PostgresError) as lost:
            fail(group, LogUnavailable(f"{type(lost).__name__}: {lost}"))
            return None
        try:
            now_ms, *offsets = await connection.fetchval(SQL["append"], *_columns(group))
        except (*CONNECTION_LOST, TimeoutError) as lost:
            fail(group, OutcomeUnknown(f"the log went away during the append: {lost}"))
            connection.terminate()
            return None
        except asyncpg.PostgresError as refused:
            # The statement as a whole was refused, so nothing of the group is there.
            fail(group, self._refusal(refused))
            return connection
        self._landed(group, offsets, now_ms)
        return connection

    def _refusal(self, refused: asyncpg.PostgresError) -> Exception:
        if refused.sqlstate == TOPIC_GONE:
            self._topics_changed()
            return TopicMissing("a topic was removed: `tenure topics apply` makes it")
        return LogUnavailable(f"{type(refused).__name__}: {refused}")


def fail(group: Sequence[Waiting], failure: Exception) -> None:
    """Tells everyone who waits."""
    for item in group:
        if not item.future.done():
            item.future.set_exception(failure)
            item.future.exception()  # seen: its caller may have been cancelled


def _columns(group: Sequence[Waiting]) -> tuple[list[object], ...]:
    return (
        [item.topic_id for item in group],
        [item.partition for item in group],
        [item.message.key for item in group],
        [item.message.value for item in group],
        [item.headers for item in group],
    )
