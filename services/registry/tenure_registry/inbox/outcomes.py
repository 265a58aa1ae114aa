"""What became of each record of the inbox, and so: where does a registry that starts go on?"""

from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Literal

import msgspec
from tenure_eventlog import EventLog, Message, Partition, Record
from tenure_eventlog.topics import INBOX, INBOX_OUTCOMES

Verdict = Literal["accepted", "unchanged", "refused", "unreadable"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record of `tenure.outcomes`: at least once for each of the inbox, with the same content but for `at`.

    `partition` and `offset` are those in the inbox, None of a webhook. `event_id` is the event that it became, or that
    keeps the refusal; of an unchanged one the head that had it so already.
    """

    verdict: Verdict
    at: datetime
    partition: int | None = None
    offset: int | None = None
    source: str | None = None
    id: str | None = None
    type: str | None = None
    principal: str | None = None
    stream: str | None = None
    sequence: int | None = None
    event_id: str | None = None
    rule: str | None = None
    detail: str | None = None


def outcome_message(outcome: Outcome) -> Message:
    """The key is what the producer knows its command by, or the place of what nobody can be told of."""
    key = f"{outcome.source}\n{outcome.id}" if outcome.id else f"{INBOX.name}/{outcome.partition}/{outcome.offset}"
    return Message(INBOX_OUTCOMES.name, key.encode(), msgspec.json.encode(outcome))


class Settled:
    """Which records of the inbox have an outcome: all below a mark in each partition, and some above it."""

    def __init__(self) -> None:
        self._marks: dict[Partition, int] = {}
        self._above: dict[Partition, set[int]] = {}

    def begin(self, starts: Mapping[Partition, int]) -> None:
        """What lies before the inbox's start is gone, whatever became of it."""
        for partition, start in starts.items():
            self.passed(partition, start)

    def add(self, partition: Partition, offset: int) -> None:
        if offset >= self._marks.get(partition, 0):
            self._above.setdefault(partition, set()).add(offset)
            self.passed(partition, self._marks.get(partition, 0))

    def passed(self, partition: Partition, offset: int) -> None:
        """All before `offset` is settled, holes included."""
        above, mark = self._above.setdefault(partition, set()), max(offset, self._marks.get(partition, 0))
        while mark in above:
            mark += 1
        self._marks[partition] = mark
        self._above[partition] = {one for one in above if one > mark}

    def has(self, partition: Partition, offset: int) -> bool:
        return offset < self._marks.get(partition, 0) or offset in self._above.get(partition, ())

    @property
    def marks(self) -> dict[Partition, int]:
        """The next offset of each partition that may need something."""
        return dict(self._marks)


class PublishedOutcomes:
    """Reads `tenure.outcomes` as far as it goes, each time that it is asked to."""

    def __init__(self, event_log: EventLog, settled: Settled) -> None:
        self._log, self._settled = event_log, settled
        self._position = 0

    async def read(self) -> None:
        """Returns when all outcomes that were there at some moment after the call are known."""
        partition = Partition(INBOX_OUTCOMES.name, 0)
        end = (await self._log.end_offsets([INBOX_OUTCOMES.name]))[partition]
        start = (await self._log.start_offsets([INBOX_OUTCOMES.name]))[partition]
        # A shorter topic was made anew: what it no longer says was true all the same.
        self._position = max(start, self._position if self._position <= end else 0)
        if self._position >= end:
            return
        async with aclosing(self._log.read({partition: self._position})) as batches:
            async for batch in batches:
                for record in batch.records:
                    self._take(record)
                self._position = batch.next_offset
                if self._position >= end:
                    return

    def _take(self, record: Record) -> None:
        try:
            outcome = msgspec.json.decode(record.value or b"", type=Outcome)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return  # not the registry's: the record of the inbox that it is about is looked at once more
        if outcome.partition is not None and outcome.offset is not None:
            self._settled.add(Partition(INBOX.name, outcome.partition), outcome.offset)
