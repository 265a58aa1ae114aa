"""Who reads the inbox? Every replica of the registry may: each command takes effect once.

Nothing is stored: a start goes on after the outcomes that there are. A crash between an event and its outcome has the
record looked at again, and the same outcome told. What can't be read is told too, and never holds up what follows it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import datetime

import msgspec
import structlog
from tenure_eventlog import LogUnavailable, Message, OffsetOutOfRange, OutcomeUnknown, Partition, Record
from tenure_eventlog.topics import INBOX
from tenure_journal import JournalError
from tenure_journal.stream import instant_of
from tenure_service import Runtime
from tenure_service.quarantine import QuarantineNotice, quarantine_message

from tenure_registry.inbox import asks, cdevents
from tenure_registry.inbox.asks import Wanted
from tenure_registry.inbox.clerk import Clerk, Request, demand_timely
from tenure_registry.inbox.cloudevent import Incoming, headers_of, read_record
from tenure_registry.inbox.errors import KeysExposed, NotTaken
from tenure_registry.inbox.keys import InboxKeys
from tenure_registry.inbox.outcomes import Outcome, PublishedOutcomes, Settled, outcome_message
from tenure_registry.inbox.signing import KEY_HEADER, SIGNATURE_HEADER, signed

AT_ONCE = 100
BACK_OFF_SECONDS = 0.5
PROCESSOR = "registry.inbox"
MOST_REASON = 1_000
TROUBLE = (LogUnavailable, OutcomeUnknown, OffsetOutOfRange, JournalError, KeysExposed)

log = structlog.get_logger()


class InboxFollower:
    """Takes one record after the other, in the order of its partition."""

    def __init__(self, runtime: Runtime, keys: InboxKeys, clerk: Clerk) -> None:
        self._runtime, self._log, self._keys, self._clerk = runtime, runtime.event_log, keys, clerk
        self._settled = Settled()
        self._published = PublishedOutcomes(runtime.event_log, self._settled)
        self._passed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.positions: dict[Partition, int] = {}
        self.trouble: str | None = None

    async def start(self) -> None:
        """Finds where to go on, then follows in the background. Raises LogUnavailable, TopicMissing."""
        await self._find_place()
        self._task = asyncio.create_task(self._follow_on(), name="inbox")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def wait_for(self, offsets: Mapping[Partition, int]) -> None:
        """Returns when its own partitions are passed up to `offsets`."""
        mine = {p: at for p, at in offsets.items() if p.topic == INBOX.name}
        async with self._passed:
            await self._passed.wait_for(lambda: all(self.positions.get(p, 0) >= at for p, at in mine.items()))

    async def _find_place(self) -> None:
        self._settled.begin(await self._log.start_offsets([INBOX.name]))
        await self._published.read()
        self.positions = self._settled.marks

    async def _follow_on(self) -> None:
        while True:
            try:
                await self._follow()
            except TROUBLE as trouble:
                self.trouble = str(trouble)
                log.warning("inbox_not_followed", reason=self.trouble)
                await asyncio.sleep(BACK_OFF_SECONDS)
                with suppress(LogUnavailable):
                    await self._find_place()

    async def _follow(self) -> None:
        async with aclosing(self._log.read(self._settled.marks, max_records=AT_ONCE)) as batches:
            async for batch in batches:
                await self._published.read()  # another replica may have been faster
                await self._settle([r for r in batch.records if not self._settled.has(batch.partition, r.offset)])
                async with self._passed:
                    self._settled.passed(batch.partition, batch.next_offset)
                    self.positions = self._settled.marks
                    self._passed.notify_all()
                self.trouble = None

    async def _settle(self, records: Sequence[Record]) -> None:
        """Their outcomes are durable on return; where it raises, those of the first records may not be told yet."""
        messages: list[Message] = []
        for record in records:
            outcome = await self._outcome(record)
            told = msgspec.structs.replace(outcome, partition=record.partition, offset=record.offset)
            messages.append(outcome_message(told))
            if told.verdict == "unreadable":
                messages.append(self._notice(record, told.detail or ""))
        if messages:
            await self._log.append(messages)

    async def _outcome(self, record: Record) -> Outcome:
        try:
            return await self._clerk.carry_out(self._request(record))
        except TROUBLE:
            raise
        except NotTaken as why:
            reason = str(why)
        except Exception as bug:
            log.error("inbox_record_failed", partition=record.partition, offset=record.offset, exc_info=bug)
            reason = f"it could not be looked at: {type(bug).__name__}"
        return Outcome(verdict="unreadable", at=self._runtime.clock.now(), detail=reason[:MOST_REASON])

    def _request(self, record: Record) -> Request:
        """Raises NotTaken, KeysExposed. Nothing of the record is believed before its signature was checked."""
        headers, arrived_at = headers_of(record), instant_of(record.append_time_ms * 1_000)
        key, principal = self._keys.find(headers.get(KEY_HEADER, ""), arrived_at)
        if not signed(key.secret, record.headers, record.value or b"", headers.get(SIGNATURE_HEADER, "")):
            raise NotTaken(f"{SIGNATURE_HEADER} is not that of this key over this record")
        event = read_record(record)
        demand_timely(event, arrived_at)
        cause = f"{record.topic}/{record.partition}/{record.offset}"
        return Request(event=event, wanted=wanted(event), principal=principal, arrived_at=arrived_at, cause=cause)

    def _notice(self, record: Record, reason: str) -> Message:
        now: datetime = self._runtime.clock.now()
        return quarantine_message(
            QuarantineNotice(
                processor=PROCESSOR,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                reason=reason,
                held_at=now,
            )
        )


def wanted(event: Incoming) -> Wanted:
    """Raises NotTaken."""
    return cdevents.wanted_of(event) if event.type.startswith(cdevents.PUBLISHED) else asks.wanted_of(event)
