"""Which rows does a batch file hold?"""

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from tenure.sources.files import FileRefused

MAX_ROW_BYTES = 1_048_576
PARQUET_ROWS = 1_000
FileFormat = Literal["csv", "jsonl", "parquet"]
ENDINGS: Mapping[str, FileFormat] = {"csv": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet"}

INTEGERS = frozenset(("int", "int2", "int4", "int8", "integer", "smallint", "bigint", "long"))
FLOATS = frozenset(("float", "float4", "float8", "double", "real"))
TRUTH = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


class Row(NamedTuple):
    """`line` is where it stands: of a text file the line, of a Parquet file the row, from 1 on."""

    line: int
    fields: dict[str, object]


def format_of(name: str) -> FileFormat:
    """By the name's ending, packed or not. Raises FileRefused."""
    endings = [ENDINGS[part] for part in name.lower().split(".")[1:] if part in ENDINGS]
    if not endings:
        raise FileRefused(f"{name!r} does not end in .csv, .jsonl, .ndjson or .parquet: say it with --format")
    return endings[-1]


def read_rows(path: Path, file_format: FileFormat, types: Mapping[str, str]) -> Iterator[Row]:
    """`types` are the declared ones by field: a CSV's texts become what is declared. Raises FileRefused by line."""
    match file_format:
        case "csv":
            return _read_csv(path, types)
        case "jsonl":
            return _read_jsonl(path)
        case "parquet":
            return _read_parquet(path)


def _read_csv(path: Path, types: Mapping[str, str]) -> Iterator[Row]:
    """An empty cell is null."""
    readers = {name: _cell_reader(kind) for name, kind in types.items()}
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        with _told(lambda: lines.line_num):
            names = next(lines, [])
            if len(set(names)) < len(names) or not all(names):
                raise ValueError("the first line must name each column, each name once")
            for cells in lines:
                if len(cells) != len(names):
                    raise ValueError(f"{len(cells)} cells for {len(names)} columns")
                pairs = zip(names, cells, strict=True)
                yield Row(lines.line_num, {n: readers.get(n, str)(cell) if cell else None for n, cell in pairs})


def _cell_reader(kind: str) -> Callable[[str], object]:
    if kind in INTEGERS:
        return int
    if kind in FLOATS:
        return _float
    return _truth if kind in ("bool", "boolean") else str


def _float(cell: str) -> float:
    if not math.isfinite(number := float(cell)):
        raise ValueError(f"{cell!r} is no number that JSON has")
    return number


def _truth(cell: str) -> bool:
    if cell.lower() not in TRUTH:
        raise ValueError(f"{cell!r} is neither true nor false")
    return TRUTH[cell.lower()]


def _read_jsonl(path: Path) -> Iterator[Row]:
    number = 0
    with path.open("rb") as file, _told(lambda: number):
        while line := file.readline(MAX_ROW_BYTES + 1):
            number += 1
            if len(line) > MAX_ROW_BYTES:
                raise ValueError(f"over {MAX_ROW_BYTES} bytes")
            if line.strip():
                found = json.loads(line, parse_constant=_no_constant)
                if not isinstance(found, dict):
                    raise ValueError("no object")
                yield Row(number, found)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _read_parquet(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError:
        raise FileRefused("Parquet is read by pyarrow: pip install 'tenure[sources]'") from None
    number = 0
    with _told(lambda: number, ArrowException):
        for batch in ParquetFile(path).iter_batches(PARQUET_ROWS):
            for fields in batch.to_pylist():
                number += 1
                yield Row(number, fields)


@contextmanager
def _told(line: Callable[[], int], *more: type[Exception]) -> Iterator[None]:
    """What is wrong with a row is told with its line."""
    expected: tuple[type[Exception], ...] = (ValueError, RecursionError, csv.Error, *more)
    try:
        yield
    except expected as wrong:
        raise FileRefused(f"line {line()}: {wrong}") from wrong
