"""How is a training table written, and how is a spine read? As Parquet; pyarrow is imported when that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tenure_context_sync.change.change import write_key
from tenure_context_sync.snapshot.columns import Columns
from tenure_context_sync.snapshot.table import TableRow, Wanted
from tenure_context_sync.view.kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa

MOST_SPINE_ROWS: Final = 2_000_000
AT, SOURCE_AT, PLACE = "tenure_at", "tenure_source_at", "tenure_row"
_write = msgspec.json.Encoder(order="sorted").encode
_key = msgspec.json.Decoder(dict[str, object]).decode


class SpineRefused(Exception):
    """The spine can't be used as it is; the message says why."""


class ValueRefused(Exception):
    """A value is not of its field's declared type, so that the column can't hold it."""


class TableFile:
    """Rows, a row group at a time, in a file of the columns' kinds; what is of no kind of Parquet's is JSON text."""

    def __init__(self, path: Path, columns: Columns, *, spine: bool) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._pa, self._columns, self._spine = pa, columns, spine
        self._schema = pa.schema(list(_arrow_fields(columns, spine=spine)))
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def add(self, rows: Sequence[TableRow]) -> None:
        """Raises ValueRefused."""
        made = [self._record(row) for row in rows]
        try:
            self._writer.write_table(self._pa.Table.from_pylist(made, schema=self._schema))
        except (self._pa.ArrowInvalid, self._pa.ArrowTypeError, OverflowError) as wrong:
            raise ValueRefused(f"a value is not of the type that its source declares: {wrong}") from wrong

    def close(self) -> None:
        self._writer.close()

    def _record(self, one: TableRow) -> dict[str, object]:
        values = one.values or {}
        place = {PLACE: one.place} if self._spine else {}
        cells = {column.name: _cell(values.get(column.name), column.kind) for column in self._columns.values}
        return {**_key(one.key), **place, AT: one.at, SOURCE_AT: one.source_at, **cells}


@contextmanager
def table_file(path: Path, columns: Columns, *, spine: bool) -> Iterator[TableFile]:
    """Closed at the end; a file that was not ended is no Parquet."""
    opened = TableFile(path, columns, spine=spine)
    try:
        yield opened
    finally:
        opened.close()


def read_spine(path: Path, key: Sequence[str], time_column: str) -> list[Wanted]:
    """Raises SpineRefused."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        if file.metadata.num_rows > MOST_SPINE_ROWS:
            raise SpineRefused(f"the spine has {file.metadata.num_rows} rows; {MOST_SPINE_ROWS} are the most")
        table = file.read(columns=[*key, time_column])
    except (pa.ArrowInvalid, OSError) as wrong:
        raise SpineRefused(f"the spine is no Parquet file: {wrong}") from None
    if missing := [name for name in (*key, time_column) if name not in table.column_names]:
        raise SpineRefused(f"the spine has no column {', '.join(missing)}")
    times = table.column(time_column).to_pylist()
    keys = zip(*(table.column(name).to_pylist() for name in key), strict=True)
    return list(_wanted(key, keys, times, time_column))


def _wanted(
    names: Sequence[str], keys: Iterable[tuple[object, ...]], times: Sequence[object], time_column: str
) -> Iterator[Wanted]:
    for place, (values, at) in enumerate(zip(keys, times, strict=True)):
        if not isinstance(at, datetime) or at.tzinfo is None:
            raise SpineRefused(f"row {place}: {time_column} is no instant with a time zone")
        yield Wanted(write_key(dict(zip(names, values, strict=True))), at, place)


def _arrow_fields(columns: Columns, *, spine: bool) -> Iterator[pa.Field]:
    import pyarrow as pa

    instant = pa.timestamp("us", tz="UTC")
    yield from (pa.field(one.name, _type_of(one.kind)) for one in columns.key)
    if spine:
        yield pa.field(PLACE, pa.int64())
    yield pa.field(AT, instant)
    yield pa.field(SOURCE_AT, instant)
    yield from (pa.field(one.name, _type_of(one.kind)) for one in columns.values)


def _type_of(kind: Kind) -> pa.DataType:
    import pyarrow as pa

    match kind:
        case "whole":
            return pa.int64()
        case "real":
            return pa.float64()
        case "truth":
            return pa.bool_()
        case "instant":
            return pa.timestamp("us", tz="UTC")
        case "text":
            return pa.string()


def _cell(value: object, kind: Kind) -> object:
    """As its column holds it: text as it is, and what has no column type of its own as JSON."""
    if value is None or isinstance(value, str) or kind != "text":
        return value
    return _write(value).decode()
