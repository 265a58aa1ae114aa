"""Is this machine's clock right? It must agree with the log's, or the log calls our records untimely."""

from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime

from tenure_codec.envelope import microseconds
from tenure_eventlog import EventLog, Message, OutcomeUnknown, Partition, Record
from tenure_eventlog.topics import PROBE


async def clock_ahead_us(log: EventLog, wall: Callable[[], datetime]) -> int:
    """How far `wall` is ahead of the log's append time, negative where it is behind; 0 within the append's own time.

    Appends one small record to `tenure.probe` and reads it back. Raises what appending and reading raise.
    """
    before = microseconds(wall())
    [offset] = await log.append([Message(PROBE.name, None, b"what time is it?", partition=0)])
    if offset < 0:
        raise OutcomeUnknown("the broker knew this probe from an earlier send and does not say where it is")
    after = microseconds(wall())
    appended = (await _record(log, offset)).append_time_ms * 1_000
    return max(0, before - appended - 999) + min(0, after - appended)


async def _record(log: EventLog, offset: int) -> Record:
    async with aclosing(log.read({Partition(PROBE.name, 0): offset}, max_records=1)) as batches:
        async for batch in batches:
            if batch.records:
                return batch.records[0]
    raise AssertionError("a read has no end")
