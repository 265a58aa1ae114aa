"""What did this process append last? Whoever reads at the end of the log need not ask Postgres for it again."""

from collections import deque
from itertools import islice

from tenure_eventlog.port import Record

KEEP_RECORDS = 1_000
KEEP_BYTES = 262_144


class Tail:
    """The newest records of one partition, without a hole, up to KEEP_RECORDS and KEEP_BYTES of values."""

    def __init__(self, topic_id: int) -> None:
        self.topic_id = topic_id
        self._records: deque[Record] = deque()
        self._bytes = 0

    def extend(self, record: Record) -> None:
        """Takes a record that is on the log; where others came in between, what was before them goes."""
        if self._records and record.offset != self._records[-1].offset + 1:
            self._records.clear()
            self._bytes = 0
        self._records.append(record)
        self._bytes += len(record.value or b"")
        while len(self._records) > KEEP_RECORDS or self._bytes > KEEP_BYTES:
            self._bytes -= len(self._records.popleft().value or b"")

    def after(self, offset: int, end: int, most: int) -> list[Record]:
        """The records from `offset` on, before `end`, at most so many; none where they do not all lie here."""
        if not self._records or not self._records[0].offset <= offset < end <= self._records[-1].offset + 1:
            return []
        first = offset - self._records[0].offset
        return list(islice(self._records, first, first + min(most, end - offset)))
