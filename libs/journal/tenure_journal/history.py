"""What did a stream's records say? Fetched from the log by offset, on demand."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing

from tenure_codec.envelope import Link
from tenure_eventlog import EventLog, OffsetOutOfRange, Partition, Record

from tenure_journal.chain import link_of
from tenure_journal.errors import LogRewritten
from tenure_journal.stream import Stream

READ_ON_OVER_RECORDS = 200  # a gap of fewer foreign records is cheaper to read than to seek over


class History:
    """Past records of a stream, in order."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def records(self, stream: Stream, first: int, last: int) -> list[tuple[Record, Link]]:
        """The accepted records with sequences `first..last`, oldest first."""
        found: list[tuple[Record, Link]] = []
        for run in _runs(stream.offsets[first - 1 : last]):
            for record in await self._run(stream.partition, run):
                found.append((record, _link(stream, first + len(found), record, found[-1][1] if found else None)))
        return found

    async def _run(self, partition: Partition, offsets: Sequence[int]) -> list[Record]:
        missing = set(offsets)
        found: list[Record] = []
        size = offsets[-1] - offsets[0] + 1
        async with aclosing(self._log.read({partition: offsets[0]}, max_records=min(size, 2_000))) as batches:
            async for batch in batches:
                hits = [record for record in batch.records if record.offset in missing]
                found += hits
                missing.difference_update(record.offset for record in hits)
                if not missing:
                    break
                if batch.next_offset > offsets[-1]:
                    raise OffsetOutOfRange(f"{partition} no longer holds offsets {sorted(missing)[:5]}")
        return found


def _link(stream: Stream, sequence: int, record: Record, before: Link | None) -> Link:
    """The link of the record that was accepted there. Raises LogRewritten where another one lies there now."""
    link = link_of(record)
    if link is None or link.subject.decode() != stream.name or link.sequence != sequence:
        raise LogRewritten(stream.partition, record.offset)
    if before and link.previous.decode() != before.digest:
        raise LogRewritten(stream.partition, record.offset)
    if sequence == stream.sequence and link.digest != stream.digest:
        raise LogRewritten(stream.partition, record.offset)
    return link


def _runs(offsets: Sequence[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for offset in offsets:
        if run and offset - run[-1] > READ_ON_OVER_RECORDS:
            yield run
            run = []
        run.append(offset)
    if run:
        yield run
