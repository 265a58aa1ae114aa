"""Who asked for what, and was refused?"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec
import structlog
from tenure_eventlog import EventLog, LogUnavailable, Message, OutcomeUnknown, Record
from tenure_eventlog.topics import ACCESS

MOST_WAITING = 10_000
BATCH = 500

What = Literal["refused", "read"]

log = structlog.get_logger()


class AccessEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One record. `rule` says what refused."""

    at: datetime
    service: str
    principal: str
    what: What
    method: str
    path: str
    rule: str | None


class EntryUnreadable(Exception):
    """A record of `tenure.access` is not an entry of its key's principal."""


def read_entry(record: Record) -> AccessEntry:
    """Raises EntryUnreadable."""
    try:
        entry = msgspec.json.decode(record.value or b"", type=AccessEntry)
    except msgspec.MsgspecError as wrong:
        raise EntryUnreadable(str(wrong)) from wrong
    if entry.principal.encode() != record.key:
        raise EntryUnreadable(f"the record's key is {record.key!r}, its principal {entry.principal!r}")
    return entry


class AccessLog:
    """Refused mutations and sensitive reads on `tenure.access`, keyed by principal. Never holds a request up.

    Kept on a best effort: what can't be written within the queue's limit is counted as dropped.
    """

    def __init__(self, event_log: EventLog, service: str, now: Callable[[], datetime]) -> None:
        self._log, self._service, self._now = event_log, service, now
        self._queue: asyncio.Queue[Message] = asyncio.Queue(MOST_WAITING)
        self._task: asyncio.Task[None] | None = None
        self.dropped = 0

    def note(self, principal: str, what: What, method: str, path: str, rule: str | None = None) -> None:
        """Queues an entry, or counts it as dropped."""
        entry = AccessEntry(
            at=self._now(), service=self._service, principal=principal, what=what, method=method, path=path, rule=rule
        )
        try:
            self._queue.put_nowait(Message(ACCESS.name, principal.encode(), msgspec.json.encode(entry)))
        except asyncio.QueueFull:
            self.dropped += 1

    async def start(self) -> None:
        self._task = asyncio.create_task(self._write_on(), name="access-log")

    async def stop(self) -> None:
        """Gives what waits a moment to be written."""
        if self._task:
            try:
                await asyncio.wait_for(self._queue.join(), 2)
            except TimeoutError:
                log.warning("access_log_dropped", entries=self._queue.qsize(), reason="stopped")
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _write_on(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while not self._queue.empty() and len(batch) < BATCH:
                batch.append(self._queue.get_nowait())
            try:
                await self._log.append(batch)
            except (LogUnavailable, OutcomeUnknown) as trouble:
                self.dropped += len(batch)
                log.warning("access_log_dropped", entries=len(batch), reason=str(trouble))
            for _ in batch:
                self._queue.task_done()
