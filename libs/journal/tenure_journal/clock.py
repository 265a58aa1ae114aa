"""What time is it, for rules and timers?"""

import asyncio
from datetime import UTC, datetime
from typing import Protocol

TICK_SECONDS = 1.0


class Clock(Protocol):
    """The domain's time: it governs `ce_time`, timers and ages; never what is recorded or appended."""

    def now(self) -> datetime:
        """An aware UTC instant."""
        ...

    async def tick(self, seen: datetime) -> None:
        """Returns when timers that have looked at `seen` should look again."""
        ...


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def tick(self, seen: datetime) -> None:
        await asyncio.sleep(TICK_SECONDS)


class SteppedClock:
    """A clock that moves only when told, so that ages and verdicts do not depend on the machine's speed."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Forward only. Raises ValueError for an earlier instant."""
        if instant < self._now:
            raise ValueError(f"the clock stands at {self._now.isoformat()} and can't go back to {instant.isoformat()}")
        self._now = instant
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def tick(self, seen: datetime) -> None:
        while self._now <= seen:  # a move that came while the timers were busy counts as well
            await self._moved.wait()


class FixedClock(SteppedClock):
    """A clock that never moves, for tests."""

    def move_to(self, instant: datetime) -> None:
        raise ValueError(f"this clock is fixed at {self._now.isoformat()}, not {instant.isoformat()}")
