"""How far has each partition of a source's topics come? A part of the change processor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from tenure_eventlog.queries import queries

from tenure_context_sync.change.change import EPOCH, Change
from tenure_context_sync.store.parts import Seen

SQL = queries("tenure_context_sync", "sql/freshness.sql")
BUCKET_MS = 150_000  # the least delay is of this one and the one before: of two and a half to five minutes
MOST_OPEN = 1_000
_MICROSECOND = EPOCH.resolution


@dataclass(slots=True)
class Newest:
    """The newest of a batch's records in one partition; `streamed_ms` is when the log appended the streamed one."""

    source: str
    streamed_at: datetime | None = None
    streamed_ms: int = 0
    snapshot_at: datetime | None = None
    heartbeat_at: datetime | None = None
    ended_at: datetime | None = None
    position: int = 0
    appended_ms: int = 0

    def see(self, change: Change, append_time_ms: int) -> None:
        self.appended_ms, at = append_time_ms, change.source_at
        match change.kind:
            case "begin":
                return
            case "end":
                self.ended_at = at if self.ended_at is None else max(self.ended_at, at)
                return
            case "heartbeat":
                self.heartbeat_at = at if self.heartbeat_at is None else max(self.heartbeat_at, at)
        if not change.streamed:
            self.snapshot_at = at if self.snapshot_at is None else max(self.snapshot_at, at)
            return
        if change.position > self.position:
            self.position = change.position
        if self.streamed_at is None or at > self.streamed_at:
            self.streamed_at, self.streamed_ms = at, append_time_ms

    @property
    def delay_us(self) -> int | None:
        """From commit to append, by two clocks; of the newest only, which bounds the least one as well as any."""
        if self.streamed_at is None:
            return None
        return self.streamed_ms * 1_000 - (self.streamed_at - EPOCH) // _MICROSECOND


@dataclass(slots=True)
class Progress:
    """The newest of each partition, and which transactions have begun and not ended."""

    newest: dict[tuple[str, int], Newest] = field(default_factory=dict)
    begun: dict[tuple[str, str], datetime] = field(default_factory=dict)
    ended: set[tuple[str, str]] = field(default_factory=set)

    def take(self, seen: Seen) -> None:
        record, change = seen.record, seen.change
        place = (record.topic, record.partition)
        newest = self.newest.get(place)
        if newest is None:
            newest = self.newest[place] = Newest(seen.source)
        newest.see(change, record.append_time_ms)
        if change.transaction is not None and change.kind in ("begin", "end"):
            self._mark(record.topic, change)

    def _mark(self, topic: str, change: Change) -> None:
        name = (topic, change.transaction or "")
        if change.kind == "begin":
            self.begun[name] = change.source_at
            self.ended.discard(name)
        else:
            self.begun.pop(name, None)
            self.ended.add(name)

    async def write(self, connection: asyncpg.Connection) -> None:
        if self.newest:
            rows = [_row(topic, number, newest) for (topic, number), newest in sorted(self.newest.items())]
            await connection.execute(SQL["raise_progress"], *(list(column) for column in zip(*rows, strict=True)))
        if self.begun or self.ended:
            await self._write_transactions(connection)

    async def _write_transactions(self, connection: asyncpg.Connection) -> None:
        ended = sorted(self.ended)
        await connection.execute(SQL["close_transactions"], [t for t, _ in ended], [name for _, name in ended])
        begun = sorted(self.begun.items())[-MOST_OPEN:]
        topics, names = [topic for (topic, _), _ in begun], [name for (_, name), _ in begun]
        await connection.execute(SQL["open_transactions"], topics, names, [at for _, at in begun])
        touched = sorted({topic for topic, _ in (*self.begun, *self.ended)})
        await connection.execute(SQL["forget_transactions"], touched)


def _row(topic: str, number: int, newest: Newest) -> tuple[object, ...]:
    return (
        topic,
        number,
        newest.source,
        newest.streamed_at,
        newest.snapshot_at,
        newest.heartbeat_at,
        newest.ended_at,
        newest.position,
        newest.appended_ms,
        newest.streamed_ms // BUCKET_MS,
        newest.delay_us,
    )
