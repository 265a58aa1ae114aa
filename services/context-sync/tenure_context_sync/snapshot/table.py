"""What is in a training table, row by row, and which digest has that?

The digest is over canonical rows and not over the file: a Parquet file's bytes depend on who writes it. Of a personal
field it covers whether it has a value, and not which, so that a table can be rebuilt with the same digest after a
subject's erasure too; that no value was changed is what the digest of the pinned records says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import msgspec

from tenure_context_sync.erasure.personal import Personal
from tenure_context_sync.snapshot.history import History, Row

_PREFIX = b"tenure/rows/1\n"
_write = msgspec.json.Encoder(order="sorted").encode
_key = msgspec.json.Decoder(dict[str, object]).decode


class Wanted(NamedTuple):
    """One row of a spine: whose values, as of when, and its place in the spine."""

    key: str
    at: datetime
    place: int


class TableRow(NamedTuple):
    """`at` is the instant as of which it is; `row` is None where there was none then."""

    key: str
    at: datetime
    place: int
    row: Row | None


@dataclass(frozen=True, slots=True)
class Columns:
    """Which fields of which source a table has; `types` are the source's words for them."""

    source: str
    key: tuple[str, ...]
    fields: tuple[str, ...]
    types: dict[str, str]
    personal: Personal | None

    def is_personal(self, name: str) -> bool:
        return self.personal is not None and self.personal.covers(name)

    @property
    def holds_personal(self) -> bool:
        return any(self.is_personal(name) for name in self.fields)


def table_rows(history: History, as_of: datetime, spine: Sequence[Wanted] | None) -> list[TableRow]:
    """Of one partition, by key and then time. Without a spine: every row that there was at `as_of`.

    With one: a row for each place whose key this partition ever had, as of its own time; never later than `as_of`.
    """
    if spine is None:
        return [TableRow(key, as_of, place, row) for place, (key, row) in enumerate(history.rows(as_of))]
    known = frozenset(history.keys())
    mine = sorted(one for one in spine if one.key in known)
    return [TableRow(one.key, one.at, one.place, history.as_of(one.key, min(one.at, as_of))) for one in mine]


class RowsDigest:
    """SHA-256 over the rows, partition by partition, as `table_rows` orders them."""

    def __init__(self, columns: Columns) -> None:
        self._columns, self._whole = columns, sha256(_PREFIX)
        self.rows = 0

    def add(self, rows: Iterable[TableRow]) -> None:
        for one in rows:
            self._whole.update(_write([_key(one.key), one.at.isoformat(), self._values(one.row)]) + b"\n")
            self.rows += 1

    def hex(self) -> str:
        """`sha256:` and the digest."""
        return f"sha256:{self._whole.hexdigest()}"

    def _values(self, row: Row | None) -> dict[str, object] | None:
        if row is None:
            return None
        return {
            name: row.fields.get(name) is not None if self._columns.is_personal(name) else row.fields.get(name)
            for name in self._columns.fields
        }
