"""How many minutes was an SLA broken, of those that its objective looks at?

A minute is bad when the SLA was broken at any time in it. The window is the last so many minutes, the one that runs
included; it slides minute by minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tenure_context_sync.events import Objective

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MOST_WINDOW_SECONDS = 31 * 24 * 3_600
MOST_MINUTES = MOST_WINDOW_SECONDS // 60


@dataclass(frozen=True, slots=True)
class BadMinutes:
    """Bit n of `bits` is the minute n before `newest`, which counts from 1970. No longer than the longest window."""

    newest: int = 0
    bits: int = 0

    def until(self, minute: int) -> BadMinutes:
        """The same minutes, seen from a later one; what is older than the longest window is forgotten."""
        if minute <= self.newest:
            return self
        slid = min(minute - self.newest, MOST_MINUTES)
        return BadMinutes(minute, (self.bits << slid) & ((1 << MOST_MINUTES) - 1))

    def with_break(self, since: datetime, until: datetime) -> BadMinutes:
        """With all minutes that [since, until) touches; an empty stretch touches the one that it lies in."""
        first, last = minute_of(since), max(minute_of(since), -((EPOCH - until) // MINUTE) - 1)
        slid = self.until(last)
        offset, length = slid.newest - last, min(last - first + 1, MOST_MINUTES)
        touched = ((1 << length) - 1) << offset
        return BadMinutes(slid.newest, (slid.bits | touched) & ((1 << MOST_MINUTES) - 1))

    def count(self, now: datetime, minutes: int) -> int:
        """How many of the last `minutes` were bad, the running one included."""
        return (self.until(minute_of(now)).bits & ((1 << minutes) - 1)).bit_count()


def minute_of(at: datetime) -> int:
    return (at - EPOCH) // MINUTE


def window_minutes(objective: Objective) -> int:
    return objective.window_seconds // 60


def allowed_minutes(objective: Objective) -> float:
    """To the millionth, so that 0.1 of ten minutes is one, whatever binary fractions make of it."""
    return round((1 - objective.share) * window_minutes(objective), 6)
