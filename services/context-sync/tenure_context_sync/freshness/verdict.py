"""How old is what came of a source, how sure is that, and does the source live? Pure; measured at `now`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tenure_context_sync.patience import patience_seconds
from tenure_context_sync.source.state import Source

State = Literal["alive", "idle", "silent", "incomplete", "unwatched"]
# A longer delay is no clock that goes wrong but history that is loaded, or a stepped clock: it tells nothing of skew.
MOST_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was last seen of one source. `least_delay`: from commit to append, of the last minutes, by two clocks."""

    complete_until: datetime | None = None
    changed_at: datetime | None = None
    heartbeat_at: datetime | None = None
    open_since: datetime | None = None
    position: int | None = None
    appended_at: datetime | None = None
    least_delay: timedelta | None = None

    @property
    def lead(self) -> timedelta | None:
        """The least delay, where it can tell of clocks: negative is how far the source's clock is ahead at least."""
        return self.least_delay if self.least_delay is not None and abs(self.least_delay) <= MOST_SKEW else None

    @property
    def ahead(self) -> timedelta:
        lead = self.lead
        return -lead if lead is not None and lead < timedelta() else timedelta()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a source does. An age of None: nothing ever came.

    `skew_seconds`: how far the source's clock is ahead of the log's, at least. `error_seconds`: how much younger than
    `age_seconds` it may be, where that clock is behind; None where nothing is known of it.
    """

    source: str
    state: State
    age_seconds: float | None
    complete_until: datetime | None
    changed_at: datetime | None
    heartbeat_at: datetime | None
    every_seconds: int | None
    skew_seconds: float
    error_seconds: float | None
    position: int | None
    open_since: datetime | None


def verdict_of(source: Source, seen: Evidence, now: datetime) -> Verdict:
    lead = seen.lead
    return Verdict(
        source=source.source,
        state=state_of(source, seen, now),
        age_seconds=age_of(seen, now),
        complete_until=seen.complete_until,
        changed_at=seen.changed_at,
        heartbeat_at=seen.heartbeat_at,
        every_seconds=source.every_seconds,
        skew_seconds=seen.ahead.total_seconds(),
        error_seconds=None if lead is None else max(lead.total_seconds(), 0.0),
        position=seen.position,
        open_since=seen.open_since,
    )


def age_of(seen: Evidence, now: datetime) -> float | None:
    """In seconds; a clock that is ahead stamps its commits too young by as much. None where nothing ever came."""
    if seen.complete_until is None:
        return None
    return max(0.0, (now - seen.complete_until + seen.ahead).total_seconds())


def state_of(source: Source, seen: Evidence, now: datetime) -> State:
    if source.every_seconds is None:
        return "unwatched"
    patience = timedelta(seconds=patience_seconds(source.every_seconds))
    if is_silent(source, seen, now):
        return "silent"
    if seen.open_since and now - by_our_clock(seen.open_since, seen) > patience:
        return "incomplete"
    if seen.changed_at and now - by_our_clock(seen.changed_at, seen) <= patience:
        return "alive"
    return "idle"


def is_silent(source: Source, seen: Evidence, now: datetime) -> bool:
    """No beat for longer than two; of a source that never showed any, since it was registered."""
    if source.every_seconds is None:
        return False
    beat = beat_of(source, seen)
    since = source.registered.registered_at if beat is None else by_our_clock(beat, seen)
    return now - since > timedelta(seconds=patience_seconds(source.every_seconds))


def beat_of(source: Source, seen: Evidence) -> datetime | None:
    """The newest heartbeat's commit; of a source that is loaded, the newest load's."""
    return seen.heartbeat_at if source.registered.heartbeat else seen.changed_at


def by_our_clock(at: datetime, seen: Evidence) -> datetime:
    """When the log can have had it at the earliest: the source's clock may go wrong, the log's is held to ours."""
    return at + (seen.lead or timedelta())
