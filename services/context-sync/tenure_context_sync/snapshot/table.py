"""What is in a training table, row by row, and which digest has that?

The digest is over canonical rows and not over the file: a Parquet file's bytes depend on who writes it. Of a personal
field it covers whether it has a value, and not which, so that a table can be rebuilt with the same digest after a
subject's erasure too; that no value was changed is what the digest of the pinned records says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import msgspec

from tenure_context_sync.erasure.personal import subject_of
from tenure_context_sync.snapshot.columns import Columns, Token
from tenure_context_sync.snapshot.history import History
from tenure_context_sync.snapshot.past import Past, Then
from tenure_context_sync.view.reading import Found
from tenure_context_sync.view.scope import Failure

MOST_ROWS = 20_000_000
_PREFIX = b"tenure/rows/1\n"
_write = msgspec.json.Encoder(order="sorted").encode
_key = msgspec.json.Decoder(dict[str, object]).decode


class TooManyRows(Exception):
    """A table would have more rows than one may have."""


class Wanted(NamedTuple):
    """One row of a spine: whose values, as of when, and its place in the spine."""

    key: str
    at: datetime
    place: int


class TableRow(NamedTuple):
    """`at` is the instant as of which it is; `values` are None where there was no row then, and of personal columns
    they are tokens. `subjects`: whose these are."""

    key: str
    at: datetime
    place: int
    source_at: datetime | None
    values: Mapping[str, object] | None
    subjects: frozenset[str]


def table_rows(
    past: Past, primary: History, columns: Columns, as_of: datetime, spine: Sequence[Wanted] | None
) -> Iterator[TableRow]:
    """Of one partition, by key and then time. Without a spine: every row that there was at `as_of`.

    With one: a row for each place whose key this partition ever had, as of its own time; never later than `as_of`.
    """
    if spine is None:
        there = (key for key in primary.all_keys() if primary.was_there(key, as_of))
        wanted: Iterable[Wanted] = (Wanted(key, as_of, place) for place, key in enumerate(there))
    else:
        known = frozenset(primary.all_keys())
        wanted = sorted(one for one in spine if one.key in known)
    for one in wanted:
        yield _row(one, past.then(primary, one.key, min(one.at, as_of)), past, columns)


def _row(wanted: Wanted, then: Then, past: Past, columns: Columns) -> TableRow:
    row = then.reading.row
    if row is None or row.fields is None:
        return TableRow(*wanted, None, None, frozenset())
    values = past.view.values(then.reading.scope())
    values = {name: None if isinstance(value, Failure) else value for name, value in values.items()}
    tokens = {one.name: one.token for one in columns.values if one.token}
    values |= {name: _sealed(then, token) for name, token in tokens.items()}
    subjects = {_subject(then, token) for name, token in tokens.items() if values[name] is not None}
    return TableRow(*wanted, row.source_at, values, frozenset(one for one in subjects if one))


def _sealed(then: Then, token: Token) -> object:
    row = then.rows[token.group]
    return row.fields.get(token.field) if row and row.fields else None


def _subject(then: Then, token: Token) -> str | None:
    row: Found | None = then.rows[token.group]
    named = (row.fields or {}).get(token.personal.subject_field) if row else None
    return subject_of(token.personal, {token.personal.subject_field: msgspec.Raw(_write(named))})


class RowsDigest:
    """SHA-256 over the rows, partition by partition, as `table_rows` orders them."""

    def __init__(self, columns: Columns) -> None:
        self._columns, self._whole = columns, sha256(_PREFIX)
        self.rows = 0

    def add(self, rows: Sequence[TableRow]) -> None:
        """Raises TooManyRows."""
        self.rows += len(rows)
        if self.rows > MOST_ROWS:
            raise TooManyRows(f"the table has more than {MOST_ROWS} rows: ask for those that you need by a spine")
        for one in rows:
            self._whole.update(_write([_key(one.key), one.at.isoformat(), self._values(one)]) + b"\n")

    def hex(self) -> str:
        """`sha256:` and the digest."""
        return f"sha256:{self._whole.hexdigest()}"

    def _values(self, row: TableRow) -> dict[str, object] | None:
        if row.values is None:
            return None
        found = {one.name: (row.values[one.name], one.token) for one in self._columns.values}
        return {name: value is not None if token else value for name, (value, token) in found.items()}
