"""Which digest has a stretch of a change topic? Computed alike by who pins it and who trains on it."""

from collections.abc import Iterable
from hashlib import sha256
from struct import pack

from tenure_eventlog import Record

_PREFIX = b"tenure/range/1\n"
_NULL = 2**64 - 1


class RangeDigest:
    """SHA-256 over (partition, offset, key, value) of the records, partition by partition, in offset order."""

    def __init__(self) -> None:
        self._whole = sha256(_PREFIX)
        self.records = 0

    def add(self, records: Iterable[Record]) -> None:
        for record in records:
            self._whole.update(pack(">IQ", record.partition, record.offset))
            for part in (record.key, record.value):
                self._whole.update(pack(">Q", _NULL if part is None else len(part)) + (part or b""))
            self.records += 1

    def hex(self) -> str:
        """`sha256:` and the digest."""
        return f"sha256:{self._whole.hexdigest()}"
