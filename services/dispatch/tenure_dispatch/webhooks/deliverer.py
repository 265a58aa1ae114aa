"""How does one subscriber get its events?

A lane for each partition, so in order per stream; a few lanes at once. What was taken is on record at the end of each
round of about a second: a crash before that sends it again, under the same ids. Where the receiver itself is away, one
lane tries for all of them.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from tenure_eventlog import Partition

from tenure_dispatch.cursors import Cursor, CursorStore, Lease, LeaseLost
from tenure_dispatch.feed import Feed
from tenure_dispatch.names import SubscriptionName
from tenure_dispatch.outward import Notice
from tenure_dispatch.subscription.decider import Subscription
from tenure_dispatch.webhooks.backoff import Patience
from tenure_dispatch.webhooks.graveyard import Graveyard
from tenure_dispatch.webhooks.sender import MOST_CONNECTIONS, Outcome, Sender

PAGE = 50
ROUND_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 5.0

log = structlog.get_logger()


class Stopped(Exception):
    """The receiver wants nothing any more."""


@dataclass(frozen=True, slots=True)
class Lane:
    """How far a partition's lane got in a round. `outcome`: what stopped it; `at`: the event that it was."""

    offset: int
    outcome: Outcome | None = None
    at: Notice | None = None


@dataclass(slots=True)
class Deliverer:
    """Delivers to one subscription for as long as its lease is good."""

    subscription: Subscription
    lease: Lease
    feed: Feed
    sender: Sender
    cursors: CursorStore
    graveyard: Graveyard
    patience: Patience
    delivered: Callable[[str], None]
    monotonic: Callable[[], float]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: Callable[[], float] = random.random
    _places: dict[Partition, Cursor] = field(default_factory=dict)
    _away: bool = False

    @property
    def name(self) -> SubscriptionName:
        return self.subscription.subscription

    async def run(self) -> None:
        """Raises LeaseLost, Stopped, GraveyardFull, LogUnavailable, OffsetOutOfRange, and what asyncpg raises."""
        await self._again()
        known = await self.cursors.read(self.lease.reader)
        self._places = {partition: known.get(partition, Cursor(0)) for partition in self.feed.ends}
        await self.feed.demand_there({at: cursor.next_offset for at, cursor in self._places.items()})
        while True:
            if lanes := self._ready():
                await self._round(lanes)
            else:
                await self._wait()

    async def _again(self) -> None:
        """First what somebody wants to have once more; out of order, since the rest has gone on."""
        for row in await self.graveyard.asked_again(self.name):
            at = Partition(row["topic"], row["number"])
            notices, _ = await self.feed.page(at, row["log_offset"], 1)
            outcome = await self._sent(notices[0]) if notices and notices[0].offset == row["log_offset"] else Outcome()
            if outcome.failure is None:  # taken, or void by now
                await self.graveyard.delivered(row)
            else:
                await self.graveyard.failed_again(row, outcome.failure)

    def _ready(self) -> Sequence[Partition]:
        """The partitions with something to deliver now; one of them while the receiver is away."""
        now = self.now()
        behind = [at for at, cursor in self._places.items() if self.feed.ends[at] > cursor.next_offset]
        if self._away:
            # Always the same one: each of sixteen would wait for itself alone, and all of them try in turn.
            behind = sorted(at for at in behind if self._places[at].not_before)[:1] or behind
        return [at for at in behind if self._not_before(at) <= now]

    def _not_before(self, at: Partition) -> datetime:
        return self._places[at].not_before or datetime.min.replace(tzinfo=UTC)

    async def _wait(self) -> None:
        """Until there is something new, or something may be tried again; a look now and then does no harm."""
        now = self.now()
        until = [c.not_before for c in self._places.values() if c.not_before and c.not_before > now]
        seconds = min([(one - now).total_seconds() for one in until] + [LONGEST_WAIT_SECONDS])
        idle = {at: c.next_offset for at, c in self._places.items() if not c.not_before and not self._away}
        try:
            async with asyncio.timeout(seconds):
                await self.feed.beyond(idle)
        except TimeoutError:
            pass

    async def _round(self, lanes: Sequence[Partition]) -> None:
        slots = asyncio.Semaphore(MOST_CONNECTIONS)
        ends = await asyncio.gather(*(self._lane(at, slots) for at in lanes), return_exceptions=True)
        found = {at: end for at, end in zip(lanes, ends, strict=True) if isinstance(end, Lane)}
        self._away = any(lane.outcome and lane.outcome.everything for lane in found.values())
        moved = {at: self._after(at, lane) for at, lane in found.items()}
        await self.cursors.save(self.lease, moved)
        self._places |= moved
        await self._give_up(found)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def _lane(self, at: Partition, slots: asyncio.Semaphore) -> Lane:
        offset, ends_at = self._places[at].next_offset, self.monotonic() + ROUND_SECONDS
        notices, end = await self.feed.page(at, offset, PAGE)
        for notice in notices:
            if not self.subscription.choice.takes(notice.type, notice.stream):
                continue
            async with slots:
                outcome = await self._sent(notice)
            if outcome.failure:
                return Lane(notice.offset, outcome, notice)
            offset = notice.offset + 1
            if self.monotonic() > ends_at:
                return Lane(offset)
        return Lane(end)

    async def _sent(self, notice: Notice) -> Outcome:
        if self.monotonic() >= self.lease.good_until:
            raise LeaseLost(self.lease.reader)
        outcome = await self.sender.send(notice.id, notice.body)
        self.delivered("failed" if outcome.failure else "taken")
        return outcome

    def _after(self, at: Partition, lane: Lane) -> Cursor:
        cursor = self._places[at].at(lane.offset)
        if lane.outcome is None or lane.outcome.failure is None:
            return cursor
        now = self.now()
        seconds = self.patience.wait_seconds(cursor.attempts + 1, lane.outcome, self.chance())
        return cursor.failed(lane.outcome.failure, now, now + timedelta(seconds=seconds))

    async def _give_up(self, found: Mapping[Partition, Lane]) -> None:
        """What was tried long enough goes to the dead letters, and the lane goes on."""
        for at, lane in found.items():
            if lane.outcome is None or lane.at is None:
                continue
            log.info("delivery_failed", subscription=self.name, event_id=lane.at.id, reason=lane.outcome.failure)
            if lane.outcome.gone:
                raise Stopped
            if self.patience.is_over(self._places[at], self.now()):
                buried = await self.graveyard.bury(self.lease, self.name, lane.at, self._places[at], self.now())
                self._places[at] = buried
                self.delivered("given_up")
